"""Writing files and folders atomically: under a temporary ("partial") name first, renamed when they are complete.

Partial names are hidden and unique, and their process holds a lock on them, which ends with it. What a killed process
has left is thereby told from what another is just writing: the next write of the same name removes it.
"""

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where partial files stay
    fcntl = None

_PARTIAL = re.compile(rb"\.(?P<name>.+)\.(?P<process>\d+)-[0-9a-f]{8}\.partial", re.DOTALL)


@contextmanager
def write_atomically(path: Path, one_of_many: bool = False) -> Iterator[BinaryIO]:
    """Yield a binary file that replaces `path` when the block ends without an exception, and is removed otherwise.

    The temporary name is unique, so that a worker that outlives its killed driver never writes to another's file.
    What killed processes have left of the same name goes, except where the file is `one_of_many` of a folder, which is
    not listed for each of them: then the caller removes what was left.
    """
    if not one_of_many:
        remove_abandoned(path.parent, path.name)
    partial, file = _open_partial(path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if fcntl is None:
                file.close()  # Windows renames no open file
            os.replace(partial, path)  # while it is held
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _open_partial(path: Path) -> tuple[Path, BinaryIO]:
    while True:
        partial = name_partial(path)
        file = open(partial, "xb")  # noqa: SIM115 - the caller closes it
        if _hold(file.fileno(), partial):
            return partial, file
        file.close()


@contextmanager
def make_temporary_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside `path`, in which to prepare it; the folder is removed with what is left in it.

    What killed processes have left of the same name goes.
    """
    remove_abandoned(path.parent, path.name)
    folder, handle = _make_partial_folder(path)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _make_partial_folder(path: Path) -> tuple[Path, int | None]:
    while True:
        folder = name_partial(path)
        folder.mkdir(parents=True)
        if fcntl is None:
            return folder, None
        handle = os.open(folder, os.O_RDONLY)
        if _hold(handle, folder):
            return folder, handle
        os.close(handle)


def _hold(handle: int, partial: Path) -> bool:
    """Lock an open partial file or folder until it is closed, or its process ends.

    False where another process took it for one that was left, in the moment before: then that one removes it.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(handle), os.stat(partial))
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError:  # a file system without locks, where remove_abandoned removes nothing either
        return True


def name_partial(path: Path) -> Path:
    """Return a hidden, unique path beside `path` for what is not complete yet."""
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")


def is_partial(path: Path, final_names: str | None = None) -> bool:
    """Whether name_partial made this path. `final_names` is a pattern that the complete file's name has to match."""
    match = _PARTIAL.fullmatch(os.fsencode(path.name))
    return bool(match and (final_names is None or re.fullmatch(final_names, os.fsdecode(match["name"]))))


def remove_partials(folder: Path, final_names: str | None = None, older_than: float = 0) -> None:
    """Remove the partial files and folders (see is_partial) that a killed process left in a folder.

    Call it only where no other run writes to the folder. `older_than` (seconds since the last change) spares the files
    of workers that live on for a moment after their killed driver.
    """
    with suppress(FileNotFoundError):
        for path in list(folder.iterdir()):
            if is_partial(path, final_names) and _read_age(path) >= older_than:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def remove_abandoned(folder: Path, final_name: str | None = None) -> None:
    """Remove the partial files and folders that killed processes left in a folder: all, or those of `final_name`.

    What a living process is writing is locked and stays, on whatever machine or in whatever container it lives, and so
    does everything on a file system without locks.
    """
    if fcntl is None:
        return
    try:
        found = [path for path in folder.iterdir() if path.name.startswith(f".{final_name or ''}")]
    except OSError:  # no such folder yet, or one that may not be listed
        return
    for path in found:
        if is_partial(path, final_name and re.escape(final_name)):
            with suppress(OSError):
                _remove_unless_held(path)


def _remove_unless_held(path: Path) -> None:
    is_folder = path.is_dir()
    handle = os.open(path, os.O_NOFOLLOW | (os.O_RDONLY if is_folder else os.O_RDWR))
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True) if is_folder else path.unlink()
    finally:
        os.close(handle)


def _read_age(path: Path) -> float:
    """Seconds since the last change; 0 where the file has gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0


def sync_directory(path: Path) -> None:
    """Flush a directory to the disk, so that the renames in it survive a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
