"""A lock on an output folder, so that only one run at a time writes it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from shards.errors import CallError

# Another run that is just ending may remove the lock file after we opened it. filelock then opens a new one, if it is
# allowed a second attempt.
_TIMEOUT = 0.2  # seconds


def lock_file(out: Path) -> Path:
    """Return the path of a folder's lock file. It is the same by whatever name (link, relative path) `out` is given.

    The file lies beside the folder, so that it outlives a removal of the folder. Where nothing may be written beside
    the folder, it lies inside.
    """
    out = Path(os.path.realpath(out))
    nearest = next(parent for parent in out.parents if parent.exists())
    return out.with_name(f".{out.name}.lock") if os.access(nearest, os.W_OK | os.X_OK) else out / ".lock"


@contextmanager
def lock_folder(out: Path, option: str = "--out") -> Iterator[None]:
    """Hold the lock of a folder, which is created if needed. The lock ends with the process, even if that is killed.

    At the end the lock file is removed, and so is the folder if it is empty. Raises CallError where another run holds
    the lock; `option` is what then has to be given another value.
    """
    path = lock_file(out)
    out.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(path, timeout=_TIMEOUT, fallback_to_soft=False).acquire()
    except Timeout:
        raise CallError(f"another run is writing {out}; wait for its end or give another {option}") from None
    with lock:
        try:
            yield
        finally:
            with suppress(FileNotFoundError):
                if path.stat().st_size == 0:  # a user's own file of this name stays
                    path.unlink()
            with suppress(OSError):
                out.rmdir()
