"""A model's predictions, and the metrics of an epoch.

Logits are balanced: their softmax is the probability if all moods are equally common. Adding the logarithm of another
prior gives the probability under that one (see trainer.evaluation.calibration). The *natural prior* is the share of
each mood among the training videos.
"""

from typing import NamedTuple

import numpy as np

from trainer.evaluation import calibration
from trainer.evaluation.confusion import MOOD_COUNT, compute_metrics, count_confusion_matrices


class Predictions(NamedTuple):
    """The logits of frames or videos beside what is known of them, in any order."""

    logits: np.ndarray  # (n, 6) float, balanced
    labels: np.ndarray  # (n,) integers, 0 to 5
    videos: np.ndarray  # (n,) integers, equal for the frames of a video
    species: np.ndarray  # (n,) "DOG", "CAT" or "" if unknown


def compute_epoch_metrics(predictions: Predictions, prior: np.ndarray) -> dict[str, float]:
    """Compute val_loss, val_accuracy, macro_f1 and balanced_accuracy over frames.

    val_loss is the NLL, without label smoothing, under the natural prior (6,) at temperature 1, over the frames of
    moods that have a share of it. The other metrics are those of the argmax under equal priors; their means are over
    the moods that occur.
    """
    labels = predictions.labels
    log_probabilities = calibration.compute_log_probabilities(predictions.logits, 1.0, prior)
    answers = choose_labels(predictions.logits, prior)
    metrics = compute_metrics(count_confusion_matrices(labels, answers, np.zeros(len(labels), int))[0])
    return {
        "val_loss": calibration.compute_nll(log_probabilities, labels, calibration.weigh_cases_equally(labels)),
        "val_accuracy": float(metrics.accuracy),
        "macro_f1": float(metrics.macro_f1),
        "balanced_accuracy": float(metrics.balanced_accuracy),
    }


def choose_labels(logits: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Labels (n,) of the most probable moods under equal priors, among those that have a share of the natural prior."""
    return np.where(prior > 0, logits, -np.inf).argmax(axis=1)


def fit_temperature(predictions: Predictions, prior: np.ndarray | None = None) -> float:
    """Find the temperature with the least class-balanced NLL over videos; 1.0 if there is no best one.

    Videos of a mood without a share of the prior (6,) are left out.
    """
    videos = average_by_video(predictions)
    trained = slice(None) if prior is None else prior[videos.labels] > 0
    return calibration.find_temperature(videos.logits[trained], videos.labels[trained])


def average_by_video(predictions: Predictions) -> Predictions:
    """One row a video: the mean of its frames' logits, their commonest label, the species of its first frame."""
    _, first, video = np.unique(predictions.videos, return_index=True, return_inverse=True)
    count, frames = len(first), np.bincount(video)
    sums = [np.bincount(video, column, minlength=count) for column in predictions.logits.T.astype(np.float64)]
    votes = np.bincount(video * MOOD_COUNT + predictions.labels, minlength=count * MOOD_COUNT)
    return Predictions(
        logits=np.stack(sums, axis=1) / frames[:, None],
        labels=votes.reshape(count, MOOD_COUNT).argmax(axis=1),
        videos=np.arange(count),
        species=predictions.species[first],
    )
