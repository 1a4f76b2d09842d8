"""The size that a JPEG file states, without decoding it: a few kilobytes of each file, for millions of files."""

import os
from pathlib import Path
from typing import BinaryIO, NamedTuple

MAX_PIXELS = 40_000_000  # above an 8K frame; a header may claim 65535 x 65535

_HEAD, _TAIL = 65_536, 4_096  # bytes read of a file, where they are enough
_END = b"\xff\xd9"
_CODED = (0xC0, 0xC1, 0xC2)  # frame headers of baseline, extended and progressive JPEGs: what libjpeg decodes
_NO_FRAMES = (0xC4, 0xC8, 0xCC)  # DHT, JPG, DAC among the frame headers' numbers


class Header(NamedTuple):
    width: int
    height: int
    scan: int  # where the first one begins in the file


def read_size(image: str | Path) -> tuple[int, int]:
    """Width and height that a JPEG file states, as stored: EXIF turning is ignored.

    Raises OSError; ValueError for what cannot be decoded: no JPEG, an arithmetic or lossless one, one of more than 8
    bits, truncated (no end marker), or of more than 40 megapixels.
    """
    with open(image, "rb") as file:
        data = file.read(_HEAD)
        header = find_header(data) or find_header(data + file.read())  # long notes before it
        if header is None:
            raise ValueError("truncated: ends before its first scan")
        if not 0 < header.width * header.height <= MAX_PIXELS:
            raise ValueError(f"states a size of {header.width}x{header.height}")
        # Bytes after the end marker are allowed: only where there are many of them is the whole file read.
        tail = max(header.scan, file.seek(0, os.SEEK_END) - _TAIL)
        if not _ends(file, tail) and not _ends(file, header.scan):
            raise ValueError("truncated: no end marker")
    return header.width, header.height


def _ends(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    return _END in file.read()


def find_header(data: bytes) -> Header | None:
    """Walk the markers to the first scan; None where the data ends before it."""
    if not data.startswith(b"\xff\xd8"):
        raise ValueError("not a JPEG")
    size, at = None, 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        marker = data[at + 1]
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD7:
            at += 1  # fill bytes, and markers without a length
            continue
        if marker in (0xD9, 0xDA):
            if marker == 0xD9 or size is None:
                raise ValueError("ends, or its scan begins, before the frame header")
            return Header(*size, at)
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAMES:
            if marker not in _CODED or data[at + 4 : at + 5] not in (b"", b"\x08"):
                raise ValueError("a kind of JPEG that cannot be decoded")
            size = int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
    return None
