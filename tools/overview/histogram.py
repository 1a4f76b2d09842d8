"""Histograms over whole numbers: what was counted, as quantiles and as bars of a picture."""

from typing import Any

import numpy as np


def find_quantile(histogram: np.ndarray, part: float) -> int | None:
    """The value below or at which `part` percent of the counted lie; None where nothing was counted."""
    total = histogram.sum()
    return int(np.searchsorted(histogram.cumsum(), total * part / 100)) if total else None


def fold(histogram: np.ndarray, ends: tuple[int, ...]) -> list[dict[str, Any]]:
    """Bars of a histogram over whole numbers: each ends with one of `ends`, the last has no end (None)."""
    starts = [0, *(end + 1 for end in ends)]
    sums = [int(part.sum()) for part in np.split(histogram, starts[1:])]
    bars = zip(starts, [*ends, None], sums, strict=True)
    return [{"from": start, "to": end, "frames": count} for start, end, count in bars]
