"""One run at a time in a folder that is being written."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shards.errors import CallError


def lock_file(out: Path) -> Path:
    """Beside the folder, so that it outlives its removal; in it only where nothing may be written beside it."""
    out = Path(os.path.realpath(out))  # one folder, one lock, by whatever name it is called
    beside = next(place for place in out.parents if place.exists())
    return out.with_name(f".{out.name}.lock") if os.access(beside, os.W_OK | os.X_OK) else out / ".lock"


@contextmanager
def lock_folder(out: Path) -> Iterator[None]:
    """OUT for one run at a time; the lock goes with its process, however that ends.

    Raises CallError where another run holds it.
    """
    path = lock_file(out)
    out.mkdir(parents=True, exist_ok=True)
    while True:
        with open(path, "a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CallError(f"another run is writing {out}; wait for its end or give another --out") from None
            # The file may have been removed by a run that ended between our open and our lock: then lock the new one.
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                try:
                    yield
                finally:
                    if os.fstat(file.fileno()).st_size == 0:  # else it is somebody's
                        path.unlink(missing_ok=True)
                    with contextlib.suppress(OSError):
                        out.rmdir()  # nothing was made: leave no empty folder behind
                return
