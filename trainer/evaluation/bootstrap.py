"""Confidence intervals by the percentile bootstrap over videos (Efron, 1979).

Frames of one video are near-duplicates. To resample frames would claim far more certainty than there is, so whole
videos are drawn.
"""

from collections.abc import Iterator

import numpy as np

_DRAWS_AT_ONCE = 1 << 22  # limits the memory to tens of megabytes


def resample_videos(confusions: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Draw as many videos as there are, with replacement, and add up their confusion matrices.

    A mood of which a resample draws no video has no case there and is left out of that resample's means.

    Args:
        confusions: (videos, moods, moods), one matrix for each video.
        resamples: how often to do so.
        seed: of the random numbers.

    Returns:
        (resamples, moods, moods) float64.
    """
    flat = confusions.reshape(len(confusions), -1).astype(np.float64)
    sums = [times.astype(np.float64) @ flat for times in draw_videos(len(confusions), resamples, seed)]
    return np.concatenate(sums).reshape(resamples, *confusions.shape[1:])


def draw_videos(videos: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each video is drawn in each resample, (some of the resamples, videos), until there are all resamples.

    Args:
        videos: their number; as many are drawn.
        resamples: how often to do so.
        seed: of the random numbers.
    """
    random = np.random.default_rng(seed)
    step = max(1, _DRAWS_AT_ONCE // videos)
    for first in range(0, resamples, step):
        drawn = random.integers(videos, size=(min(step, resamples - first), videos))
        yield np.stack([np.bincount(row, minlength=videos) for row in drawn])


def compute_interval(values: np.ndarray, level: float) -> list[float]:
    """The middle `level` of the values of all resamples: [low, high]."""
    return np.quantile(values, [(1 - level) / 2, (1 + level) / 2]).tolist()
