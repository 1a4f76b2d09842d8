"""One way to files on a disk and in a store: whether they are there, their bytes, and what lies in a folder."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from shards.storage.files import BLOCK_SIZE, hash_blocks, open_file, read_blocks, read_file
from shards.storage.remote_files import (
    list_remote_folder,
    read_remote_file,
    read_remote_range,
    read_remote_state,
    reopen_remote_file,
)
from shards.storage.remote_path import AnyPlace, RemotePath

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
