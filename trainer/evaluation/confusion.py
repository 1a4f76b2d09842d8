"""Confusion matrices, the figures that follow from them, and how far chance alone could move those figures.

Everything here works on counts, so that 200,000 frames are counted once and a thousand resamples cost seconds.
"""

from typing import NamedTuple

import numpy as np

from shards.emotions import EMOTIONS

CLASSES = len(EMOTIONS)
_TOGETHER = 1 << 22  # draws of a bootstrap made at a time: bounds its memory to tens of megabytes


class Figures(NamedTuple):
    """What follows from confusion matrices of shape (..., 6, 6); NaN where a figure is undefined.

    A class without a true case has no recall, precision or F1 and is left out of the means. A class that is never
    answered has no precision, but an F1 of 0.
    """

    accuracy: np.ndarray  # (...,)
    macro_f1: np.ndarray  # (...,), mean over the classes that have a case
    balanced_accuracy: np.ndarray  # (...,), mean recall, over the same
    recall: np.ndarray  # (..., 6)
    precision: np.ndarray  # (..., 6)
    f1: np.ndarray  # (..., 6)


def count_confusions(labels: np.ndarray, answers: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """One confusion matrix for each group: (groups.max() + 1, 6, 6) int64, rows true, columns answered."""
    cells = (groups.astype(np.int64) * CLASSES + labels) * CLASSES + answers
    count = int(groups.max()) + 1
    return np.bincount(cells, minlength=count * CLASSES**2).reshape(count, CLASSES, CLASSES)


def compute_metrics(confusions: np.ndarray) -> Figures:
    """The figures of confusion matrices (..., 6, 6), in counts or in expected counts."""
    support, answered = confusions.sum(-1), confusions.sum(-2)
    right = np.diagonal(confusions, axis1=-2, axis2=-1)
    present = support > 0
    recall = _divide(right, support, present)
    precision = _divide(right, answered, present & (answered > 0))
    f1 = _divide(2 * right, support + answered, present)
    classes = present.sum(-1)
    return Figures(
        accuracy=right.sum(-1) / support.sum(-1),
        macro_f1=np.nansum(f1, -1) / classes,
        balanced_accuracy=np.nansum(recall, -1) / classes,
        recall=recall,
        precision=precision,
        f1=f1,
    )


def answer_blindly(confusions: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The confusion matrices to expect of answers drawn by `shares` (6,) for the same cases; (..., 6, 6)."""
    return confusions.sum(-1, keepdims=True) * shares


def resample(confusions: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Sums of as many of the matrices (videos, 6, 6), drawn with replacement: (resamples, 6, 6) float64.

    A bootstrap over videos, since frames of one video are near-copies: drawing frames would claim far more than is
    known. A class that a draw leaves without a video is left out of that draw's means.
    """
    videos = len(confusions)
    random = np.random.default_rng(seed)
    flat = confusions.reshape(videos, -1).astype(np.float64)
    step = max(1, _TOGETHER // videos)
    sums = []
    for first in range(0, resamples, step):
        drawn = random.integers(videos, size=(min(step, resamples - first), videos))
        times = np.stack([np.bincount(row, minlength=videos) for row in drawn])
        sums.append(times.astype(np.float64) @ flat)
    return np.concatenate(sums).reshape(resamples, CLASSES, CLASSES)


def find_interval(values: np.ndarray, level: float) -> list[float]:
    """The middle `level` of values over resamples, [low, high]."""
    return np.quantile(values, [(1 - level) / 2, (1 + level) / 2]).tolist()


def _divide(top: np.ndarray, bottom: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=where)
