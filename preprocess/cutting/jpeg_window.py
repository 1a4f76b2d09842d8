"""A window of a baseline JPEG as a small JPEG of its own, whose pixels are those of the whole one there.

A decoder that is asked for a region of a JPEG still reads all of its Huffman codes, which takes most of its time. Here
they are read by loops that are faster by far, see huffman_loops.py; the codes of the blocks that the region needs
are copied as they are, and any decoder can take it from there. The window has more rows than asked for, because a
decoder smooths colours over neighbouring pixels; its columns end where libjpeg's own crop ends.

JPEGs that are not plain are left to others: progressive ones, those with restart markers, four components, several
scans, or damage anywhere in the scan.
"""

import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from preprocess.cutting.huffman_loops import (
    LOOKUP_BITS,
    fill_lookups,
    find_blocks,
    find_blocks_of_three,
    list_codes,
)
from preprocess.cutting.scan_bits import copy_window, read_words

_START_OF_IMAGE, _END_OF_IMAGE = b"\xff\xd8", b"\xff\xd9"
_FRAME, _TABLES, _SCAN, _RESTARTS = (0xC0, 0xC1), 0xC4, 0xDA, 0xDD  # baseline and extended frames, Huffman tables
_KEPT = {0xDB, 0xE0, 0xEE}  # quantization tables, and what says how colours are stored
_LEFT_OUT = {*range(0xE0, 0xF0), 0xFE}  # other notes
_SCAN_OF_ALL = b"\x00\x3f\x00"  # of a sequential scan: all coefficients, all bits
_MOST_SIDE, _MOST_BLOCKS = 4, 10  # of an MCU: blocks of a component across or down, blocks in all
_LEAST_BITS = 2  # of a block
_SPARE_WORDS = 4  # behind a scan: a step may read so far


class Window(NamedTuple):
    """A part of a picture in its pixels; right and bottom are its ends."""

    left: int
    top: int
    right: int
    bottom: int


class CutWindow(NamedTuple):
    """A JPEG of a window, and where its first pixel lies in the whole picture."""

    data: bytes
    left: int
    top: int


class _Layout(NamedTuple):
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


class _Scan(NamedTuple):
    data: bytes  # of the whole JPEG
    layout: _Layout
    picture: tuple  # see huffman_loops.find_blocks
    progress: np.ndarray
    starts: np.ndarray


