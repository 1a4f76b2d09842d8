"""The compiled loops of the perceptual hash: luma, shrinking, DCT, median and detail in one call, in whole numbers.

numba vectorises the inner loops, which run along rows of plain arrays. With one call for all there is next to nothing
of Python's time in a hash, and OpenCV's conversion to grey and area resampling, which take longer, are not needed.
"""

import numba
import numpy as np

from preprocess.cutting.area_resampling import resample_area

_DETAIL_SIDE = 32  # of the luma that the detail is measured on, in pixels, whatever the number of bits
# The luma of OpenCV's COLOR_RGB2GRAY: red, green and blue in multiples of 2**-15, rounded to nearest.
_RED, _GREEN, _BLUE = np.uint32(9798), np.uint32(19235), np.uint32(3735)
_HALF, _SHIFT = np.uint32(1 << 14), np.uint32(15)
_BYTE, _8, _16, _24 = np.uint32(255), np.uint32(8), np.uint32(16), np.uint32(24)


def _make_dct_matrix(count: int, side: int) -> np.ndarray:
    """The first rows of the orthonormal DCT-II of `side` values, times 2**14 and rounded, (count, side) float64.

    The sums in _transform are at most side**2 * 255 * (2**14 * sqrt(2 / side))**2 = 510 * side * 2**28, less than 2**42
    for 64 bits and 2**43 for 256. float64 holds such whole numbers exactly, so the order of addition does not matter.
    """
    rows, columns = np.arange(count)[:, None], np.arange(side)[None, :]
    matrix = np.cos(np.pi * rows * (2 * columns + 1) / (2 * side)) * np.sqrt(2 / side)
    matrix[0] /= np.sqrt(2)
    return np.rint(matrix * 2**14)


def _make_matrices(count: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """The matrix as the loops take it: (count, side) int32, and (side, count) float64.

    The first of the two sums is at most side * 255 * 2**14 * sqrt(2 / side), less than 2**26, so int32 holds it.
    """
    matrix = _make_dct_matrix(count, side)
    return matrix.astype(np.int32), matrix.T.copy()


_FIRST_64, _SECOND_64 = _make_matrices(8, 32)
_FIRST_256, _SECOND_256 = _make_matrices(16, 64)


@numba.njit(cache=True, nogil=True)
def hash_pixels_shortly(pixels):
    """The 64 bits of a crop's hash, and its detail, see phash. `pixels` is (size, size, 3) uint8 RGB."""
    small = _shrink(_make_luma(pixels), _DETAIL_SIDE)
    words = _compare_with_median(_transform(small, _FIRST_64, _SECOND_64))
    return words[0], _measure_detail(small)


@numba.njit(cache=True, nogil=True)
def hash_pixels(pixels):
    """The 256 bits of a crop's hash in four words, the first bits in the first, and its detail."""
    luma = _make_luma(pixels)
    words = _compare_with_median(_transform(_shrink(luma, 64), _FIRST_256, _SECOND_256))
    return words[0], words[1], words[2], words[3], _measure_detail(_shrink(luma, _DETAIL_SIDE))


@numba.njit(cache=True, nogil=True)
def _compare_with_median(coefficients):
    """Which coefficients are above the median, 64 bits a word, the first one being the highest."""
    ordered = np.sort(coefficients)
    twice = ordered[len(ordered) // 2 - 1] + ordered[len(ordered) // 2]
    words = np.empty(len(coefficients) // 64, np.uint64)
    for i in range(len(words)):
        word = np.uint64(0)
        for k in range(64):
            word = (word << np.uint64(1)) | np.uint64(2 * coefficients[64 * i + k] > twice)
        words[i] = word
    return words


@numba.njit(cache=True, nogil=True)
def _measure_detail(small):
    detail = np.int32(0)
    for i in range(_DETAIL_SIDE):
        for j in range(1, _DETAIL_SIDE):
            detail += abs(small[i, j] - small[i, j - 1])
    for i in range(1, _DETAIL_SIDE):
        for j in range(_DETAIL_SIDE):
            detail += abs(small[i, j] - small[i - 1, j])
    return detail


@numba.njit(cache=True, nogil=True)
def _make_luma(pixels):
    """The luma of pixels (height, width, 3), (height, width) uint8."""
    luma = np.empty(pixels.shape[:2], np.uint8)
    flat, source = luma.reshape(-1), pixels.reshape(-1)
    if len(flat) % 4:
        for i in range(len(flat)):
            flat[i] = _weigh(np.uint32(source[3 * i]), np.uint32(source[3 * i + 1]), np.uint32(source[3 * i + 2]))
        return luma
    # Four pixels are three words, the first byte the lowest: to part them by shifts is faster than byte by byte.
    words, four = source.view(np.uint32), flat.view(np.uint32)
    for i in range(len(four)):
        at = np.uint64(3 * i)
        a, b, c = words[at], words[at + np.uint64(1)], words[at + np.uint64(2)]
        first = _weigh(a & _BYTE, (a >> _8) & _BYTE, (a >> _16) & _BYTE)
        second = _weigh(a >> _24, b & _BYTE, (b >> _8) & _BYTE)
        third = _weigh((b >> _16) & _BYTE, b >> _24, c & _BYTE)
        fourth = _weigh((c >> _8) & _BYTE, (c >> _16) & _BYTE, c >> _24)
        four[i] = first | (second << _8) | (third << _16) | (fourth << _24)
    return luma


@numba.njit(cache=True, nogil=True)
def _weigh(red, green, blue):
    return (red * _RED + green * _GREEN + blue * _BLUE + _HALF) >> _SHIFT


@numba.njit(cache=True, nogil=True)
def _shrink(luma, side):
    """Luma (size, size) uint8 as (side, side) int32, by area, rounded to nearest as resample_area rounds."""
    size = luma.shape[0]
    block = size // side
    if block * side != size or block & (block - 1):
        return resample_area(luma.reshape(size, size, 1), 0, 0, size, side, side)[:, :, 0].astype(np.int32)
    # Blocks of 2**n pixels: all weights are the same, so the mean of a block is what resample_area gives.
    small = np.empty((side, side), np.int32)
    if block == 8:  # crops of 256 pixels: with a number that is known the loops are many times as fast
        _average_blocks(luma, small, 8)
    elif block == 4:
        _average_blocks(luma, small, 4)
    else:
        _average_blocks(luma, small, block)
    return small


@numba.njit(cache=True, nogil=True, inline="always")
def _average_blocks(luma, small, block):
    side, size, shift = len(small), len(luma), 0
    while (1 << shift) < block * block:
        shift += 1
    columns, half = np.empty(size, np.uint16), block * block // 2
    for i in range(side):
        for x in range(size):
            total = np.uint16(0)
            for k in range(block):
                total += luma[i * block + k, x]
            columns[x] = total
        for j in range(side):
            mean = np.int32(half)
            for k in range(block):
                mean += np.int32(columns[j * block + k])
            small[i, j] = mean >> shift


@numba.njit(cache=True, nogil=True)
def _transform(small, first, second):
    """The coefficients of the lowest frequencies, row by row, whole numbers in float64 (count**2,)."""
    count, side = first.shape
    coefficients, sums, row = np.empty(count * count), np.empty(side, np.int32), np.empty(count)
    for i in range(count):
        sums[:] = 0
        for k in range(side):
            weight = first[i, k]
            for j in range(side):
                sums[j] += weight * small[k, j]
        row[:] = 0
        for k in range(side):
            value = np.float64(sums[k])
            for j in range(count):
                row[j] += value * second[k, j]
        coefficients[i * count : (i + 1) * count] = row
    return coefficients
