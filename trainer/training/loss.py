"""What is minimised: cross-entropy with one answer to the moods' imbalance, chosen so that the model can be compared.

Whatever is chosen, logits minus `balance_offset` are *balanced*: their softmax is the probability of each mood if all
were equally common, and adding the log of the prior gives it for the moods as common as they are.
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
    """(6,) share of *videos* of each mood, from each record's label and video; frames are near-copies of each other.

    A video's mood is that of most of its frames: near-copies in other videos may have outvoted the label of some.
    A mood whose frames have no video of their own counts as half a video; one without a frame has no share.
    """
    names, video = np.unique(videos, return_inverse=True)
    votes = np.bincount(video * _MOODS + labels, minlength=len(names) * _MOODS).reshape(-1, _MOODS)
    counts = np.bincount(votes.argmax(axis=1), minlength=_MOODS).astype(float)
    counts[np.unique(labels)] = np.maximum(counts[np.unique(labels)], 0.5)
    return counts / counts.sum()


def balance_offset(imbalance: Imbalance, prior: np.ndarray) -> np.ndarray:
    """(6,) what to subtract from trained logits to make them balanced; 0 for moods without a share."""
    return _take_logarithm(prior) if imbalance == "none" else np.zeros(_MOODS)


def make_loss(imbalance: Imbalance, prior: np.ndarray, smoothing: float) -> Callable[[Any, Any], Any]:
    """A loss of (labels (batch,), logits (batch, 6)) -> (batch,) float32, in keras.ops.

    class_weight: each record counts by 1 / prior of its mood, the mean weight over the prior being 1.
    logit_adjustment: the log of the prior is added to the logits (Menon et al. 2021, "Long-tail learning via logit
    adjustment"), so that they need not learn it. Label smoothing gives `smoothing` of the target to all moods: by their
    prior where the logits carry it, in equal parts where weights have taken it out. Equal parts beside a prior of 0.2%
    would make a picture that shows nothing look like the rarest mood. Moods without a share get no part of any target:
    where the network gives them no probability (network.silence), their gradient is exactly 0.
    """
    equal = make_equal_prior(prior)
    adjustment = _take_logarithm(prior) if imbalance == "logit_adjustment" else np.zeros(_MOODS)
    weights = np.divide(equal, prior, out=np.ones(_MOODS), where=prior > 0)
    weights = weights if imbalance == "class_weight" else np.ones(_MOODS)
    spread = equal if imbalance == "class_weight" else prior
    adjustment, weights, spread = (values.astype("float32") for values in (adjustment, weights, spread))

    def mood_loss(labels: Any, logits: Any) -> Any:
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        target = ops.one_hot(labels, _MOODS, dtype="float32") * (1 - smoothing) + smoothing * spread
        surprise = -ops.log_softmax(ops.cast(logits, "float32") + adjustment)
        return ops.sum(target * surprise, axis=-1) * ops.take(weights, labels)

    return mood_loss


def _take_logarithm(prior: np.ndarray) -> np.ndarray:
    return np.log(prior, out=np.zeros(_MOODS), where=prior > 0)
