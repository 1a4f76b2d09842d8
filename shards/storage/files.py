"""Reading files: only regular ones, and errors that may pass are retried before they are raised.

A temporary error (an overloaded disk, too many open files) must never be recorded as a fact about the data.
"""

import errno
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

_T = TypeVar("T")
AnyPath = str | bytes | Path

BLOCK_SIZE = 1 << 20  # bytes read at a time

_RETRY_PAUSES = (0.1, 0.5, 2.0)  # seconds
_NOT_FOUND_ERRORS = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}
PERMANENT_ERRORS = _NOT_FOUND_ERRORS | {errno.EACCES, errno.EPERM}  # retrying does not help


class IrregularFile(OSError):
    """The path leads to a folder, named pipe, socket or device instead of a regular file."""


def retry(action: Callable[[], _T], path: AnyPath) -> _T:
    """Return the result of `action`, which is repeated, with growing pauses, after an OSError that may pass.

    Raises at once: FileNotFoundError where nothing is at `path`, PermissionError where it may not be read, and
    IrregularFile. Any other OSError is raised when the fourth attempt fails; it names `path`.
    """
    pauses = iter(_RETRY_PAUSES)
    while True:
        try:
            return action()
        except OSError as error:
            if error.errno in _NOT_FOUND_ERRORS:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from error
            if error.errno in PERMANENT_ERRORS or isinstance(error, IrregularFile):
                raise
            pause = next(pauses, None)
            if pause is None:
                error.filename = error.filename or path
                raise
        time.sleep(pause)


def open_file(path: AnyPath) -> BinaryIO:
    """Open a regular file, or a link to one, for unbuffered reading. Raises as retry does."""
    return retry(lambda: _open_regular(path), path)


def read_file(path: AnyPath) -> bytes:
    """Read all bytes of a regular file. Raises as retry does."""
    return retry(lambda: _read_regular(path), path)


def _read_regular(path: AnyPath) -> bytes:
    # Four calls of the system less than a file object would make: where the caches are cold, behind a decoded frame,
    # those take a third of the time of reading.
    descriptor, size = _open_descriptor(path)
    try:
        parts = [os.read(descriptor, size + 1)]
        if len(parts[0]) == size:  # nothing was there for the last byte that was asked for
            return parts[0]
        while parts[-1]:
            parts.append(os.read(descriptor, BLOCK_SIZE))
        return b"".join(parts)
    finally:
        os.close(descriptor)


def _open_regular(path: AnyPath) -> BinaryIO:
    return os.fdopen(_open_descriptor(path)[0], "rb", buffering=0)


def _open_descriptor(path: AnyPath) -> tuple[int, int]:
    """An open regular file and its size in bytes."""
    # The type is checked before opening, because opening some devices triggers an action. O_NONBLOCK: opening a pipe
    # that has no writer would block.
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise IrregularFile(errno.EINVAL, "not a regular file", path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise IrregularFile(errno.EINVAL, "not a regular file", path)
    return descriptor, found.st_size


def read_blocks(path: Path, size: int = BLOCK_SIZE) -> Iterator[bytes]:
    """Yield a file's bytes in blocks of `size` bytes; the last block may be shorter."""
    with open_file(path) as file:
        while block := retry(lambda: file.read(size), path):
            yield block


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as hexadecimal digits."""
    return hash_blocks(read_blocks(path))


def hash_blocks(blocks: Iterable[bytes]) -> str:
    """Return the SHA-256 of all blocks, one after the other, as hexadecimal digits."""
    state = hashlib.sha256()
    for block in blocks:
        state.update(block)
    return state.hexdigest()
