"""Perceptual hash of a crop: the signs of its lowest frequencies, and how much detail those come from.

The DCT hash of Zauner (Implementation and Benchmarking of Perceptual Image Hash Functions, 2010), as imagehash lays it
out. 64 bits: luma at 32 x 32, the 8 x 8 lowest coefficients of its DCT, one bit for each that lies above their median,
rows first, the first bit the highest. 256 bits: the same with 64 x 64 and 16 x 16. All of it in whole numbers, so that
every CPU gives the same code. Half of the bits are set, but for ties at the median, so nearly all distances are even.
"""

from typing import NamedTuple

import cv2
import numpy as np

from preprocess.cutting.area_resampling import resample_area

REDUCED_SIDE = 32  # pixels of the reduced luma that detail is measured on, whatever the bits
DEFAULT_BITS = 64  # unless told otherwise


class Hash(NamedTuple):
    """The bits as an integer, and the sum of the differences between neighbours in the 32 x 32 luma, 0..505,920."""

    code: int
    detail: int


def _dct_matrix(count: int, side: int) -> np.ndarray:
    """The first rows of the orthonormal DCT-II of `side` values, times 2**14 and rounded, (count, side) float64.

    No sum in hash_crop's products exceeds side**2 * 255 * (2**14 * sqrt(2 / side))**2 = 510 * side * 2**28, which is
    less than 2**42 for 64 bits and 2**43 for 256: whole numbers that float64 holds exactly, added in any order.
    """
    rows, columns = np.arange(count)[:, None], np.arange(side)[None, :]
    matrix = np.cos(np.pi * rows * (2 * columns + 1) / (2 * side)) * np.sqrt(2 / side)
    matrix[0] /= np.sqrt(2)
    return np.rint(matrix * 2**14)


_DCT = {64: _dct_matrix(8, 32), 256: _dct_matrix(16, 64)}


def hash_crop(pixels: np.ndarray, bits: int = DEFAULT_BITS) -> Hash:
    """The hash of a (size, size, 3) uint8 RGB crop, size at least 32; bits 64 or 256.

    The detail does not depend on the bits.
    """
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[:, :, None]
    dct, reduced = _DCT[bits], _reduce(luma, REDUCED_SIDE)
    side = dct.shape[1]
    frequencies = (dct @ (reduced if side == REDUCED_SIDE else _reduce(luma, side)) @ dct.T).ravel()
    ordered = np.sort(frequencies)
    above = 2 * frequencies > ordered[bits // 2 - 1] + ordered[bits // 2]
    detail = np.abs(np.diff(reduced, axis=0)).sum() + np.abs(np.diff(reduced, axis=1)).sum()
    return Hash(int.from_bytes(np.packbits(above).tobytes()), int(detail))


def _reduce(luma: np.ndarray, side: int) -> np.ndarray:
    """(size, size, 1) uint8 to (side, side) whole numbers in float64, which BLAS multiplies."""
    return resample_area(luma, 0, 0, luma.shape[0], side, side)[:, :, 0].astype(np.float64)
