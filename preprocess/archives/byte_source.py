"""One range of bytes, wherever it lies: a file, a part of a file, or several parts one after the other.

A zip in a folder is one whole file; a zip inside a tar is a part of one; a zip that was delivered in pieces is the
pieces in their order. All are read by offset, so that any number of processes can read one archive at the same time.
"""

import os
import threading
from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate
from typing import BinaryIO, NamedTuple

from shards.storage.files import open_file, retry

_OPEN_FILES = 16  # in each thread; a task reads few archives, and descriptors are scarce


class Part(NamedTuple):
    """A part of a file."""

    path: bytes  # absolute
    offset: int
    length: int


class ByteSource(NamedTuple):
    """Parts of files that are read as if they were one file."""

    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        return sum(part.length for part in self.parts)

    def narrow(self, offset: int, length: int) -> "ByteSource":
        """`length` bytes from `offset` on, as a source of its own; less where this one ends before."""
        found, start = [], 0
        for part in self.parts:
            first, last = max(offset, start), min(offset + length, start + part.length)
            if first < last:
                found.append(Part(part.path, part.offset + first - start, last - first))
            start += part.length
        return ByteSource(tuple(found))


def read_bytes(source: ByteSource, offset: int, length: int) -> bytes:
    """`length` bytes from `offset` on; fewer where the source, or one of its files, ends before.

    Raises as shards.storage.files.retry does.
    """
    starts = list(accumulate((part.length for part in source.parts), initial=0))
    place = bisect_right(starts, offset) - 1
    found = []
    while length > 0 and 0 <= place < len(source.parts):
        part, skip = source.parts[place], offset - starts[place]
        data = _read_part(part.path, part.offset + skip, min(length, part.length - skip))
        found.append(data)
        if len(data) < min(length, part.length - skip):
            break  # the file was cut after it was listed
        offset, length, place = offset + len(data), length - len(data), place + 1
    return found[0] if len(found) == 1 else b"".join(found)


def _read_part(path: bytes, offset: int, length: int) -> bytes:
    def read() -> bytes:
        blocks, start, left = [], offset, length
        file = _open_cached(path)
        while left:
            block = os.pread(file.fileno(), left, start)
            if not block:
                break
            blocks.append(block)
            start, left = start + len(block), left - len(block)
        return blocks[0] if len(blocks) == 1 else b"".join(blocks)

    try:
        return retry(read, path)
    except OSError:
        close_files()  # the disk may have been mounted anew: the next attempt opens the file again
        raise


class _OpenFiles(threading.local):
    """Each thread has its own: a file that another thread closes, or whose number it gives to another, is misread."""

    def __init__(self) -> None:
        self.by_path: OrderedDict[bytes, BinaryIO] = OrderedDict()


_open = _OpenFiles()


def _open_cached(path: bytes) -> BinaryIO:
    """The file at `path`, opened once for as long as this thread goes on reading it."""
    file = _open.by_path.pop(path, None) or open_file(path)
    _open.by_path[path] = file
    while len(_open.by_path) > _OPEN_FILES:
        _open.by_path.popitem(last=False)[1].close()
    return file


def close_files() -> None:
    """Close all files that this thread has opened for reading archives."""
    while _open.by_path:
        _open.by_path.popitem()[1].close()
