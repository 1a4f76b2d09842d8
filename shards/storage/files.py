"""How files are opened, and how they appear.

Reading: regular files alone, and an error that may pass (a disk that hiccups, a full table of descriptors) is tried
again before it is raised, so that it is never taken for a fact about the data. Writing: files appear whole or not at
all, written aside under a unique name, flushed to the disk, renamed.
"""

import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

_T = TypeVar("T")
AnyPath = str | bytes | Path

BLOCK = 1 << 20  # bytes read at a time

_PAUSES = (0.1, 0.5, 2.0)  # seconds before what failed is tried again
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}
FACTS = _ABSENT | {errno.EACCES, errno.EPERM}  # these errors do not pass by themselves
_PARTIAL = re.compile(rb"\.(?P<name>.+)\.(?P<process>\d+)-[0-9a-f]{8}\.partial", re.DOTALL)


class IrregularFile(OSError):
    """A folder, named pipe, socket or device in the place of a file."""


def retry(action: Callable[[], _T], path: AnyPath) -> _T:
    """The result of `action`, which is done again, with growing pauses, after an OSError that may pass.

    Raises FileNotFoundError where there is nothing at `path`, PermissionError where it may not be read, IrregularFile:
    facts, at once. Any other OSError is raised, naming `path`, once it has come four times.
    """
    pauses = iter(_PAUSES)
    while True:
        try:
            return action()
        except OSError as error:
            if error.errno in _ABSENT:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from error
            if error.errno in FACTS or isinstance(error, IrregularFile):
                raise
            pause = next(pauses, None)
            if pause is None:
                error.filename = error.filename or path
                raise
        time.sleep(pause)


def open_file(path: AnyPath) -> BinaryIO:
    """A regular file, or a link to one, opened for reading without a buffer. Raises as retry does."""
    return retry(lambda: _open_regular(path), path)


def read_file(path: AnyPath) -> bytes:
    """A regular file's bytes. Raises as retry does."""

    def read() -> bytes:
        with _open_regular(path) as file:
            return file.read()

    return retry(read, path)


def _open_regular(path: AnyPath) -> BinaryIO:
    # Looked at before it is opened, which some devices take as a command; a pipe without a writer would block.
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise IrregularFile(errno.EINVAL, "not a regular file", path)
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", buffering=0)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise IrregularFile(errno.EINVAL, "not a regular file", path)
    return file


@contextmanager
def write_atomically(path: Path) -> Iterator[BinaryIO]:
    """A binary file that becomes `path` when the block ends well; an exception leaves nothing behind.

    The temporary name is unique, so that a worker that outlives its killed driver never writes into another's file.
    """
    aside = name_partial(path)
    try:
        with open(aside, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


@contextmanager
def make_temporary_folder(path: Path) -> Iterator[Path]:
    """An empty folder beside `path`, for what is to become `path`; it goes with all that is left in it."""
    aside = name_partial(path)
    aside.mkdir(parents=True)
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def name_plainly(path: Path) -> Iterator[Path]:
    """A name of a file or folder for libraries that take only text: its own, or a link to it where that is none.

    Names are bytes; those of other encodings (CP949, say) are no UTF-8.
    """
    if is_text(path):
        yield path
        return
    place = tempfile.gettempdir()
    with tempfile.TemporaryDirectory(dir=place if is_text(place) else "/tmp") as folder:
        link = Path(folder) / (f"link{path.suffix}" if is_text(path.suffix) else "link")
        link.symlink_to(path.absolute())
        yield link


def is_text(path: str | Path) -> bool:
    """Whether a path is UTF-8, and not bytes of another encoding, which Python keeps as surrogates."""
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def name_partial(path: Path) -> Path:
    """A hidden, unique name beside `path` for what is not whole yet."""
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")


def is_partial(path: Path, names: str | None = None) -> bool:
    """Whether a path's name is one that name_partial gives; with `names` (a pattern) only to a file named so."""
    match = _PARTIAL.fullmatch(os.fsencode(path.name))
    return bool(match and (names is None or re.fullmatch(names, os.fsdecode(match["name"]))))


def remove_partials(folder: Path, names: str | None = None, older_than: float = 0) -> None:
    """Remove what a process that was killed was writing into a folder, see is_partial.

    Only for folders that nobody else writes now; `older_than` (seconds) spares what workers still write that live on
    for a moment after their killed driver.
    """
    with suppress(FileNotFoundError):
        for path in list(folder.iterdir()):
            if is_partial(path, names) and _age(path) >= older_than:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0


def sync_directory(path: Path) -> None:
    """Make renames within a directory last through a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_blocks(path: Path, size: int = BLOCK) -> Iterator[bytes]:
    """A file's bytes in pieces of `size`, the last one shorter."""
    with open_file(path) as file:
        while block := retry(lambda: file.read(size), path):
            yield block


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    state = hashlib.sha256()
    for block in read_blocks(path):
        state.update(block)
    return state.hexdigest()
