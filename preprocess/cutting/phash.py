"""The perceptual hash of a crop, and a score of the detail that the hash is based on.

The hash is the DCT hash of Zauner (Implementation and Benchmarking of Perceptual Image Hash Functions, 2010), with the
bits in imagehash's order. For 64 bits, the luma is shrunk to 32 x 32; the 8 x 8 lowest coefficients of its DCT give one
bit each, set where the coefficient is above their median, row by row, the first bit being the highest. For 256 bits,
the same with 64 x 64 and 16 x 16. All arithmetic is in whole numbers, so that every CPU gives the same code. Half of
the bits are set, except for ties at the median, so nearly all distances are even.
"""

from typing import NamedTuple

import numpy as np

from preprocess.cutting.phash_loops import hash_pixels, hash_pixels_shortly


class CropHash(NamedTuple):
    """A crop's hash and detail score."""

    code: int  # the bits of the hash
    detail: int  # 0 to 505,920: the absolute differences of neighbours in the 32 x 32 luma, added up


def hash_crop(pixels: np.ndarray, bits: int = 64) -> CropHash:
    """The hash of 64 or 256 bits of a (size, size, 3) uint8 RGB crop, size at least 32.

    The detail does not depend on the number of bits.
    """
    flags = pixels.flags
    if not (flags.c_contiguous and flags.writeable):
        pixels = pixels.copy()  # loops are compiled for each layout of an array
    if bits == 64:
        return CropHash(*hash_pixels_shortly(pixels))
    first, second, third, last, detail = hash_pixels(pixels)
    return CropHash(first << 192 | second << 128 | third << 64 | last, detail)
