"""A file of a source, wherever its bytes lie: a path on the disk, or a member of an archive."""

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from preprocess.archives.byte_source import ByteSource, FilePath, find_changed_file, is_there, name_path
from preprocess.archives.zip_member import DamagedMember, MemberPlace, read_member
from shards.errors import DataError
from shards.storage.files import IrregularFile, read_file
from shards.storage.places import measure_place
from shards.storage.stores.remote_files import read_remote_file
from shards.storage.stores.remote_path import RemotePath, is_store_url, parse_store_url


class ArchiveMember(NamedTuple):
    """A file in an archive."""

    archive: ByteSource
    place: MemberPlace


_FETCHING_THREADS = 8
_MOST_COMING = 16  # files, of about 100 kB each

DataFile = FilePath | ArchiveMember  # of this machine by its absolute path, in a store, or in an archive


class UnreadableFile(Exception):
    """A file whose bytes cannot be had, however often one tries; the message says why."""


def is_file_named(path: str, endings: tuple[str, ...]) -> bool:
    """Whether a path or a store's URL is that of a file whose name has one of these endings."""
    if is_store_url(path):
        url = parse_store_url(path)
        return url.name.lower().endswith(endings) and measure_place(url) is not None
    return path.lower().endswith(endings) and os.path.isfile(path)


def read_data_file(file: DataFile) -> bytes:
    """A file's bytes.

    Raises UnreadableFile for what does not pass by itself, FileNotFoundError where a file is not there, DataError where
    an archive is gone or was changed since it was listed, and any other OSError for what may pass.
    """
    try:
        return _read_from_archive(file) if isinstance(file, ArchiveMember) else _read_alone(file)
    except (PermissionError, IrregularFile) as error:
        raise UnreadableFile(error.strerror) from error


def _read_alone(file: FilePath) -> bytes:
    if not isinstance(file, RemotePath):
        return read_file(file)
    return _fetching.queue.take(file) if _fetching.queue else read_remote_file(file)


@contextmanager
def fetch_ahead(files: Iterable[DataFile]) -> Iterator[None]:
    """Within the block, files of a store that are read in this order are asked for before, several at a time: each
    takes two requests, and one after the other a worker would do nothing but wait. Files elsewhere are left alone.
    """
    remote = [file for file in files if isinstance(file, RemotePath)]
    if not remote:
        yield
        return
    with ThreadPoolExecutor(_FETCHING_THREADS) as pool:
        _fetching.queue = _FetchQueue(pool, remote)
        try:
            yield
        finally:
            _fetching.queue = None
            pool.shutdown(cancel_futures=True)


class _FetchQueue:
    """Files that are on their way, the next one first."""

    def __init__(self, pool: ThreadPoolExecutor, files: Sequence[RemotePath]):
        self._pool, self._later = pool, deque(files)
        self._coming: dict[RemotePath, Future[bytes]] = {}
        self._fill()

    def _fill(self) -> None:
        while self._later and len(self._coming) < _MOST_COMING:
            file = self._later.popleft()
            self._coming[file] = self._pool.submit(read_remote_file, file)

    def take(self, file: RemotePath) -> bytes:
        """The bytes of a file; those that were to come before it are passed over. Raises as read_remote_file does."""
        if file not in self._coming:
            return read_remote_file(file)
        while (first := next(iter(self._coming))) != file:
            del self._coming[first]
        found = self._coming.pop(file)
        self._fill()
        return found.result()


class _Fetching(threading.local):
    queue: _FetchQueue | None = None


_fetching = _Fetching()


def _read_from_archive(file: ArchiveMember) -> bytes:
    try:
        return read_member(file.archive, file.place)
    except FileNotFoundError as error:
        raise explain_changed_archive(file.archive, error) from error
    except DamagedMember as error:
        if find_changed_file(file.archive):  # another archive's bytes are no fact about this one
            raise explain_changed_archive(file.archive, error) from error
        raise UnreadableFile(str(error)) from error


def explain_changed_archive(archive: ByteSource, error: Exception) -> DataError:
    """The error for an archive that cannot be read as it was listed, for the reason `error`."""
    place = find_changed_file(archive) or archive.parts[0].path
    path = name_path(place)
    if not is_there(place):
        return DataError(f"{path} was there and is gone; bring it back and run the same command again")
    if find_changed_file(archive):
        return DataError(f"{path} was changed while this run read it; run the same command again when it is at rest")
    return DataError(f"{path}: {error}; download it again")


def name_data_file(file: DataFile) -> str:
    """The path of a file, or of the first file of the archive that holds it, for messages."""
    return name_path(file.archive.parts[0].path if isinstance(file, ArchiveMember) else file)
