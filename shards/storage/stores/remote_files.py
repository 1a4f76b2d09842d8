"""Reading and writing files in stores, with retries: a connection that drops is made again.

What may pass (a server that does not answer) is tried for about a minute; what does not (a file that is not there, no
access) is raised at once, as for files on a disk. Each thread keeps the files that it reads open.
"""

import io
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

from shards.storage.files import open_file
from shards.storage.stores.remote_entries import RemoteEntry, RemoteState
from shards.storage.stores.remote_path import RemotePath

_T = TypeVar("_T")
_OPEN_FILES = 16  # in each thread
_RETRY_PAUSES = (0.5, 2.0, 8.0, 20.0)  # seconds; S3 itself tries for some seconds each time


class RemoteReader(Protocol):
    state: RemoteState

    def read_at(self, offset: int, length: int) -> bytes: ...

    def close(self) -> None: ...


class Store(Protocol):
    """What cloud_store and sftp_store do; each raises OSErrors that say what they are."""

    def read_state(self, key: str) -> RemoteState: ...

    def open_reader(self, key: str) -> RemoteReader: ...

    def list_folder(self, key: str, recursive: bool) -> list[RemoteEntry]: ...

    def upload(self, file: BinaryIO, key: str) -> None: ...

    def remove(self, key: str) -> None: ...

    def remove_folder(self, key: str) -> None: ...

    def hand_over(self, key: str, new_key: str) -> None: ...

    def disconnect(self) -> None: ...


@lru_cache(maxsize=16)
def _open_store(store: str, query: str) -> Store:
    # Imported here: one takes a while, the other is an extra.
    if store.startswith("sftp:"):
        from shards.storage.stores.sftp_store import SftpStore

        return SftpStore(store, query)
    from shards.storage.stores.cloud_store import CloudStore

    return CloudStore(store, query)


def read_remote_state(path: RemotePath) -> RemoteState:
    """Size and version of a file. Raises FileNotFoundError, PermissionError, and ConnectionError after the retries."""
    return _retry(lambda store: store.read_state(path.key), path)


def read_remote_file(path: RemotePath) -> bytes:
    """All bytes of a file, as it is now. Raises as read_remote_state does."""

    def read(store: Store) -> bytes:
        reader = store.open_reader(path.key)
        try:
            return _expect(reader.read_at(0, reader.state.size), reader.state.size)
        finally:
            reader.close()

    return _retry(read, path)


def read_remote_range(path: RemotePath, offset: int, length: int, version: str = "") -> bytes:
    """`length` bytes from `offset` on; fewer at the file's end. Raises as read_remote_state does.

    Files stay open, and an open one may be an older one than that which is there now: with `version` the one that is
    open is read where it has this version, else the one that is there.
    """

    def read(store: Store) -> bytes:
        try:
            reader = _open_cached(store, path)
            if version and reader.state.version != version:
                _close_remote_file(path)
                reader = _open_cached(store, path)
            return _expect(reader.read_at(offset, length), max(0, min(length, reader.state.size - offset)))
        except OSError:
            close_remote_files()  # of a connection that has gone: the next attempt opens the file again
            raise

    return _retry(read, path)


def reopen_remote_file(path: RemotePath) -> RemoteState:
    """Let read_remote_range read the file that is there now, whatever was read before, and return its state.

    Raises as read_remote_state does.
    """
    _close_remote_file(path)
    return _retry(lambda store: _open_cached(store, path).state, path)


def list_remote_folder(path: RemotePath, recursive: bool = False) -> list[RemoteEntry]:
    """What lies in a folder, or anywhere below it; nothing where there is no folder. Sorted by name.

    Raises PermissionError, and ConnectionError after the retries.
    """
    return sorted(_retry(lambda store: store.list_folder(path.key, recursive), path))


def upload_file(local: Path, path: RemotePath) -> None:
    """Store a local file. It appears whole or not at all, and replaces what was there.

    Raises PermissionError, and ConnectionError after the retries.
    """

    def send(store: Store) -> None:
        with open_file(local) as file:
            store.upload(file, path.key)

    _retry(send, path)


def upload_open_file(file: BinaryIO, path: RemotePath) -> None:
    """Store the bytes of an open file from its beginning on, as upload_file does."""

    def send(store: Store) -> None:
        file.seek(0)
        store.upload(file, path.key)

    _retry(send, path)


def write_remote_file(path: RemotePath, data: bytes) -> None:
    """Store some bytes, as upload_file does those of a file."""
    _retry(lambda store: store.upload(io.BytesIO(data), path.key), path)


def remove_remote_file(path: RemotePath) -> None:
    """Remove a file; it is no error where there is none. Raises as upload_file does."""
    _retry(lambda store: store.remove(path.key), path)


def remove_remote_folder(path: RemotePath) -> None:
    """Remove all that lies in a folder, and the folder; it is no error where there is none. Raises as upload_file."""
    _retry(lambda store: store.remove_folder(path.key), path)


def hand_over(path: RemotePath, new_path: RemotePath) -> None:
    """Let a file stand under another name of the same store, whole and without being sent; replaces what was there.

    The old name may be gone afterwards. Raises as upload_file does, and FileNotFoundError.
    """
    _retry(lambda store: store.hand_over(path.key, new_path.key), path)


def _retry(action: Callable[[Store], _T], path: RemotePath) -> _T:
    pauses = iter(_RETRY_PAUSES)
    while True:
        try:
            return action(_open_store(path.store, path.query))
        except (FileNotFoundError, PermissionError) as error:
            error.filename = str(path)
            raise
        except OSError as error:
            pause = next(pauses, None)
            if pause is None:
                error.filename = str(path)
                raise
        time.sleep(pause)


def _expect(data: bytes, size: int) -> bytes:
    """The bytes, all of them: an answer that is cut short is no fact about the file."""
    if len(data) != size:
        raise ConnectionError(f"{len(data):,} of {size:,} bytes arrived")
    return data


class _OpenReaders(threading.local):
    """Each thread has its own: a reader of sftp serves one thread at a time."""

    def __init__(self) -> None:
        self.by_path: OrderedDict[RemotePath, Any] = OrderedDict()


_open = _OpenReaders()


def _open_cached(store: Store, path: RemotePath) -> RemoteReader:
    reader = _open.by_path.pop(path, None) or store.open_reader(path.key)
    _open.by_path[path] = reader
    while len(_open.by_path) > _OPEN_FILES:
        _open.by_path.popitem(last=False)[1].close()
    return reader


def _close_remote_file(path: RemotePath) -> None:
    if reader := _open.by_path.pop(path, None):
        reader.close()


def close_remote_files() -> None:
    """Forget the files that this thread has open: they are asked for anew when they are read again."""
    while _open.by_path:
        _open.by_path.popitem()[1].close()
