"""Area resampling: each output pixel is the mean of the source area that it covers.

All arithmetic is in whole numbers, so that every CPU gives the same pixels. OpenCV's INTER_AREA works in floating point
and takes three to five times as long. Here the source window may also begin and end within a pixel, as the edges of a
crop do after a scaled decode.

Lengths are whole numbers of a small unit: a source pixel is `unit` of them long, an output pixel `step`.
"""

import numba
import numpy as np

_WEIGHT_BITS = 11  # weights are multiples of 2**-11: the product of two of them and a byte fits 31 bits


@numba.njit(cache=True, nogil=True)
def compute_area_weights(start, step, unit, pixels, count):
    """The weights with which source pixels enter each of `count` output pixels, along one axis.

    Output pixel i covers [start + i*step, start + (i+1)*step) of a line of `pixels` source pixels.
    Returns int32 arrays: first (count,), the first source pixel of each output pixel; and weights (taps, count), of
    that pixel and the following ones, in multiples of 2**-11. Each column adds up to 2**11 exactly.
    """
    taps = min(pixels, (step + unit - 1) // unit + 1)
    first = np.empty(count, np.int32)
    weights = np.empty((taps, count), np.int32)
    rest = np.empty(taps, np.int64)
    for i in range(count):
        left = start + i * step
        first[i] = max(0, min(left // unit, pixels - taps))
        total, missing = 0, 1 << _WEIGHT_BITS
        for k in range(taps):
            pixel = (first[i] + k) * unit
            rest[k] = max(0, min(left + step, pixel + unit) - max(left, pixel))
            total += rest[k]
        for k in range(taps):
            scaled = rest[k] << _WEIGHT_BITS
            weights[k, i] = scaled // total
            rest[k] = scaled % total
            missing -= weights[k, i]
        for _ in range(missing):  # what is lost by rounding down goes to the largest remainders
            k = np.argmax(rest)
            weights[k, i] += 1
            rest[k] = -1
    return first, weights


@numba.njit(cache=True, nogil=True)
def resample_area(source, x, y, step, unit, size):
    """Shrink a square window of an image to size x size pixels.

    The window begins at (x, y), and has a side of size * step; for the unit see the head of this module.
    `source` is (height, width, channels) uint8; returns (size, size, channels) uint8, rounded to nearest.
    """
    row_first, row_weights = compute_area_weights(y, step, unit, source.shape[0], size)
    column_first, column_weights = compute_area_weights(x, step, unit, source.shape[1], size)
    return _apply_weights(source, row_first, row_weights, column_first, column_weights)


@numba.njit(cache=True, nogil=True)
def shrink_to_fit(source, ratio, full, size):
    """Shrink all of an image, decoded at 1 / ratio of its full size, to a smaller size; both are (height, width).

    The full size need not be a multiple of `ratio`: the decoded image then ends behind the picture's edge.
    `source` is (height, width, channels) uint8; returns (*size, channels) uint8, rounded to nearest.
    """
    row_first, row_weights = compute_area_weights(0, full[0], ratio * size[0], source.shape[0], size[0])
    column_first, column_weights = compute_area_weights(0, full[1], ratio * size[1], source.shape[1], size[1])
    return _apply_weights(source, row_first, row_weights, column_first, column_weights)


@numba.njit(cache=True, nogil=True)
def _apply_weights(source, row_first, row_weights, column_first, column_weights):
    height, width, channels = source.shape
    rows, columns = len(row_first), len(column_first)
    taps, line = column_weights.shape[0], width * channels
    # One entry for each channel of each output column, so that the innermost loops run over plain arrays. Indices are
    # unsigned, because a signed index is tested for being negative at each use.
    place = np.empty(columns * channels, np.uint64)
    weights = np.empty((taps, columns * channels), np.int32)
    for i in range(columns):
        for c in range(channels):
            place[i * channels + c] = column_first[i] * channels + c
            for k in range(taps):
                weights[k, i * channels + c] = column_weights[k, i]
    flat = source.reshape(height, line)
    row_sums = np.empty(line, np.int32)  # weighted sums over the source rows that an output row covers
    sums = np.empty(columns * channels, np.int32)
    result = np.empty((rows, columns * channels), np.uint8)
    half = np.int32(1 << (2 * _WEIGHT_BITS - 1))
    if row_weights.shape[0] == 3 and taps == 3:  # shrinking by less than two: nearly every crop after a scaled decode
        _apply_three_weights(flat, row_first, row_weights, place, weights, channels, result)
        return result.reshape(rows, columns, channels)
    for i in range(rows):
        row_sums[:] = 0
        for k in range(row_weights.shape[0]):
            weight = row_weights[k, i]
            for j in range(line):
                row_sums[j] += weight * flat[row_first[i] + k, j]
        sums[:] = half
        for k in range(taps):
            step_right = np.uint64(k * channels)
            for j in range(columns * channels):
                sums[j] += weights[k, j] * row_sums[place[j] + step_right]
        for j in range(columns * channels):
            result[i, j] = sums[j] >> (2 * _WEIGHT_BITS)
    return result.reshape(rows, columns, channels)


@numba.njit(cache=True, nogil=True)
def _apply_three_weights(flat, row_first, row_weights, place, weights, channels, result):
    """Fill `result`, two rows at a time: the sums of both lie in one number of 64 bits, so that each is looked up once.

    The lower 32 bits hold the first row's: processors that numba compiles for have the lower bytes first. No sum leaves
    its half, for weights add up to 2**11: those of source rows are at most 2**11 * 255, those of results 2**22 * 255.
    """
    rows, line, count = result.shape[0], flat.shape[1], result.shape[1]
    row_sums = np.empty(2 * line, np.int32)
    pairs = row_sums.view(np.uint64)
    wide = weights.astype(np.uint64)
    half = np.uint64((1 << (2 * _WEIGHT_BITS - 1)) * (1 + (1 << 32)))
    lower, upper = np.uint64(2 * _WEIGHT_BITS), np.uint64(2 * _WEIGHT_BITS + 32)
    right, far = np.uint64(channels), np.uint64(2 * channels)
    for i in range(0, rows, 2):
        n = min(i + 1, rows - 1)  # the last row is its own pair where their number is odd
        first, second = row_first[i], row_first[n]
        a, b, c = row_weights[0, i], row_weights[1, i], row_weights[2, i]
        d, e, f = row_weights[0, n], row_weights[1, n], row_weights[2, n]
        for j in range(line):
            row_sums[2 * j] = a * flat[first, j] + b * flat[first + 1, j] + c * flat[first + 2, j]
            row_sums[2 * j + 1] = d * flat[second, j] + e * flat[second + 1, j] + f * flat[second + 2, j]
        for j in range(count):
            p = place[j]
            both = wide[0, j] * pairs[p] + wide[1, j] * pairs[p + right] + wide[2, j] * pairs[p + far] + half
            result[i, j] = np.uint32(both) >> lower
            result[n, j] = both >> upper
