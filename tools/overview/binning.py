"""Percentiles and bins of whole numbers that were counted: counts[v] is how often the value v occurred."""

from typing import Any

import numpy as np


def find_percentile(counts: np.ndarray, percent: float) -> int | None:
    """The smallest value that at least `percent` of all occurrences do not exceed; None where nothing was counted."""
    total = counts.sum()
    return int(np.searchsorted(counts.cumsum(), total * percent / 100)) if total else None


def bin_counts(counts: np.ndarray, ends: tuple[int, ...]) -> list[dict[str, Any]]:
    """Bins as {"from", "to", "frames"}, both ends included: one up to each of `ends`, and a last one with "to" None."""
    starts = [0, *(end + 1 for end in ends)]
    sums = [int(part.sum()) for part in np.split(counts, starts[1:])]
    bins = zip(starts, [*ends, None], sums, strict=True)
    return [{"from": start, "to": end, "frames": count} for start, end, count in bins]
