"""Confusion matrices, and the metrics that follow from them.

Everything works on counts: 200,000 frames are counted once, and a thousand resamples of them then cost seconds.
"""

from typing import NamedTuple

import numpy as np

from shards.emotions import EMOTIONS

MOOD_COUNT = len(EMOTIONS)


class ConfusionMetrics(NamedTuple):
    """Metrics of confusion matrices (..., 6, 6); NaN where a metric is undefined.

    A mood without a true case has no recall, precision or F1 and is left out of the means. A mood that is never
    answered has no precision, but an F1 of 0.
    """

    accuracy: np.ndarray  # (...,)
    macro_f1: np.ndarray  # (...,), mean over the moods that have a case
    balanced_accuracy: np.ndarray  # (...,), mean recall over the same moods
    recall: np.ndarray  # (..., 6)
    precision: np.ndarray  # (..., 6)
    f1: np.ndarray  # (..., 6)


def count_confusion_matrices(labels: np.ndarray, answers: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Count one confusion matrix for each group of cases.

    Args:
        labels: (n,) true labels.
        answers: (n,) answered labels.
        groups: (n,) the group of each case, from 0.

    Returns:
        (groups.max() + 1, 6, 6) int64; rows are true labels, columns answers.
    """
    cells = (groups.astype(np.int64) * MOOD_COUNT + labels) * MOOD_COUNT + answers
    count = int(groups.max()) + 1
    return np.bincount(cells, minlength=count * MOOD_COUNT**2).reshape(count, MOOD_COUNT, MOOD_COUNT)


def compute_metrics(confusions: np.ndarray) -> ConfusionMetrics:
    """Compute the metrics of confusion matrices (..., 6, 6) of counts or of expected counts."""
    support, answered = confusions.sum(-1), confusions.sum(-2)
    right = np.diagonal(confusions, axis1=-2, axis2=-1)
    present = support > 0
    recall = _divide(right, support, present)
    precision = _divide(right, answered, present & (answered > 0))
    f1 = _divide(2 * right, support + answered, present)
    mood_counts = present.sum(-1)
    return ConfusionMetrics(
        accuracy=right.sum(-1) / support.sum(-1),
        macro_f1=np.nansum(f1, -1) / mood_counts,
        balanced_accuracy=np.nansum(recall, -1) / mood_counts,
        recall=recall,
        precision=precision,
        f1=f1,
    )


def compute_expected_confusions(confusions: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Confusion matrices (..., 6, 6) to expect for the same cases where answers are drawn by probabilities (6,)."""
    return confusions.sum(-1, keepdims=True) * probabilities


def _divide(top: np.ndarray, bottom: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=where)
