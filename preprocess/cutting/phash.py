"""The perceptual hash of a crop, and a score of the detail that the hash is based on.

The hash is the DCT hash of Zauner (Implementation and Benchmarking of Perceptual Image Hash Functions, 2010), with the
bits in imagehash's order. For 64 bits, the luma is shrunk to 32 x 32; the 8 x 8 lowest coefficients of its DCT give one
bit each, set where the coefficient is above their median, row by row, the first bit being the highest. For 256 bits,
the same with 64 x 64 and 16 x 16. All arithmetic is in whole numbers, so that every CPU gives the same code. Half of
the bits are set, except for ties at the median, so nearly all distances are even.
"""

from typing import NamedTuple

import cv2
import numpy as np

from preprocess.cutting.area_resampling import resample_area

_DETAIL_SIDE = 32  # of the luma that the detail is measured on, in pixels, whatever the number of bits


class CropHash(NamedTuple):
    """A crop's hash and detail score."""

    code: int  # the bits of the hash
    detail: int  # 0 to 505,920: the absolute differences of neighbours in the 32 x 32 luma, added up


def _make_dct_matrix(count: int, side: int) -> np.ndarray:
    """The first rows of the orthonormal DCT-II of `side` values, times 2**14 and rounded, (count, side) float64.

    The sums in hash_crop are at most side**2 * 255 * (2**14 * sqrt(2 / side))**2 = 510 * side * 2**28, less than 2**42
    for 64 bits and 2**43 for 256. float64 holds such whole numbers exactly, so the order of addition does not matter.
    """
    rows, columns = np.arange(count)[:, None], np.arange(side)[None, :]
    matrix = np.cos(np.pi * rows * (2 * columns + 1) / (2 * side)) * np.sqrt(2 / side)
    matrix[0] /= np.sqrt(2)
    return np.rint(matrix * 2**14)


_DCT_MATRICES = {64: _make_dct_matrix(8, 32), 256: _make_dct_matrix(16, 64)}  # by the number of bits


def hash_crop(pixels: np.ndarray, bits: int = 64) -> CropHash:
    """The hash of 64 or 256 bits of a (size, size, 3) uint8 RGB crop, size at least 32.

    The detail does not depend on the number of bits.
    """
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[:, :, None]
    dct, small = _DCT_MATRICES[bits], _shrink(luma, _DETAIL_SIDE)
    side = dct.shape[1]
    coefficients = (dct @ (small if side == _DETAIL_SIDE else _shrink(luma, side)) @ dct.T).ravel()
    ordered = np.sort(coefficients)
    is_above_median = 2 * coefficients > ordered[bits // 2 - 1] + ordered[bits // 2]
    detail = np.abs(np.diff(small, axis=0)).sum() + np.abs(np.diff(small, axis=1)).sum()
    return CropHash(int.from_bytes(np.packbits(is_above_median).tobytes()), int(detail))


def _shrink(luma: np.ndarray, side: int) -> np.ndarray:
    """Luma (size, size, 1) uint8 as (side, side) whole numbers in float64, which matrix products are fast for."""
    return resample_area(luma, 0, 0, luma.shape[0], side, side)[:, :, 0].astype(np.float64)
