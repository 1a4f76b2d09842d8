"""Perceptual hash of a crop: 64 signs of its lowest frequencies, and how much detail those come from.

The DCT hash of Zauner (Implementation and Benchmarking of Perceptual Image Hash Functions, 2010), as imagehash lays it
out: luma at 32 x 32, the 8 x 8 lowest coefficients of its DCT, one bit for each that lies above their median, rows
first, the first bit the highest. All of it in whole numbers, so that every CPU gives the same code.
"""

from typing import NamedTuple

import cv2
import numpy as np

from preprocess.resample import resample_area

SIDE = 32  # pixels of the reduced luma
BITS = 64


class Hash(NamedTuple):
    """The 64 bits as an integer, and the sum of the differences between neighbours in the reduced luma, 0..505,920."""

    code: int
    detail: int


def _dct_matrix(count: int) -> np.ndarray:
    """The first rows of the orthonormal DCT-II, times 2**14 and rounded; the products below stay exact in float64."""
    rows, columns = np.arange(count)[:, None], np.arange(SIDE)[None, :]
    matrix = np.cos(np.pi * rows * (2 * columns + 1) / (2 * SIDE)) * np.sqrt(2 / SIDE)
    matrix[0] /= np.sqrt(2)
    return np.rint(matrix * 2**14)


_DCT = _dct_matrix(8)


def hash_crop(pixels: np.ndarray) -> Hash:
    """The hash of a (size, size, 3) uint8 RGB crop, size at least 32."""
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[:, :, None]
    reduced = resample_area(luma, 0, 0, luma.shape[0], SIDE, SIDE)[:, :, 0].astype(np.float64)
    frequencies = (_DCT @ reduced @ _DCT.T).ravel()
    ordered = np.sort(frequencies)
    bits = 2 * frequencies > ordered[BITS // 2 - 1] + ordered[BITS // 2]
    detail = np.abs(np.diff(reduced, axis=0)).sum() + np.abs(np.diff(reduced, axis=1)).sum()
    return Hash(int.from_bytes(np.packbits(bits).tobytes()), int(detail))
