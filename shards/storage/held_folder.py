"""Folders that are held while they are read: another version may take the name of one, its files stay until the end.

A held folder is read through its descriptor, which leads to the same folder whatever its name has become, and has a
shared lock on it, which ends with the process, even if that is killed. Where the system has no such paths, as others
than Linux, the folder's own path is used.
"""

import fcntl
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shards.errors import CallError, DataError

_DESCRIPTORS = Path("/proc/self/fd")
_held: dict[tuple[int, int], int] = {}  # descriptors by device and inode
_holding = threading.Lock()


def hold_folder(folder: Path) -> Path:
    """Hold the folder that has this name now until the process ends; the path by which to read it.

    It is not closed before, for its path may be in the hands of TensorFlow's threads; a folder that is held already
    is not held again. Where there is no such folder, or none can be held, that path is `folder` itself.
    """
    with _holding:
        handle = _open_and_lock(folder)
        if handle is None:
            return folder
        state = os.fstat(handle)
        kept = _held.setdefault((state.st_dev, state.st_ino), handle)
        if kept != handle:
            os.close(handle)
        return _DESCRIPTORS / str(kept)


@contextmanager
def holding_folder(folder: Path) -> Iterator[Path]:
    """Hold a folder as hold_folder does, until the end of the block. Errors in it name `folder`."""
    handle = _open_and_lock(folder)
    held = folder if handle is None else _DESCRIPTORS / str(handle)
    try:
        with telling_name(held, folder):
            yield held
    finally:
        if handle is not None:
            os.close(handle)


@contextmanager
def telling_name(held: Path, folder: object) -> Iterator[None]:
    """Let CallError and DataError name the folder by its name, not by the path by which it is read."""
    try:
        yield
    except (CallError, DataError) as error:
        if held == folder:
            raise
        raise type(error)(name_held(str(error), held, folder)) from error


def name_held(text: str, held: Path, folder: object) -> str:
    """A text with the folder's name in place of the path by which it is read."""
    return re.sub(rf"{re.escape(str(held))}(?![0-9])", lambda _: str(folder), text)


def remove_unheld(folder: Path) -> bool:
    """Remove a folder whose name is not the one any more by which it is read; False where somebody holds it.

    Raises OSError where it cannot be removed.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)  # locked: who has just opened it waits, and then finds that it has lost its name
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def _open_and_lock(folder: Path) -> int | None:
    """The descriptor of the folder that has this name and is locked; None where there is none or none can be had."""
    while _DESCRIPTORS.is_dir():
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return None
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_SH)
        with suppress(OSError):
            if os.path.samestat(os.fstat(handle), os.stat(folder)):
                return handle
        os.close(handle)  # another version took its name before it was locked, and it may be removed
    return None