class _Buffers(threading.local):
    """Memory that the next pictures use again: new memory costs as much time as what is done in it."""

    def __init__(self) -> None:
        self._arrays: dict[tuple[int, str], np.ndarray] = {}

    def take(self, place: int, kind: str, length: int, dtype: type) -> np.ndarray:
        held = self._arrays.get((place, kind))
        if held is None or len(held) < length:
            held = self._arrays[place, kind] = np.empty(length + length // 4, dtype)
        return held[:length]


_buffers = _Buffers()
TOGETHER = 3  # JPEGs that are read side by side


def cut_windows(jpegs: Sequence[tuple[bytes, Window]]) -> list[CutWindow | None]:
    """Cut a window out of each JPEG; None for one that is not plain, or that is damaged.

    A window begins inside of its picture and may end behind its edge. Three JPEGs take less time together than one
    after the other.
    """
    cut: list[CutWindow | None] = []
    for first in range(0, len(jpegs), TOGETHER):
        part = jpegs[first : first + TOGETHER]
        scans = [_open_scan(data, place) for place, (data, _) in enumerate(part)]
        if len(scans) == TOGETHER and all(scans):
            find_blocks_of_three(
                tuple(scan.picture for scan in scans),
                tuple(scan.progress for scan in scans),
                tuple(scan.starts for scan in scans),
            )
        for scan, (_, window) in zip(scans, part, strict=True):
            is_whole = scan and find_blocks(scan.picture, scan.progress, scan.starts)
            cut.append(_cut_window(scan, window) if is_whole else None)
    return cut


def _open_scan(data: bytes, place: int) -> _Scan | None:
    begin = _find_scan(data)
    layout = _read_layout(data[:begin]) if begin else None
    end = data.rfind(_END_OF_IMAGE)
    if layout is None or end < begin:
        return None
    stored = _buffers.take(0, "scan", (end - begin) // 8 + 1, np.uint64)
    stored[-1] = 0
    stored.view(np.uint8)[: end - begin] = np.frombuffer(data, np.uint8, end - begin, begin)
    words = _buffers.take(place, "words", 2 * len(stored) + _SPARE_WORDS, np.uint64)
    length = read_words(stored, end - begin, words)
    if length < 0:
        return None
    blocks = layout.columns * layout.rows * len(layout.blocks)
    if _LEAST_BITS * blocks > 8 * length:
        return None  # before memory is taken for so many blocks
    picture = words, layout.lookups, layout.codes, layout.next_states, blocks, 8 * length
    return _Scan(data, layout, picture, layout.progress.copy(), _buffers.take(place, "starts", blocks + 1, np.int64))


def _cut_window(scan: _Scan, window: Window) -> CutWindow | None:
    layout, (width, height) = scan.layout, scan.layout.mcu
    window = window._replace(right=min(window.right, layout.width), bottom=min(window.bottom, layout.height))
    if window == (0, 0, layout.width, layout.height):
        return CutWindow(strip_notes(scan.data), 0, 0)
    scan.starts[0] = 0
    left, top = window.left // width, max(window.top // height - 1, 0)
    right = -(-window.right // width)
    bottom = min(-(-window.bottom // height) + 1, layout.rows)
    limits = np.array([layout.columns, left, top, right, bottom])
    out = _buffers.take(0, "out", len(scan.picture[0]) + 1024, np.uint32)
    length = copy_window(scan.picture, scan.starts, limits, layout.blocks, layout.dc_codes, out)
    if length < 0:
        return None
    size = min(layout.height, bottom * height) - top * height, window.right - left * width
    coded = out.view(np.uint8)[:length].tobytes().replace(b"\xff", b"\xff\x00")
    return CutWindow(_join(layout, size, coded), left * width, top * height)


def strip_notes(data: bytes) -> bytes:
    """A plain JPEG without all that its pixels do not need, which may be damaged."""
    begin = _find_scan(data)
    layout = _read_layout(data[:begin])
    return _join(layout, (layout.height, layout.width), data[begin : data.rfind(_END_OF_IMAGE)])


def _join(layout: _Layout, size: tuple[int, int], coded: bytes) -> bytes:
    """A JPEG of this height and width in pixels from its codes."""
    sides = b"".join(side.to_bytes(2) for side in size)
    return b"".join((layout.head, sides, layout.tail, coded, _END_OF_IMAGE))


def _list_segments(head: bytes) -> Iterator[tuple[int, int, int]]:
    """The marker, begin and end of each segment up to a scan's header; they end early where anything else stands."""
    begin = len(_START_OF_IMAGE)
    while head[begin : begin + 1] == b"\xff" and begin + 4 <= len(head):
        end = begin + 2 + int.from_bytes(head[begin + 2 : begin + 4])
        yield head[begin + 1], begin, end
        if head[begin + 1] == _SCAN:
            return
        begin = end


def _find_scan(data: bytes) -> int:
    """Where the codes of the first scan begin; 0 where no scan is found."""
    return next((end for marker, _, end in _list_segments(data) if marker == _SCAN and end <= len(data)), 0)


@lru_cache(maxsize=8)  # the frames of a video mostly have one header
def _read_layout(head: bytes) -> _Layout | None:
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


def _describe_layout(frame: bytes, scan: bytes, kept: bytes, tables: dict) -> _Layout | None:
    count = frame[9] if len(frame) > 9 else 0
    if count not in (1, 3) or len(frame) != 10 + 3 * count or frame[4] != 8:
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
    height, width = int.from_bytes(frame[5:7]), int.from_bytes(frame[7:9])
    mcu = 8 * max(across for across, _ in sides), 8 * max(down for _, down in sides)
    return _Layout(
        head=_START_OF_IMAGE + kept + frame[:5],
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
