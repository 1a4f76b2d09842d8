"""Loops over the Huffman codes of a baseline JPEG's scan: where each block begins.

Nothing in a scan says where a block begins, so a decoder reads all codes of a picture for the few blocks that a crop
needs. Reading them is a chain: the next code's place is known once this one's length is. These loops keep that chain
short: a step is one lookup of LOOKUP_BITS bits, which takes as many codes as lie in them whole, without a branch that
the processor has to guess. Three pictures are read side by side, so that two chains go on while one waits.

A picture's bits are its *words*: word i, uint64, holds the 64 bits from bit 32 * i on. A block's values are counted in
*steps*: 1 for the DC value, and for each AC code the zeros that it skips and itself; a block is complete after 64.
"""

import numba
import numpy as np

LOOKUP_BITS = 13
BLOCK_VALUES = 64
_STEPS_SHIFT, _END_SHIFT = 5, 11  # of a lookup: bits 0 to 4 are its length, then the steps, then whether a block ends
_SLOW = np.uint16(63 << _STEPS_SHIFT)  # a lookup of so many steps never fits in a block: its code is read alone
_END = BLOCK_VALUES  # the steps of a code that ends a block
# What a picture's progress holds: the next bit, the steps of its block so far, the state, and the blocks read.
BIT, STEPS, STATE, BLOCK = range(4)
BROKEN = 255  # as steps: no code begins here
_LONGEST_STEP = 32  # bits that one step reads at most

_0, _1, _5, _31, _63, _255 = (np.uint64(number) for number in (0, 1, 5, 31, 63, 255))


@numba.njit(cache=True, nogil=True)
def list_codes(counts, symbols, is_dc, codes):
    """Fill in, for each 16 bits, the code that they begin with: bits 0 to 7 its length, then its steps.

    The length includes the bits of the value behind the code. Where no code begins it is 0. For a DC table the steps
    are the number of those bits instead. Returns whether the table is one that can be read.
    """
    codes[:] = 0
    code, place = 0, 0
    for length in range(1, 17):
        for _ in range(counts[length - 1]):
            symbol = symbols[place]
            place += 1
            size = symbol & 15
            if is_dc:
                if symbol > 11:
                    return False
                steps = size
            elif size == 0 and symbol < 0xF0:
                steps = _END
            else:
                steps = (symbol >> 4) + 1
            first, last = code << (16 - length), (code + 1) << (16 - length)
            if last > 65536 or size > 11:
                return False
            codes[first:last] = (length + size) | (steps << 8)
            code += 1
        code <<= 1
    return True


@numba.njit(cache=True, nogil=True)
def fill_lookups(codes, is_dc, lookups):
    """Fill in, for each LOOKUP_BITS bits, what the codes that lie in them whole come to; see _STEPS_SHIFT."""
    for bits in range(len(lookups)):
        length, steps, ends = 0, 0, 0
        while length < LOOKUP_BITS and not ends:
            known = LOOKUP_BITS - length
            first = ((bits << length) & (len(lookups) - 1)) << (16 - LOOKUP_BITS)
            code = np.int64(codes[first])
            if code == 0 or codes[first | ((1 << (16 - known)) - 1)] != code:
                break  # the code goes on behind these bits
            if is_dc:
                length, steps = code & 255, 1
                break
            if length + (code & 255) > 31 or (steps + (code >> 8) > 62 and code >> 8 != _END):
                break
            if code >> 8 == _END:
                ends = 1
            else:
                steps += code >> 8
            length += code & 255
        lookups[bits] = length | (steps << _STEPS_SHIFT) | (ends << _END_SHIFT) if 0 < length < 32 else _SLOW


@numba.njit(cache=True, nogil=True)
def _read_code(code, steps, is_ac):
    """The bits, the steps so far, and whether the block ends, of one code that is read alone."""
    if code == 0 or steps == BROKEN:
        return _0, np.uint64(BROKEN), _0
    if not is_ac:
        return code & _255, _1, _0
    if code >> np.uint64(8) == _END:
        return code & _255, _0, _1
    steps += code >> np.uint64(8)
    if steps > _63:
        return (code & _255, _0, _1) if steps == BLOCK_VALUES else (_0, np.uint64(BROKEN), _0)
    return code & _255, steps, _0


