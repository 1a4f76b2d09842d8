"""How large the boxes of kept frames are and where they lie, counted as rows pass."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa

from tools.overview.histogram import find_quantile, fold

# Of a row of the manifest, what is measured.
BOX_COLUMNS = ("width", "height", "box_x", "box_y", "box_width", "box_height", "crop_x", "crop_y", "crop_size")

_SIDES = (32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536)  # pixels, where one bar of the histogram ends
_LONGEST = 1 << 14  # pixels; longer sides count as this
_PLACES = 16  # squares to a side of the map of boxes
_LISTED = 30  # sizes of images


class Boxes:
    """How large the boxes of kept frames are and where they lie, as histograms of fixed size."""

    def __init__(self, size: int):
        self.size = size  # side of the stored squares
        self.sides = np.zeros(_LONGEST + 1, np.int64)  # frames by the box's longer side in pixels
        self.crops = np.zeros(_LONGEST + 1, np.int64)  # frames by the cut square's side
        self.shares = np.zeros(101, np.int64)  # frames by the part of the image that the box spans, in percent
        self.places = np.zeros((_PLACES, _PLACES), np.int64)  # frames by the box's centre: row, column
        self.images: Counter[tuple[int, int]] = Counter()
        self.padded = 0

    def add(self, rows: pa.Table) -> None:
        """Count in kept rows; one that lacks a number, which preprocess never writes, is left out."""
        numbers = rows.select(BOX_COLUMNS).drop_null().columns
        width, height, x, y, across, down, left, top, crop = (number.to_numpy().astype(np.int64) for number in numbers)
        self.sides += np.bincount(np.clip(np.maximum(across, down), 0, _LONGEST), minlength=_LONGEST + 1)
        self.crops += np.bincount(np.clip(crop, 0, _LONGEST), minlength=_LONGEST + 1)
        spans = np.maximum(across * 100 // width, down * 100 // height)  # in whole numbers: 0.58 * 100 is below 58
        self.shares += np.bincount(np.clip(spans, 0, 100), minlength=101)
        column = np.clip((x + across / 2) / width * _PLACES, 0, _PLACES - 1).astype(int)
        row = np.clip((y + down / 2) / height * _PLACES, 0, _PLACES - 1).astype(int)
        np.add.at(self.places, (row, column), 1)
        self.padded += int(((left < 0) | (top < 0) | (left + crop > width) | (top + crop > height)).sum())
        sizes, counts = np.unique(width << 32 | height, return_counts=True)
        self.images.update({(s >> 32, s & 0xFFFFFFFF): n for s, n in zip(sizes.tolist(), counts.tolist(), strict=True)})

    def figures(self) -> dict[str, Any]:
        """Counts are of frames, sides in pixels, shares from 0 to 1."""
        frames = int(self.sides.sum())
        enlarged = self.crops[: self.size]
        return {
            "frames": frames,
            "side": {f"{part}%": find_quantile(self.sides, part) for part in (5, 25, 50, 75, 95)},
            "sides": fold(self.sides, _SIDES),
            "share": {f"{part}%": _find_share(self.shares, part) for part in (5, 25, 50, 75, 95)},
            "shares": _fold_shares(self.shares),
            "enlarged": int(enlarged.sum()),
            "enlarged_median": self.size / side if (side := find_quantile(enlarged, 50)) else None,
            "padded": self.padded,
            "centres": self.places.tolist(),
            "middle": int(self.places[_PLACES // 4 : -_PLACES // 4, _PLACES // 4 : -_PLACES // 4].sum()),
            "images": [{"width": w, "height": h, "frames": n} for (w, h), n in self.images.most_common(_LISTED)],
            "image_sizes": len(self.images),
        }


def _find_share(histogram: np.ndarray, part: float) -> float | None:
    percent = find_quantile(histogram, part)
    return None if percent is None else percent / 100


def _fold_shares(histogram: np.ndarray) -> list[dict[str, Any]]:
    """Ten bars of ten percent each, the last one with 100."""
    bars = [int(part.sum()) for part in np.split(histogram, range(10, 100, 10))]
    return [{"from": 10 * i, "to": 10 * i + 9 + (i == 9), "frames": count} for i, count in enumerate(bars)]
