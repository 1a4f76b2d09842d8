"""Area resampling in whole numbers: the mean of the source under each output pixel, the same on every CPU.

OpenCV's INTER_AREA does the same in floating point and takes three to five times as long. Here the source window may
also begin and end within a pixel, which is where a crop's edge falls after a scaled decode.
"""

import numba
import numpy as np

_ONE = 11  # weights are multiples of 2**-11: two of them and a byte fit 31 bits


@numba.njit(cache=True, nogil=True)
def weigh_area(start, step, unit, pixels, count):
    """For each of `count` outputs the first source pixel and the weights of it and its followers.

    Output i covers [start + i*step, start + (i+1)*step) in a line of `pixels` source pixels of length `unit`.
    Returns first (count,) and weights (taps, count), int32, each column adding up to 2**11 exactly.
    """
    taps = min(pixels, (step + unit - 1) // unit + 1)
    first = np.empty(count, np.int32)
    weights = np.empty((taps, count), np.int32)
    rest = np.empty(taps, np.int64)
    for i in range(count):
        left = start + i * step
        first[i] = max(0, min(left // unit, pixels - taps))
        total, missing = 0, 1 << _ONE
        for k in range(taps):
            pixel = (first[i] + k) * unit
            rest[k] = max(0, min(left + step, pixel + unit) - max(left, pixel))
            total += rest[k]
        for k in range(taps):
            scaled = rest[k] << _ONE
            weights[k, i] = scaled // total
            rest[k] = scaled % total
            missing -= weights[k, i]
        for _ in range(missing):  # what rounding down left over goes to the largest remainders
            k = np.argmax(rest)
            weights[k, i] += 1
            rest[k] = -1
    return first, weights


@numba.njit(cache=True, nogil=True)
def resample_area(source, x, y, step, unit, size):
    """Shrink the square window that begins at (x, y) / unit and is size * step / unit pixels wide.

    `source` is (height, width, channels) uint8; returns (size, size, channels) uint8, rounded to nearest.
    """
    height, width, channels = source.shape
    row_first, row_weights = weigh_area(y, step, unit, height, size)
    column_first, column_weights = weigh_area(x, step, unit, width, size)
    taps, line = column_weights.shape[0], width * channels
    # One entry for each channel of each output column, so that the innermost loops run over plain arrays; unsigned
    # places, because a signed index would be tested for being negative at each use.
    place = np.empty(size * channels, np.uint64)
    weights = np.empty((taps, size * channels), np.int32)
    for i in range(size):
        for c in range(channels):
            place[i * channels + c] = column_first[i] * channels + c
            for k in range(taps):
                weights[k, i * channels + c] = column_weights[k, i]
    flat = source.reshape(height, line)
    above = np.empty(line, np.int32)  # the output row before its columns are shrunk
    sums = np.empty(size * channels, np.int32)
    result = np.empty((size, size * channels), np.uint8)
    half = np.int32(1 << (2 * _ONE - 1))
    right, far = np.uint64(channels), np.uint64(2 * channels)
    for i in range(size):
        first = row_first[i]
        if row_weights.shape[0] == 3 and taps == 3:  # shrinking by less than two: every crop after a scaled decode
            a, b, c = row_weights[0, i], row_weights[1, i], row_weights[2, i]
            for j in range(line):
                above[j] = a * flat[first, j] + b * flat[first + 1, j] + c * flat[first + 2, j]
            for j in range(size * channels):
                p = place[j]
                sums[j] = (
                    weights[0, j] * above[p] + weights[1, j] * above[p + right] + weights[2, j] * above[p + far] + half
                )
        else:
            above[:] = 0
            for k in range(row_weights.shape[0]):
                weight = row_weights[k, i]
                for j in range(line):
                    above[j] += weight * flat[first + k, j]
            sums[:] = half
            for k in range(taps):
                step_right = np.uint64(k * channels)
                for j in range(size * channels):
                    sums[j] += weights[k, j] * above[place[j] + step_right]
        for j in range(size * channels):
            result[i, j] = sums[j] >> (2 * _ONE)
    return result.reshape(size, size, channels)
