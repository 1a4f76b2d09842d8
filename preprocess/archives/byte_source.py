"""One range of bytes, wherever it lies: a file, a part of a file, or several parts one after the other.

A zip in a folder is one whole file; a zip inside a tar is a part of one; a zip that was delivered in pieces is the
pieces in their order. All are read by offset (os.pread), so that any number of processes can read one archive at the
same time; each thread keeps the files that it reads open.
"""

import errno
import os
import stat
import threading
from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate
from typing import BinaryIO, NamedTuple

from preprocess.archives.read_ahead import read_range_ahead
from shards.storage.files import IrregularFile, open_file, retry
from shards.storage.places import measure_place
from shards.storage.stores.remote_files import read_remote_state
from shards.storage.stores.remote_path import RemotePath

_OPEN_FILES = 16  # in each thread; a task reads few archives, and descriptors are scarce


FilePath = bytes | RemotePath  # of this machine, or in a store


class FileState(NamedTuple):
    """By what a file that was changed is noticed."""

    size: int  # bytes
    modified: int | str  # ns; of a store's file its version


class Part(NamedTuple):
    """A part of a file."""

    path: FilePath  # absolute
    offset: int
    length: int
    state: FileState | None = None  # of the file when it was listed; None where nobody looked


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
                found.append(part._replace(offset=part.offset + first - start, length=last - first))
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
        data = _read_part(part, part.offset + skip, min(length, part.length - skip))
        found.append(data)
        if len(data) < min(length, part.length - skip):
            break  # the file was cut after it was listed
        offset, length, place = offset + len(data), length - len(data), place + 1
    return found[0] if len(found) == 1 else b"".join(found)


def _read_part(part: Part, offset: int, length: int) -> bytes:
    """`length` bytes of a part's file from `offset` on; fewer at its end."""
    path = part.path
    if isinstance(path, RemotePath):
        return read_range_ahead(path, str(part.state.modified) if part.state else "", offset, length)

    def read() -> bytes:
        try:
            return _read_fully(_open_cached(path).fileno(), offset, length)
        except OSError:
            close_files()  # the disk may have been mounted anew: the next attempt opens the file again
            raise

    return retry(read, path)


def _read_fully(descriptor: int, offset: int, length: int) -> bytes:
    blocks, left = [], length
    while left and (block := os.pread(descriptor, left, offset)):  # one read is at most 2 GB, and may be interrupted
        blocks.append(block)
        offset, left = offset + len(block), left - len(block)
    return blocks[0] if len(blocks) == 1 else b"".join(blocks)


def open_whole(path: FilePath) -> ByteSource:
    """A file, as it is now. Raises as shards.storage.files.retry does."""
    state = read_state(path) if isinstance(path, RemotePath) else retry(lambda: read_state(path), path)
    return ByteSource((Part(path, 0, state.size, state),))


def read_state(path: FilePath) -> FileState:
    """A regular file's size and time of change. Raises OSError."""
    if isinstance(path, RemotePath):
        return FileState(*read_remote_state(path))
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise IrregularFile(errno.EINVAL, "not a regular file", path)
    return FileState(status.st_size, status.st_mtime_ns)


def find_changed_file(source: ByteSource) -> FilePath | None:
    """The first file that is not as it was when it was listed, or is gone; None where all are. Raises OSError."""
    for part in source.parts:
        try:
            if part.state not in (None, read_state(part.path)):
                return part.path
        except (FileNotFoundError, IrregularFile):
            return part.path
    return None


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


def name_path(path: FilePath) -> str:
    """A path or a URL, for messages."""
    return str(path) if isinstance(path, RemotePath) else os.fsdecode(path)


def name_base(path: FilePath) -> bytes:
    """The name of a file, as the disk or the store holds it."""
    return path.name.encode("utf-8", "surrogateescape") if isinstance(path, RemotePath) else os.path.basename(path)


def is_there(path: FilePath) -> bool:
    """Whether something is at a path, though it may be a link that leads nowhere."""
    return measure_place(path) is not None if isinstance(path, RemotePath) else os.path.lexists(path)


def close_files() -> None:
    """Close all files that this thread has opened for reading archives."""
    while _open.by_path:
        _open.by_path.popitem()[1].close()
