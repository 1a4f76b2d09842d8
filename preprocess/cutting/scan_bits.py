"""Loops over the bits of a JPEG's scan: its words, and a copy of some blocks; see huffman_loops.py for their terms."""

import numba
import numpy as np

_0, _1, _63, _255 = (np.uint64(number) for number in (0, 1, 63, 255))


@numba.njit(cache=True, nogil=True)
def read_words(scan, length, words):
    """Make the words of a scan, without the zeros that follow its bytes of 255.

    Args:
        scan: uint64, `length` bytes in the order of a file, and zeros up to a whole number.
        words: uint64, 2 * len(scan) + 2 or more, filled.

    Returns the number of bytes that are left; -1 where a marker stands in the scan.
    """
    waiting, count, place, before = _0, _0, 0, _0  # the bits that wait, highest first, and their number
    for i in range(len(scan)):
        eight = _swap_8(scan[i])
        if before != _255 and not _has_255(eight) and 8 * i + 8 <= length:
            place = _append_word(words, place, waiting | (eight >> count))
            waiting = (eight << _1) << (_63 - count)
            before = eight & _255
            continue
        for k in range(min(8, length - 8 * i)):
            byte = (eight >> np.uint64(56 - 8 * k)) & _255
            if before == _255:
                if byte != _0:
                    return -1
                before = _0
                continue
            before = byte
            waiting |= (byte << np.uint64(56)) >> count
            count += np.uint64(8)
            if count == 64:
                place = _append_word(words, place, waiting)
                waiting, count = _0, _0
    if before == _255:
        return -1
    left = 4 * place + np.int64(count) // 8
    for _ in range(2):
        place = _append_word(words, place, waiting)
        waiting = _0
    return left


@numba.njit(cache=True, nogil=True)
def _append_word(words, place, word):
    """Append 64 bits: every second word, and the one before it, which overlaps with two."""
    if place:
        words[place - 1] = (words[place - 2] << np.uint64(32)) | (word >> np.uint64(32))
    words[place] = word
    return place + 2


@numba.njit(cache=True, nogil=True)
def _has_255(eight):
    """Whether one of eight bytes is 255."""
    return (~eight - np.uint64(0x0101010101010101)) & eight & np.uint64(0x8080808080808080) != _0


@numba.njit(cache=True, nogil=True)
def _swap_8(value):
    low = np.uint64(_swap(value & np.uint64(0xFFFFFFFF)))
    return (low << np.uint64(32)) | np.uint64(_swap(value >> np.uint64(32)))


@numba.njit(cache=True, nogil=True)
def _swap(value):
    value = np.uint64(value)
    high = (value >> np.uint64(24)) | ((value >> np.uint64(8)) & np.uint64(0xFF00))
    low = ((value << np.uint64(8)) & np.uint64(0xFF0000)) | ((value << np.uint64(24)) & np.uint64(0xFF000000))
    return np.uint32(high | low)


@numba.njit(cache=True, nogil=True)
def copy_window(picture, starts, window, blocks, dc_codes, out):
    """Copy the blocks of a window, some columns and rows of MCUs, as the scan of a picture of its own.

    All bits are copied as they are but for the DC values at the beginning of each row of the window: they are
    differences from the block before, which is another one now.

    Args:
        picture, starts: as find_blocks has them.
        window: int64 (5,): MCUs in a row of the picture; the window's first column and row, and its ends.
        blocks: int64 (blocks of an MCU, 2): the component and the DC table of each.
        dc_codes: int64 (tables, 12): the code of a value of so many bits, its length above bit 16; 0 for none.
        out: uint32, filled with the bits, the first one highest, padded with ones; in the order of bytes of a file.

    Returns the number of bytes; -1 where a difference has no code, or `out` is too small.
    """
    words, codes = picture[0], picture[2]
    columns, left, top, right, bottom = window[0], window[1], window[2], window[3], window[4]
    values = np.zeros(4, np.int64)  # of each component, the last DC value before a part of a row
    kept = np.zeros(4, np.int64)  # and the last one that was copied
    sink = np.zeros(3, np.uint64)  # the bits that wait, their number, the words that are full
    for row in range(bottom):
        block = row * columns * len(blocks)
        _add_dc_values(words, codes, starts, blocks, block, left, values)
        block += left * len(blocks)
        if row >= top:
            end = starts[block + (right - left) * len(blocks)]
            if (end - starts[block]) // 32 + np.int64(sink[2]) + 8 > len(out):
                return -1
            if not _copy_row(words, codes, starts, block, end, blocks, dc_codes, values, kept, out, sink):
                return -1
        _add_dc_values(words, codes, starts, blocks, block, right - left, values)
        if row >= top:
            kept[:] = values
        _add_dc_values(words, codes, starts, blocks, block + (right - left) * len(blocks), columns - right, values)
    bits = 32 * np.int64(sink[2]) + np.int64(sink[1])
    _put_bits(out, sink, (1 << 31) - 1, 31)
    return (bits + 7) // 8


