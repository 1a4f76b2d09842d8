"""Histograms of the boxes of kept frames: how large they are and where in the image they lie."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa

from tools.overview.binning import bin_counts, find_percentile

# The manifest's columns that are counted.
BOX_COLUMNS = ("width", "height", "box_x", "box_y", "box_width", "box_height", "crop_x", "crop_y", "crop_size")

_SIDE_BINS = (32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536)  # pixels, the last value of each bin
_LONGEST_SIDE = 1 << 14  # pixels; longer sides are counted as this
_GRID = 16  # cells along each side of the map of box centres
_LISTED_SIZES = 30  # of images, the commonest
_PERCENTS = (5, 25, 50, 75, 95)


class BoxHistograms:
    """Counts the boxes of kept frames in arrays whose size does not depend on the number of frames."""

    def __init__(self, image_size: int):
        """`image_size` is the side of the stored crops in pixels."""
        self._image_size = image_size
        self._box_sides = np.zeros(_LONGEST_SIDE + 1, np.int64)  # frames by the box's longer side in pixels
        self._crop_sides = np.zeros(_LONGEST_SIDE + 1, np.int64)  # frames by the crop's side in pixels
        self._spans = np.zeros(101, np.int64)  # frames by the percentage of the image's side that the box spans
        self._centres = np.zeros((_GRID, _GRID), np.int64)  # frames by the cell of the box's centre: row, column
        self._image_sizes: Counter[tuple[int, int]] = Counter()  # frames by width and height
        self._padded = 0  # frames whose crop leaves the image

    def add(self, rows: pa.Table) -> None:
        """Count kept rows with BOX_COLUMNS; rows with a null in them, which preprocess never writes, are left out."""
        numbers = rows.select(BOX_COLUMNS).drop_null().columns
        width, height, x, y, box_width, box_height, crop_x, crop_y, crop_size = (
            number.to_numpy().astype(np.int64) for number in numbers
        )
        self._box_sides += _count_sides(np.maximum(box_width, box_height))
        self._crop_sides += _count_sides(crop_size)
        spans = np.maximum(box_width * 100 // width, box_height * 100 // height)  # integers, as 0.58 * 100 < 58
        self._spans += np.bincount(np.clip(spans, 0, 100), minlength=101)
        column = np.clip((x + box_width / 2) / width * _GRID, 0, _GRID - 1).astype(int)
        row = np.clip((y + box_height / 2) / height * _GRID, 0, _GRID - 1).astype(int)
        np.add.at(self._centres, (row, column), 1)
        leaves = (crop_x < 0) | (crop_y < 0) | (crop_x + crop_size > width) | (crop_y + crop_size > height)
        self._padded += int(leaves.sum())
        sizes, counts = np.unique(width << 32 | height, return_counts=True)
        found = {(size >> 32, size & 0xFFFFFFFF): n for size, n in zip(sizes.tolist(), counts.tolist(), strict=True)}
        self._image_sizes.update(found)

    def summarize(self) -> dict[str, Any]:
        """Percentiles, bins and counts for the report's JSON: counts are of frames, sides in pixels, shares 0 to 1."""
        enlarged = self._crop_sides[: self._image_size]
        median = find_percentile(enlarged, 50)
        middle = slice(_GRID // 4, -_GRID // 4)
        common_sizes = self._image_sizes.most_common(_LISTED_SIZES)
        return {
            "frames": int(self._box_sides.sum()),
            "side": {f"{percent}%": find_percentile(self._box_sides, percent) for percent in _PERCENTS},
            "sides": bin_counts(self._box_sides, _SIDE_BINS),
            "share": {f"{percent}%": _find_share(self._spans, percent) for percent in _PERCENTS},
            "shares": _bin_shares(self._spans),
            "enlarged": int(enlarged.sum()),
            "enlarged_median": self._image_size / median if median else None,
            "padded": self._padded,
            "centres": self._centres.tolist(),
            "middle": int(self._centres[middle, middle].sum()),
            "images": [{"width": w, "height": h, "frames": n} for (w, h), n in common_sizes],
            "image_sizes": len(self._image_sizes),
        }


def _count_sides(sides: np.ndarray) -> np.ndarray:
    return np.bincount(np.clip(sides, 0, _LONGEST_SIDE), minlength=_LONGEST_SIDE + 1)


def _find_share(counts: np.ndarray, percent: float) -> float | None:
    span = find_percentile(counts, percent)
    return None if span is None else span / 100


def _bin_shares(counts: np.ndarray) -> list[dict[str, Any]]:
    """Ten bins of ten percent each, the last one with 100."""
    bins = [int(part.sum()) for part in np.split(counts, range(10, 100, 10))]
    return [{"from": 10 * i, "to": 10 * i + 9 + (i == 9), "frames": count} for i, count in enumerate(bins)]
