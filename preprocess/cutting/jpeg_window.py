"""A window of a baseline JPEG as a small JPEG of its own, whose pixels are those of the whole one there.

A decoder that is asked for a region of a JPEG still reads all of its Huffman codes, which takes most of its time. Here
they are read by loops that are faster by far, see huffman_loops.py; the codes of the blocks that the region needs
are copied as they are, and any decoder can take it from there. The window has more rows than asked for, because a
decoder smooths colours over neighbouring pixels; its columns end where libjpeg's own crop ends.

JPEGs that are not plain are left to others: progressive ones, those with restart markers, four components, several
scans, or damage anywhere in the scan.
"""

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from preprocess.cutting.huffman_loops import find_blocks, find_blocks_of_three
from preprocess.cutting.jpeg_layout import ScanLayout, find_codes, read_layout
from preprocess.cutting.scan_bits import copy_window, read_words

_END_OF_IMAGE = b"\xff\xd9"
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


class _Scan(NamedTuple):
    data: bytes  # of the whole JPEG
    layout: ScanLayout
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
    begin = find_codes(data)
    layout = read_layout(data[:begin]) if begin else None
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
    begin = find_codes(data)
    layout = read_layout(data[:begin])
    return _join(layout, (layout.height, layout.width), data[begin : data.rfind(_END_OF_IMAGE)])


def _join(layout: ScanLayout, size: tuple[int, int], coded: bytes) -> bytes:
    """A JPEG of this height and width in pixels from its codes."""
    sides = b"".join(side.to_bytes(2) for side in size)
    return b"".join((layout.head, sides, layout.tail, coded, _END_OF_IMAGE))
