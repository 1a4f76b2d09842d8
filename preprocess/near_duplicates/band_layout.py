"""How codes are cut into bands for multi-index hashing: how many bands, of which bits, and how many bits may differ."""

from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np

_WIDEST_BAND = 16  # bits: the bounds of its 65,536 buckets fit the second-level cache
_BUCKET_COST = 64  # of looking into a bucket, in comparisons of two codes


class Band(NamedTuple):
    """Neighbouring bits of a code, and the search radius: how many of them may differ."""

    word: int  # of the code
    shift: int  # of the lowest bit, in the word
    width: int  # bits
    radius: int

    @property
    def masks(self) -> np.ndarray:
        """Every difference of at most `radius` bits, those of the fewest bits first, int64 (masks,)."""
        bits = [1 << place for place in range(self.width)]
        return np.array([sum(some) for r in range(self.radius + 1) for some in combinations(bits, r)], np.int64)


def plan_bands(bits: int, distance: int, count: int) -> list[Band]:
    """The bands with which a join against `count` codes of `bits` bits is cheapest."""
    widest = min(_WIDEST_BAND, max(1, count.bit_length() - 2))
    layouts = [lay_out_bands(bits, distance, bands, widest) for bands in range(1, distance + 2)]
    return min(layouts, key=lambda bands: sum(_estimate_comparisons(band, count) for band in bands))


def lay_out_bands(bits: int, distance: int, count: int, widest: int) -> list[Band]:
    """`count` bands of at most `widest` bits, with radii r as equal as can be such that sum(r + 1) = distance + 1."""
    words = bits // 64
    bands_a_word = -(-count // words)  # a band does not cross words
    stride = 64 // bands_a_word
    smallest, larger = (distance + 1) // count - 1, (distance + 1) % count
    return [
        Band(band % words, band // words * stride, min(stride, widest), smallest + (band < larger))
        for band in range(count)
    ]


def _estimate_comparisons(band: Band, count: int) -> float:
    """Comparisons that one query costs in this band, among `count` codes that are evenly spread."""
    buckets = sum(comb(band.width, differing) for differing in range(band.radius + 1))
    return buckets * (count / 2**band.width + _BUCKET_COST)
