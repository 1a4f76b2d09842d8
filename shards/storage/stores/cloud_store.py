"""S3 and Google Cloud Storage by pyarrow.fs: the only module that knows it.

Credentials and endpoints come from the environment (AWS_*, GOOGLE_APPLICATION_CREDENTIALS) and the URL's query, as
pyarrow reads them. Errors become those of files, so that retries and messages are the same everywhere.
"""

import errno
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import BinaryIO, NoReturn, TypeVar

import pyarrow as pa
from pyarrow import fs

from shards.errors import CallError
from shards.storage.files import BLOCK_SIZE
from shards.storage.stores.remote_entries import RemoteEntry, RemoteState

_T = TypeVar("_T")
_UPLOAD_BYTES = 8 * BLOCK_SIZE  # given to pyarrow at a time
_OPTIONS = {  # of pyarrow, where a URL's query does not state them
    "s3": "allow_delayed_open=true",  # one request for an upload of less than 10 MB; without it, three
    "gs": "retry_limit_seconds=6",  # Google's library has a quarter of an hour; S3's takes as long as this
}

_VERSIONS = ("ETag", "generation", "Last-Modified")  # among an object's metadata: S3's and Google's

# What pyarrow says in the text of an error, and nowhere else.
_NOT_THERE = re.compile(r"NO_SUCH_(BUCKET|KEY)|RESOURCE_NOT_FOUND|HTTP status 404|NOT_FOUND|Bucket '.*' not found")
_NO_ACCESS = re.compile(
    r"ACCESS_DENIED|INVALID_ACCESS_KEY_ID|INVALID_CLIENT_TOKEN_ID|SIGNATURE_DOES_NOT_MATCH|EXPIRED_TOKEN|MISSING_AUTH"
    r"|UNRECOGNIZED_CLIENT|INVALID_TOKEN|HTTP status 40[13]|PERMISSION_DENIED|UNAUTHENTICATED"
)


class CloudStore:
    """A bucket. Any number of threads may use it."""

    def __init__(self, store: str, query: str):
        """Raises CallError for a query that pyarrow does not know, OSError where the store does not answer."""
        self._store = store
        option = _OPTIONS[store.partition(":")[0]]
        asked = "&".join(filter(None, (query, "" if option.partition("=")[0] in query else option)))
        try:
            self._filesystem, self._bucket = fs.FileSystem.from_uri(f"{store}?{asked}")
        except pa.ArrowInvalid as error:
            raise CallError(f"{store}?{query}: {_first_line(error)}") from error
        except OSError as error:
            self._raise(error)

    def read_state(self, key: str) -> RemoteState:
        """One request. Raises OSError, FileNotFoundError where no object has this key."""
        return self.open_reader(key).state

    def open_reader(self, key: str) -> "_CloudReader":
        """One request. Raises as read_state does."""
        return self._do(lambda: _CloudReader(self, self._filesystem.open_input_file(self._path(key))))

    def list_folder(self, key: str, recursive: bool) -> list[RemoteEntry]:
        """What lies under a key; nothing where nothing does. One request for every 1,000 objects, with Google Cloud
        Storage of those in deeper folders too: pyarrow says nothing there of folders that hold no mark of themselves.
        """
        looks_deeper = recursive or self._store.startswith("gs:")
        selector = fs.FileSelector(self._path(key), allow_not_found=True, recursive=looks_deeper)
        start = len(self._path(key)) + 1
        found = self._do(lambda: self._filesystem.get_file_info(selector))
        entries = [
            RemoteEntry(info.path[start:], info.type == fs.FileType.Directory, info.size or 0, info.mtime_ns or 0)
            for info in found
            if info.path[start:]  # not the mark of the folder itself
        ]
        return _keep_first_level(entries) if looks_deeper and not recursive else entries

    def upload(self, file: BinaryIO, key: str) -> None:
        """Store a file's bytes from its current position on. The object appears whole, or not at all.

        One request; for more than 10 MB two, and one for every part of so much.
        """

        def send() -> None:
            stream = self._filesystem.open_output_stream(self._path(key))
            try:
                while block := file.read(_UPLOAD_BYTES):
                    stream.write(block)
            except BaseException:
                # pyarrow cannot give up an upload: what was sent so far becomes an object when the stream is closed.
                with suppress(OSError):
                    stream.close()
                with suppress(OSError):
                    self._filesystem.delete_file(self._path(key))
                raise
            stream.close()

        self._do(send)

    def remove(self, key: str) -> None:
        """Remove an object; it is no error where there is none."""
        with suppress(FileNotFoundError):
            self._do(lambda: self._filesystem.delete_file(self._path(key)))

    def remove_folder(self, key: str) -> None:
        """Remove all that lies under a key. Some requests for every 1,000 objects; the folder above stays as a mark."""
        with suppress(FileNotFoundError):
            self._do(lambda: self._filesystem.delete_dir(self._path(key)))

    def hand_over(self, key: str, new_key: str) -> None:
        """Let an object stand under another key too, by one request: its bytes stay in the store."""
        self._do(lambda: self._filesystem.copy_file(self._path(key), self._path(new_key)))

    def disconnect(self) -> None:
        """Nothing is kept open between requests."""

    def _path(self, key: str) -> str:
        return f"{self._bucket}/{key}" if key else self._bucket

    def _do(self, action: Callable[[], _T]) -> _T:
        try:
            return action()
        except OSError as error:
            self._raise(error)

    def _raise(self, error: OSError) -> NoReturn:
        text = _first_line(error)
        if isinstance(error, FileNotFoundError) or _NOT_THERE.search(text):
            missing = "no such bucket" if "ucket" in text and "KEY" not in text else "no such file or folder"
            raise FileNotFoundError(errno.ENOENT, missing) from error
        if _NO_ACCESS.search(text):
            raise PermissionError(errno.EACCES, f"no access: {text}") from error
        raise ConnectionError(errno.EIO, text) from error


class _CloudReader:
    """An open object."""

    def __init__(self, store: CloudStore, file: pa.NativeFile):
        self._store, self._file = store, file
        metadata = file.metadata() or {}
        version = next((metadata[name] for name in _VERSIONS if metadata.get(name)), b"")
        self.state = RemoteState(file.size(), version.decode())

    def read_at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset` on, fewer at the end: one request. Raises OSError."""
        length = min(length, self.state.size - offset)
        return self._store._do(lambda: self._file.read_at(length, offset)) if length > 0 else b""

    def close(self) -> None:
        self._file.close()


def _keep_first_level(entries: Iterable[RemoteEntry]) -> list[RemoteEntry]:
    """What lies in a folder itself, of a listing of everything below it."""
    found: dict[str, RemoteEntry] = {}
    for entry in entries:
        name, slash, _ = entry.name.rstrip("/").partition("/")
        found.setdefault(name, RemoteEntry(name, True, 0, 0) if slash else entry)
    return list(found.values())


def _first_line(error: Exception) -> str:
    text = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return re.sub(r" \(Request ID: [^)]*\)|; Details: .*", "", text).strip()
