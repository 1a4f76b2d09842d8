"""What a JPEG states before its scan: whether it is of a kind that can be decoded, and its size. Nothing is decoded.

Good: baseline, extended and progressive, grey, colour and CMYK, bytes after the end marker. EXIF turning is ignored:
the size is the stored one. Refused, with the reason: no JPEG, a header that the file's end cuts off, no end marker
(truncation), arithmetic coding, 12 bits a sample, lossless, hierarchical, a side of 0 pixels.
"""

import os
import re
from pathlib import Path
from typing import BinaryIO, NamedTuple

MAX_FRAME_PIXELS = 40_000_000  # of a frame: above an 8K one. A header may claim 65535 x 65535

_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length: TEM, RST0..7
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0..15 less DHT, JPG, DAC
_CODED = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive; all Huffman
_SCAN, _END = 0xDA, 0xD9
_END_MARKER = b"\xff\xd9"
# What libjpeg notes when the end marker comes before a scan's picture is whole; it fills in the rest. It notes one
# fault a picture, so behind another one this goes unnoticed.
_SHORT = re.compile(rb"remature end of|found marker 0xd9 instead of RST")
_HEAD, _TAIL = 65_536, 4_096  # bytes read of a file, where they are enough


class UnreadableImage(Exception):
    """A file that gives no pixels; the message says why, in one line and without the file's name."""


class Header(NamedTuple):
    """The size that a JPEG states, in pixels as stored."""

    width: int
    height: int


def read_header(data: bytes) -> Header:
    """The header of a whole JPEG. Raises UnreadableImage."""
    header, scan = _check(_find_scan(data))
    if data.rfind(_END_MARKER, scan) < 0:
        raise UnreadableImage("truncated: no end marker")
    return header


def read_file_header(path: str | Path) -> Header:
    """The same of a file, of which a few kilobytes are read. Raises OSError, UnreadableImage."""
    with open(path, "rb") as file:
        data = file.read(_HEAD)
        header, scan = _check(_find_scan(data) or _find_scan(data + file.read()))  # long notes before it
        # Bytes after the end marker are allowed: only where there are many of them is the whole file read.
        tail = max(scan, file.seek(0, os.SEEK_END) - _TAIL)
        if not _ends(file, tail) and not _ends(file, scan):
            raise UnreadableImage("truncated: no end marker")
    return header


def check_decoder_warnings(notes: bytes) -> None:
    """Raises UnreadableImage where libjpeg noted, while it decoded, that a part of the picture is missing."""
    if _SHORT.search(notes):
        raise UnreadableImage("truncated: its scan ends before the picture does")


def _ends(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    return _END_MARKER in file.read()


def _check(found: tuple[Header, int] | None) -> tuple[Header, int]:
    if found is None:
        raise UnreadableImage("truncated: ends before its first scan")
    if min(found[0]) == 0:
        raise UnreadableImage(f"states a size of {found[0].width}x{found[0].height}")
    return found


def _find_scan(data: bytes) -> tuple[Header, int] | None:
    """Walk the markers: the frame header, and where the first scan begins; None where the data ends before it."""
    if not data.startswith(b"\xff\xd8"):
        raise UnreadableImage("not a JPEG" if data else "empty file")
    header, at = None, 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        marker = data[at + 1]
        if marker in (0x00, 0xFF):  # stuffing and fill bytes between segments: decoders pass over them
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker == _END:
            break
        elif marker == _SCAN:
            if header is None:
                raise UnreadableImage("its scan begins before the frame header")
            return header, at
        else:
            if marker in _FRAMES:
                header = _read_frame(data, at, marker)
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
    return None


def _read_frame(data: bytes, at: int, marker: int) -> Header:
    """The frame header at a marker; where the data ends within it, no scan follows either."""
    if marker not in _CODED:
        kind = "arithmetic coding" if marker in (0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF) else "lossless or hierarchical"
        raise UnreadableImage(f"{kind} (SOF{marker - 0xC0}) cannot be decoded")
    if data[at + 4 : at + 5] not in (b"", b"\x08"):
        raise UnreadableImage(f"{data[at + 4]} bits a sample cannot be decoded")
    return Header(int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7]))
