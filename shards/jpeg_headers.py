"""Reading the size of a JPEG from its headers, and whether it can be decoded. No pixels are decoded here.

Accepted: baseline, extended and progressive JPEGs; grey, colour and CMYK; bytes after the end marker. The size is the
stored one: EXIF orientation is ignored. Refused with a reason: files that are no JPEG, truncated ones (cut in the
header, or without an end marker), arithmetic coding, 12 bits a sample, lossless and hierarchical JPEGs, and a side of
0 pixels.
"""

import os
import re
from pathlib import Path
from typing import BinaryIO, NamedTuple

# An 8K frame has fewer. Larger frames are refused before decoding, because a header may claim 65535 x 65535.
MAX_FRAME_PIXELS = 40_000_000

_MARKERS_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}  # TEM, RST0..7
_FRAME_MARKERS = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0..15; the other three are DHT, JPG, DAC
_DECODABLE_MARKERS = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive; all with Huffman coding
_SCAN_MARKER, _END_MARKER = 0xDA, 0xD9  # SOS, EOI
_END = b"\xff\xd9"
# libjpeg's warnings where the end marker comes before the last pixel; it fills in the missing pixels. It reports only
# the first fault of a picture, so a truncation behind another fault is not noticed.
_TRUNCATION_WARNING = re.compile(rb"remature end of|found marker 0xd9 instead of RST")
# Bytes read from a file's start and end; more are read only where these do not suffice.
_HEAD_LENGTH, _TAIL_LENGTH = 65_536, 4_096


class UnreadableImage(Exception):
    """An image that cannot be decoded. The message gives the reason in one line, without the file's name."""


class Header(NamedTuple):
    """The size of a JPEG in pixels, as stored."""

    width: int
    height: int


def read_header(data: bytes) -> Header:
    """Read the header of a complete JPEG. Raises UnreadableImage."""
    header, scan = _check_header(_parse_header(data))
    if data.rfind(_END, scan) < 0:
        raise UnreadableImage("truncated: no end marker")
    return header


def find_scan(data: bytes) -> int:
    """Where the marker of the first scan begins: read_header reads what is before it, and looks for the end marker.

    Raises UnreadableImage.
    """
    return _check_header(_parse_header(data))[1]


def read_file_header(path: str | Path) -> Header:
    """Read the header of a JPEG file, usually from a few kilobytes of it. Raises OSError, UnreadableImage."""
    with open(path, "rb") as file:
        data = file.read(_HEAD_LENGTH)
        # Long metadata may come before the scan.
        header, scan = _check_header(_parse_header(data) or _parse_header(data + file.read()))
        # Bytes may follow the end marker. If there are many of them, it is not in the tail.
        tail = max(scan, file.seek(0, os.SEEK_END) - _TAIL_LENGTH)
        if not _has_end_marker(file, tail) and not _has_end_marker(file, scan):
            raise UnreadableImage("truncated: no end marker")
    return header


def check_decoder_warnings(warnings: bytes) -> None:
    """Raise UnreadableImage where libjpeg warned, while it decoded a picture, that a part of it is missing.

    `warnings` is what libjpeg wrote to the standard error stream.
    """
    if _TRUNCATION_WARNING.search(warnings):
        raise UnreadableImage("truncated: its scan ends before the picture does")


def _has_end_marker(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    return _END in file.read()


def _check_header(parsed: tuple[Header, int] | None) -> tuple[Header, int]:
    if parsed is None:
        raise UnreadableImage("truncated: ends before its first scan")
    if min(parsed[0]) == 0:
        raise UnreadableImage(f"states a size of {parsed[0].width}x{parsed[0].height}")
    return parsed


def _parse_header(data: bytes) -> tuple[Header, int] | None:
    """Return the frame header and the offset of the first scan's marker; None where the data ends before the scan."""
    if not data.startswith(b"\xff\xd8"):
        raise UnreadableImage("not a JPEG" if data else "empty file")
    header, offset = None, 2
    while (offset := data.find(b"\xff", offset)) >= 0 and offset + 4 <= len(data):
        marker = data[offset + 1]
        if marker in (0x00, 0xFF):  # stuffing and fill bytes between segments, which decoders skip
            offset += 1
        elif marker in _MARKERS_WITHOUT_LENGTH:
            offset += 2
        elif marker == _END_MARKER:
            break
        elif marker == _SCAN_MARKER:
            if header is None:
                raise UnreadableImage("its scan begins before the frame header")
            return header, offset
        else:
            if marker in _FRAME_MARKERS:
                header = _parse_frame_header(data, offset, marker)
            offset += 2 + max(2, int.from_bytes(data[offset + 2 : offset + 4]))
    return None


def _parse_frame_header(data: bytes, offset: int, marker: int) -> Header:
    """Return the size in the frame header at a marker; a wrong one where the data ends here (then no scan follows)."""
    if marker not in _DECODABLE_MARKERS:
        kind = "arithmetic coding" if marker in (0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF) else "lossless or hierarchical"
        raise UnreadableImage(f"{kind} (SOF{marker - 0xC0}) cannot be decoded")
    if data[offset + 4 : offset + 5] not in (b"", b"\x08"):
        raise UnreadableImage(f"{data[offset + 4]} bits a sample cannot be decoded")
    return Header(int.from_bytes(data[offset + 7 : offset + 9]), int.from_bytes(data[offset + 5 : offset + 7]))
