"""The loss: cross-entropy with one of three ways to make up for rare moods.

Whatever way is chosen, logits minus `balance_offset` are *balanced*: their softmax is the probability of each mood if
all moods were equally common. Adding the log of the prior gives the probabilities for moods as common as in the data.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from shards.emotions import EMOTIONS
from trainer.evaluation.calibration import make_equal_prior
from trainer.settings import Imbalance

_MOODS = len(EMOTIONS)


def estimate_prior(labels: np.ndarray, videos: np.ndarray) -> np.ndarray:
    """The share of *videos* of each mood, (6,), from each record's label (n,) and video number (n,).

    Videos are counted, not frames, because the frames of a video are near-duplicates of each other. A video has the
    mood of most of its frames: a frame can carry another label where it stands for near-duplicates of other videos. A
    mood that has frames but no video counts as half a video; a mood without frames has no share.
    """
    counts = count_mood_videos(labels, videos).astype(float)
    counts[np.unique(labels)] = np.maximum(counts[np.unique(labels)], 0.5)
    return counts / counts.sum()


def count_mood_videos(labels: np.ndarray, videos: np.ndarray) -> np.ndarray:
    """The number of videos of each mood, (6,) integers; a video has the mood of most of its frames."""
    names, video = np.unique(videos, return_inverse=True)
    votes = np.bincount(video * _MOODS + labels, minlength=len(names) * _MOODS).reshape(-1, _MOODS)
    return np.bincount(votes.argmax(axis=1), minlength=_MOODS)


def balance_offset(imbalance: Imbalance, prior: np.ndarray) -> np.ndarray:
    """What to subtract from trained logits to balance them, (6,); 0 for moods without a share of the prior."""
    return _log_prior(prior) if imbalance == "none" else np.zeros(_MOODS)


def make_loss(imbalance: Imbalance, prior: np.ndarray, smoothing: float) -> Callable[[Any, Any], Any]:
    """A loss of (labels (batch,), logits (batch, 6)) -> (batch,) float32, in keras.ops.

    Args:
        imbalance: class_weight weighs each record by 1 / prior of its mood, with a mean weight of 1 over the prior.
            logit_adjustment adds the log of the prior to the logits, so that they need not learn it (Menon et al. 2021,
            "Long-tail learning via logit adjustment").
        prior: (6,) shares of the moods. A mood without a share gets no part of any target; where the network rules it
            out (network.rule_out_absent_moods), its gradient is exactly 0.
        smoothing: the part of each target that is spread over all moods. With class_weight it is spread equally. The
            logits of the other two carry the prior, and it is spread by the prior: spread equally, a mood of 0.2% would
            become the likeliest answer for a picture that shows nothing.
    """
    equal = make_equal_prior(prior)
    adjustment = _log_prior(prior) if imbalance == "logit_adjustment" else np.zeros(_MOODS)
    weights = np.divide(equal, prior, out=np.ones(_MOODS), where=prior > 0)
    weights = weights if imbalance == "class_weight" else np.ones(_MOODS)
    smoothed = equal if imbalance == "class_weight" else prior
    adjustment, weights, smoothed = (values.astype("float32") for values in (adjustment, weights, smoothed))

    def mood_loss(labels: Any, logits: Any) -> Any:
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        target = ops.one_hot(labels, _MOODS, dtype="float32") * (1 - smoothing) + smoothing * smoothed
        losses = -ops.log_softmax(ops.cast(logits, "float32") + adjustment)
        return ops.sum(target * losses, axis=-1) * ops.take(weights, labels)

    return mood_loss


def _log_prior(prior: np.ndarray) -> np.ndarray:
    return np.log(prior, out=np.zeros(_MOODS), where=prior > 0)
