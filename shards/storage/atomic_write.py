"""Writing files and folders atomically: under a temporary ("partial") name first, renamed when they are complete.

Partial names are hidden and unique. Those that a killed process left behind can be recognised and removed.
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

_PARTIAL = re.compile(rb"\.(?P<name>.+)\.(?P<process>\d+)-[0-9a-f]{8}\.partial", re.DOTALL)


@contextmanager
def write_atomically(path: Path) -> Iterator[BinaryIO]:
    """Yield a binary file that replaces `path` when the block ends without an exception, and is removed otherwise.

    The temporary name is unique, so that a worker that outlives its killed driver never writes to another's file.
    """
    partial = name_partial(path)
    try:
        with open(partial, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def make_temporary_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside `path`, in which to prepare it; the folder is removed with what is left in it."""
    folder = name_partial(path)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