@numba.njit(cache=True, nogil=True)
def _take_step(words, lookups, codes, next_states, bit, steps, state):
    """One step of a picture: the next bit, the steps of its block so far, the next state, whether a block has ended."""
    bits = words[bit >> _5] << (bit & _31)
    table = state >> _5
    lookup = np.uint64(lookups[(table << np.uint64(LOOKUP_BITS)) + (bits >> np.uint64(64 - LOOKUP_BITS))])
    sum_of_steps = steps + ((lookup >> np.uint64(_STEPS_SHIFT)) & _63)
    if sum_of_steps > _63 or lookup == _SLOW:
        code = np.uint64(codes[(table << np.uint64(16)) + (bits >> np.uint64(48))])
        length, steps, ended = _read_code(code, steps, state & _1)
    else:
        length, ended = lookup & _31, lookup >> np.uint64(_END_SHIFT)
        steps = sum_of_steps & (ended - _1)  # 0 where the block has ended
    return bit + length, steps, np.uint64(next_states[((state & _31) << _1) + ended]), ended


@numba.njit(cache=True, nogil=True)
def _count_safe_steps(progress, blocks, bits):
    """Steps that pass neither the last block, since a step ends one at most, nor the last bit by more than 32."""
    if progress[STEPS] == BROKEN or progress[BIT] > bits:
        return 0
    return min(blocks - np.int64(progress[BLOCK]), (bits - np.int64(progress[BIT])) // _LONGEST_STEP + 1)


@numba.njit(cache=True, nogil=True)
def find_blocks(picture, progress, starts):
    """Find the first bit of each block of a picture, from where its progress stands.

    Args:
        picture: words, lookups, codes, next_states, number of blocks, number of bits.
        progress: uint64 (4,), see BIT; it is brought up to date.
        starts: int64 (blocks + 1,), filled.

    Returns whether all codes are whole and the last one ends in the last byte.
    """
    words, lookups, codes, next_states, blocks, bits = picture
    bit, steps, state, block = _load(progress)
    while True:
        safe = _count_safe_steps(progress, blocks, bits)
        if safe <= 0:
            break
        for _ in range(safe):
            bit, steps, state, ended = _take_step(words, lookups, codes, next_states, bit, steps, state)
            starts[block + _1] = bit
            block += ended
        progress[BIT], progress[STEPS], progress[STATE], progress[BLOCK] = bit, steps, state, block
    rest = bits - np.int64(bit)
    return np.int64(block) == blocks and 0 <= rest < 8


@numba.njit(cache=True, nogil=True)
def find_blocks_of_three(pictures, progress, starts):
    """find_blocks for three pictures side by side, until one of them has ended. All arguments are tuples of three."""
    (words_a, lookups_a, codes_a, next_a, blocks_a, bits_a) = pictures[0]
    (words_b, lookups_b, codes_b, next_b, blocks_b, bits_b) = pictures[1]
    (words_c, lookups_c, codes_c, next_c, blocks_c, bits_c) = pictures[2]
    bit_a, steps_a, state_a, block_a = _load(progress[0])
    bit_b, steps_b, state_b, block_b = _load(progress[1])
    bit_c, steps_c, state_c, block_c = _load(progress[2])
    starts_a, starts_b, starts_c = starts
    while True:
        safe = _count_safe_steps(progress[0], blocks_a, bits_a)
        safe = min(safe, _count_safe_steps(progress[1], blocks_b, bits_b))
        safe = min(safe, _count_safe_steps(progress[2], blocks_c, bits_c))
        if safe <= 0:
            return
        for _ in range(safe):
            bit_a, steps_a, state_a, ended = _take_step(words_a, lookups_a, codes_a, next_a, bit_a, steps_a, state_a)
            starts_a[block_a + _1] = bit_a
            block_a += ended
            bit_b, steps_b, state_b, ended = _take_step(words_b, lookups_b, codes_b, next_b, bit_b, steps_b, state_b)
            starts_b[block_b + _1] = bit_b
            block_b += ended
            bit_c, steps_c, state_c, ended = _take_step(words_c, lookups_c, codes_c, next_c, bit_c, steps_c, state_c)
            starts_c[block_c + _1] = bit_c
            block_c += ended
        _save(progress[0], bit_a, steps_a, state_a, block_a)
        _save(progress[1], bit_b, steps_b, state_b, block_b)
        _save(progress[2], bit_c, steps_c, state_c, block_c)


@numba.njit(cache=True, nogil=True)
def _load(progress):
    return progress[BIT], progress[STEPS], progress[STATE], progress[BLOCK]


@numba.njit(cache=True, nogil=True)
def _save(progress, bit, steps, state, block):
    progress[BIT], progress[STEPS], progress[STATE], progress[BLOCK] = bit, steps, state, block
