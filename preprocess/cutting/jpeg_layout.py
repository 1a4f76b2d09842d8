"""What a plain JPEG's header says of its scan: sizes, the blocks of an MCU, Huffman tables ready for the loops.

Plain is a baseline or extended JPEG of one or three components with one scan, and without restart markers.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from preprocess.cutting.huffman_loops import LOOKUP_BITS, fill_lookups, list_codes

START_OF_IMAGE = b"\xff\xd8"
_FRAME, _TABLES, _SCAN, _RESTARTS = (0xC0, 0xC1), 0xC4, 0xDA, 0xDD  # baseline and extended frames, Huffman tables
_KEPT = {0xDB, 0xE0, 0xEE}  # quantization tables, and what says how colours are stored
_LEFT_OUT = {*range(0xE0, 0xF0), 0xFE}  # other notes
_SCAN_OF_ALL = b"\x00\x3f\x00"  # of a sequential scan: all coefficients, all bits
_MOST_SIDE, _MOST_BLOCKS = 4, 10  # of an MCU: blocks of a component across or down, blocks in all
_MOST_PIXELS = 65_500  # across or down: libjpeg refuses a picture with more, but would take a window of it


class ScanLayout(NamedTuple):
    """What a JPEG's header says of its scan."""

    head: bytes  # of the window's JPEG, up to its height
    tail: bytes  # from behind the width, up to the scan
    width: int
    height: int
    mcu: tuple[int, int]  # width and height in pixels
    columns: int  # of MCUs
    rows: int
    blocks: np.ndarray  # see scan_bits.copy_window
    progress: np.ndarray  # at the beginning, see huffman_loops.BIT
    next_states: np.ndarray  # for each state twice: the next one, while a block lasts and when it has ended
    lookups: np.ndarray
    codes: np.ndarray
    dc_codes: np.ndarray


def _list_segments(head: bytes) -> Iterator[tuple[int, int, int]]:
    """The marker, begin and end of each segment up to a scan's header; they end early where anything else stands."""
    begin = len(START_OF_IMAGE)
    while head[begin : begin + 1] == b"\xff" and begin + 4 <= len(head):
        end = begin + 2 + int.from_bytes(head[begin + 2 : begin + 4])
        yield head[begin + 1], begin, end
        if head[begin + 1] == _SCAN:
            return
        begin = end


def find_codes(data: bytes) -> int:
    """Where the codes of the first scan begin; 0 where no scan is found."""
    return next((end for marker, _, end in _list_segments(data) if marker == _SCAN and end <= len(data)), 0)


@lru_cache(maxsize=8)  # the frames of a video mostly have one header
def read_layout(head: bytes) -> ScanLayout | None:
    """What a header says, which ends where the codes begin; None where it is not that of a plain JPEG."""
    frame, kept, scan = b"", [], b""
    tables: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # counts and symbols by class and number
    for marker, begin, end in _list_segments(head):
        segment = head[begin:end]
        if marker in _FRAME and not frame:
            frame = segment
        elif marker == _TABLES:
            if not _add_tables(segment[4:], tables):
                return None
            kept.append(segment)
        elif marker in _KEPT:
            kept.append(segment)
        elif marker == _SCAN:
            scan = segment
        elif marker == _RESTARTS and segment[4:] == b"\0\0":
            continue
        elif marker not in _LEFT_OUT:
            return None
    return _describe_layout(frame, scan, b"".join(kept), tables) if frame and scan else None


def _add_tables(content: bytes, tables: dict[int, tuple[np.ndarray, np.ndarray]]) -> bool:
    """Add the Huffman tables of a segment; returns whether it has nothing else."""
    while len(content) >= 17:
        number, counts = content[0], np.frombuffer(content, np.uint8, 16, 1).astype(np.int64)
        symbols = np.frombuffer(content[17 : 17 + counts.sum()], np.uint8).astype(np.int64)
        if number & 0xEC or len(symbols) < counts.sum():
            return False
        tables[number] = counts, symbols
        content = content[17 + len(symbols) :]
    return not content


