"""One way to files on a disk and in a store: whether they are there, their bytes, writing, and what is in a folder."""

import hashlib
import io
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import BinaryIO, TypeVar

from shards.storage.atomic_write import write_atomically
from shards.storage.files import BLOCK_SIZE, hash_blocks, open_file, read_blocks, read_file, retry
from shards.storage.stores.remote_files import (
    list_remote_folder,
    read_remote_file,
    read_remote_range,
    read_remote_state,
    remove_remote_file,
    reopen_remote_file,
    upload_open_file,
)
from shards.storage.stores.remote_path import AnyPlace, RemotePath

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")
_READING_THREADS = 8
_MOST_COMING = 16  # items that are read before they are asked for
_WIDEST_GAP = 1 << 20  # bytes between two ranges that are read too, rather than making another request

REQUEST_SIZE = 8 * BLOCK_SIZE  # bytes that are asked of a store at a time, where a file is read from one end to another


def read_place(path: AnyPlace) -> bytes:
    """All bytes of a file. Raises as shards.storage.files.retry does."""
    return read_remote_file(path) if isinstance(path, RemotePath) else read_file(path)


def open_place(path: AnyPlace) -> BinaryIO:
    """Open a file for reading; of a store's file at most some MB are in memory. Raises as read_place does."""
    if isinstance(path, RemotePath):
        return io.BufferedReader(_RemoteFile(path), REQUEST_SIZE)
    return open_file(path)


def open_raw(path: bytes | AnyPlace) -> BinaryIO:
    """Open a file for reading without a buffer: in a store, each read is a request. Raises as read_place does."""
    return _RemoteFile(path) if isinstance(path, RemotePath) else open_file(path)


def read_place_blocks(path: AnyPlace) -> Iterator[bytes]:
    """Yield a file's bytes in blocks of BLOCK_SIZE bytes; the last may be shorter. Raises as read_place does."""
    if not isinstance(path, RemotePath):
        yield from read_blocks(path)
        return
    with open_place(path) as file:
        while block := file.read(BLOCK_SIZE):
            yield block


def copy_place(path: AnyPlace, file: BinaryIO) -> str:
    """Copy a file into an open one. Returns the SHA-256 of what came as hexadecimal digits."""
    state = hashlib.sha256()
    for block in read_place_blocks(path):
        state.update(block)
        file.write(block)
    return state.hexdigest()


def hash_place(path: AnyPlace) -> str:
    """The SHA-256 of a file's bytes as hexadecimal digits. Raises as read_place does."""
    return hash_blocks(read_place_blocks(path))


def measure_place(path: AnyPlace) -> int | None:
    """A file's size in bytes; None where there is no such file."""
    if not isinstance(path, RemotePath):
        return path.stat().st_size if path.is_file() else None
    try:
        return read_remote_state(path).size
    except FileNotFoundError:
        return None


def list_place(folder: AnyPlace) -> list[str]:
    """The names in a folder, sorted; none where there is no folder."""
    if isinstance(folder, RemotePath):
        return [entry.name for entry in list_remote_folder(folder)]
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def read_ranges(path: AnyPlace, ranges: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """Yield the bytes of each range, (offset, length), with ascending offsets; fewer at the file's end.

    In a store ranges near one another come together, up to REQUEST_SIZE bytes by one request, after one that asks for
    the file. Raises as read_place does.
    """
    if not isinstance(path, RemotePath):
        with open_file(path) as file:
            for offset, length in ranges:
                yield retry(lambda at=offset, size=length: os.pread(file.fileno(), size, at), path)
        return
    reopen_remote_file(path)
    for group in _join_ranges(ranges):
        start, end = group[0][0], sum(group[-1])
        data = read_remote_range(path, start, end - start)
        yield from (data[offset - start : offset - start + length] for offset, length in group)


def _join_ranges(ranges: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    group: list[tuple[int, int]] = []
    for offset, length in ranges:
        if group and (offset > sum(group[-1]) + _WIDEST_GAP or offset + length > group[0][0] + REQUEST_SIZE):
            yield group
            group = []
        group.append((offset, length))
    if group:
        yield group


def read_in_order(read: Callable[[_Item], _Found], items: Iterable[_Item], place: AnyPlace) -> Iterator[_Found]:
    """Yield read(item) for each item. Where `place`, which holds them, is in a store, several are read at once, ahead
    of their turn: one after the other one would do nothing but wait for answers.
    """
    if not isinstance(place, RemotePath):
        yield from map(read, items)
        return
    coming: deque[Future[_Found]] = deque()
    with ThreadPoolExecutor(_READING_THREADS) as pool:
        try:
            for item in items:
                coming.append(pool.submit(read, item))
                if len(coming) == _MOST_COMING:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def write_place(path: AnyPlace) -> Iterator[BinaryIO]:
    """Yield a file, one of many of a folder, that appears whole when the block ends without an exception, else not.

    For what killed processes leave of it on a disk see write_atomically. What goes to a store is gathered first: some
    MB in memory, and more in a nameless file among the temporary ones.
    """
    if not isinstance(path, RemotePath):
        with write_atomically(path, one_of_many=True) as file:
            yield file
        return
    with tempfile.SpooledTemporaryFile(max_size=REQUEST_SIZE) as file:
        yield file
        upload_open_file(file, path)


def remove_place(path: AnyPlace) -> None:
    """Remove a file; it is no error where there is none."""
    remove_remote_file(path) if isinstance(path, RemotePath) else path.unlink(missing_ok=True)


def make_folder(folder: AnyPlace) -> None:
    """Make a folder and those above it, unless they are there. In a store a folder comes with its first file."""
    if not isinstance(folder, RemotePath):
        folder.mkdir(parents=True, exist_ok=True)


class _RemoteFile(io.RawIOBase):
    """A store's file, read by offset."""

    def __init__(self, path: RemotePath):
        self._path, self._at = path, 0
        self._size = reopen_remote_file(path).size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def readinto(self, buffer: memoryview) -> int:
        data = read_remote_range(self._path, self._at, min(len(buffer), max(0, self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
