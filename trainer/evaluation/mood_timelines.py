"""A validation video's mood over time: which videos a report shows, and the areas that it draws.

Frames lie in the shards in random order. Which frames are shown, and their probabilities, lie in metrics.json; when
they were taken is read from the shards as the report is made.
"""

from typing import Any

import numpy as np

from shards.emotions import EMOTIONS

MOST_FRAMES = 60  # of a video; of a longer one those that come first in the shards, whose order is random


def choose_timelines(probabilities: np.ndarray, labels: np.ndarray, videos: np.ndarray) -> list[dict[str, Any]]:
    """Choose for each mood the longest video that is mostly answered rightly, and the longest that is not.

    Args:
        probabilities: (n, 6) of the validation frames, in the order of the split.
        labels: (n,) the mood that each frame shows.
        videos: (n,) the video of each frame.

    Returns:
        [{"label": .., "frames": of the video, "right": of these, "places": in the split, "probabilities": (places, 6)}]
        of videos with at least two frames; ready for JSON.
    """
    right = probabilities.argmax(axis=1) == labels
    chosen = []
    for label in range(len(EMOTIONS)):
        found, counts = np.unique(videos[labels == label], return_counts=True)
        longest_first = found[np.lexsort((found, -counts))]
        kinds: set[bool] = set()
        for video in longest_first[np.sort(counts)[::-1] > 1].tolist():
            places = np.flatnonzero((videos == video) & (labels == label))
            kind = bool(2 * right[places].sum() > len(places))
            if kind not in kinds:
                kinds.add(kind)
                chosen.append(_describe_timeline(label, places, right, probabilities))
            if len(kinds) == 2:
                break
    return chosen


def _describe_timeline(label: int, places: np.ndarray, right: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    shown = places[:MOST_FRAMES]
    return {
        "label": label,
        "frames": len(places),
        "right": int(right[places].sum()),
        "places": shown.tolist(),
        "probabilities": probabilities[shown].round(3).tolist(),
    }


def draw_timeline(seconds: np.ndarray, probabilities: np.ndarray) -> list[str]:
    """The points of each mood's area, one stacked on the other, in a plot of 1000 by 100 units.

    Args:
        seconds: (n,) ascending, at least two different ones.
        probabilities: (n, 6) at these times.

    Returns:
        Six texts for the attribute points of SVG's polygon.
    """
    x = 1000 * (seconds - seconds[0]) / (seconds[-1] - seconds[0])
    tops = np.cumsum(np.c_[np.zeros(len(x)), probabilities / probabilities.sum(axis=1, keepdims=True)], axis=1) * 100
    areas = []
    for mood in range(len(EMOTIONS)):
        upper, lower = zip(x, tops[:, mood + 1], strict=True), zip(x[::-1], tops[::-1, mood], strict=True)
        areas.append(" ".join(f"{at:.1f},{100 - top:.1f}" for at, top in [*upper, *lower]))
    return areas