def _describe_layout(frame: bytes, scan: bytes, kept: bytes, tables: dict) -> ScanLayout | None:
    count = frame[9] if len(frame) > 9 else 0
    if count not in (1, 3) or len(frame) != 10 + 3 * count or frame[4] != 8:
        return None
    height, width = int.from_bytes(frame[5:7]), int.from_bytes(frame[7:9])
    if not (0 < height <= _MOST_PIXELS and 0 < width <= _MOST_PIXELS):
        return None
    if len(scan) != 8 + 2 * count or scan[4] != count or scan[-3:] != _SCAN_OF_ALL:
        return None
    components = [tuple(frame[10 + 3 * place : 13 + 3 * place]) for place in range(count)]
    chosen = [tuple(scan[5 + 2 * place : 7 + 2 * place]) for place in range(count)]
    sides = [(sampling >> 4, sampling & 15) for _, sampling, _ in components]
    if [name for name, *_ in components] != [name for name, _ in chosen]:
        return None
    if count == 1:
        sides = [(1, 1)]  # a scan of one component has no MCUs of several blocks
    if not all(1 <= side <= _MOST_SIDE for pair in sides for side in pair):
        return None
    pairs = [(place, use) for place, (_, use) in enumerate(chosen) for _ in range(sides[place][0] * sides[place][1])]
    if len(pairs) > _MOST_BLOCKS:
        return None
    numbers = sorted({use >> 4 for _, use in pairs}), sorted({0x10 | use & 15 for _, use in pairs})
    if not {*numbers[0], *numbers[1]} <= tables.keys():
        return None
    coded = _list_tables([*numbers[0], *numbers[1]], tables)
    if coded is None:
        return None
    dc = [numbers[0].index(use >> 4) for _, use in pairs]
    ac = [len(numbers[0]) + numbers[1].index(0x10 | use & 15) for _, use in pairs]
    mcu = 8 * max(across for across, _ in sides), 8 * max(down for _, down in sides)
    return ScanLayout(
        head=START_OF_IMAGE + kept + frame[:5],
        tail=frame[9:] + scan,
        width=width,
        height=height,
        mcu=mcu,
        columns=-(-width // mcu[0]),
        rows=-(-height // mcu[1]),
        blocks=np.array([(place, table) for (place, _), table in zip(pairs, dc, strict=True)]),
        progress=np.array([0, 0, dc[0] << 5, 0], np.uint64),
        next_states=_list_next_states(dc, ac),
        lookups=coded[0],
        codes=coded[1],
        dc_codes=coded[2],
    )


def _list_tables(numbers: list[int], tables: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Lookups and codes, one table after the other, and the codes of DC values; None where a table is no good."""
    lookups = np.empty((len(numbers), 1 << LOOKUP_BITS), np.uint16)
    codes = np.empty((len(numbers), 1 << 16), np.uint16)
    dc_codes = np.zeros((len(numbers), 12), np.int64)
    for place, number in enumerate(numbers):
        is_dc = number < 0x10
        if not list_codes(*tables[number], is_dc, codes[place]):
            return None
        fill_lookups(codes[place], is_dc, lookups[place])
        if is_dc:
            _list_dc_codes(*tables[number], dc_codes[place])
    return lookups.ravel(), codes.ravel(), dc_codes


def _list_dc_codes(counts: np.ndarray, symbols: np.ndarray, dc_codes: np.ndarray) -> None:
    code, place = 0, 0
    for length, count in enumerate(counts.tolist(), 1):
        for symbol in symbols[place : place + count].tolist():
            dc_codes[symbol] = length << 16 | code
            code += 1
        place, code = place + count, code << 1


def _list_next_states(dc: list[int], ac: list[int]) -> np.ndarray:
    """Bits 0 to 4 of a state are twice the block in the MCU, one more behind its DC value; above is its table."""
    tables = [table for pair in zip(dc, ac, strict=True) for table in pair]
    states, following = [place | table << 5 for place, table in enumerate(tables)], []
    for place, state in enumerate(states):
        after = states[(place + 1) % len(states)]
        following += [after if place % 2 == 0 else state, after]
    return np.array(following, np.uint32)