@numba.njit(cache=True, nogil=True)
def _add_dc_values(words, codes, starts, blocks, first, count, values):
    """Add the DC differences of so many MCUs from a block on to each component's value."""
    for place in range(len(blocks)):
        table, total = blocks[place, 1], 0
        for i in range(count):
            total += _read_dc(words, codes, starts[first + i * len(blocks) + place], table)[1]
        values[blocks[place, 0]] += total


@numba.njit(cache=True, nogil=True)
def _copy_row(words, codes, starts, first, end, blocks, dc_codes, values, kept, out, sink):
    """Copy a row of the window, from a block to a bit; returns False where a DC difference has no code."""
    copied, seen = starts[first], -1
    for place in range(len(blocks)):
        component, table, start = blocks[place, 0], blocks[place, 1], starts[first + place]
        if component == seen:
            continue  # its DC value is the difference from the block before, in the same MCU
        seen = component
        length, value = _read_dc(words, codes, start, table)
        value += values[component] - kept[component]
        size = _count_bits(value)
        if size > 11 or dc_codes[table, size] == 0:
            return False
        _copy_bits(words, copied, start, out, sink)
        _put_bits(out, sink, dc_codes[table, size] & 0xFFFF, dc_codes[table, size] >> 16)
        _put_bits(out, sink, value if value >= 0 else value + (1 << size) - 1, size)
        copied = start + length
    _copy_bits(words, copied, end, out, sink)
    return True


@numba.njit(cache=True, nogil=True)
def _read_dc(words, codes, start, table):
    """The bits that a DC difference takes with its code, and the difference."""
    bits = words[start >> 5] << np.uint64(start & 31)
    code = np.int64(codes[(table << 16) + np.int64(bits >> np.uint64(48))])
    length, size = code & 255, code >> 8
    value = np.int64(((bits << np.uint64(length - size)) >> _1) >> np.uint64(63 - size))
    is_negative = size > 0 and value >> (size - 1) == 0
    return length, value - is_negative * ((1 << size) - 1)


@numba.njit(cache=True, nogil=True)
def _count_bits(value):
    size, value = 0, abs(value)
    while value > 0:
        value >>= 1
        size += 1
    return size


@numba.njit(cache=True, nogil=True)
def _copy_bits(words, bit, end, out, sink):
    count = min(32 - np.int64(sink[1]), end - bit)
    _put_bits(out, sink, _peek(words, bit, count), count)
    bit += count
    place = np.int64(sink[2])
    for _ in range((end - bit) // 32):  # no bit waits here, unless all have been copied
        out[place] = _swap(np.uint32((words[bit >> 5] << np.uint64(bit & 31)) >> np.uint64(32)))
        place += 1
        bit += 32
    sink[2] = place
    if bit < end:
        _put_bits(out, sink, _peek(words, bit, end - bit), end - bit)


@numba.njit(cache=True, nogil=True)
def _peek(words, bit, count):
    """The next 0 to 32 bits."""
    return np.int64(((words[bit >> 5] << np.uint64(bit & 31)) >> _1) >> np.uint64(63 - count))


@numba.njit(cache=True, nogil=True)
def _put_bits(out, sink, bits, count):
    """Append at most 32 bits."""
    waiting, total = (sink[0] << np.uint64(count)) | np.uint64(bits), np.int64(sink[1]) + np.int64(count)
    if total >= 32:
        total -= 32
        out[np.int64(sink[2])] = _swap(np.uint32(waiting >> np.uint64(total)))
        sink[2] += _1
        waiting &= (_1 << np.uint64(total)) - _1
    sink[0], sink[1] = waiting, np.uint64(total)
