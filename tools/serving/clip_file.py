"""The temporary file of a clip: it has no name where the system allows that, so it goes however the server ends."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

_DESCRIPTORS = Path("/proc/self/fd")


class ClipFile(NamedTuple):
    file: IO[bytes]  # to write to, unbuffered
    path: Path  # under which others open it


@contextmanager
def open_clip_file() -> Iterator[ClipFile]:
    """An empty file that is gone at the end of the block. Who has opened its path may read on."""
    if _DESCRIPTORS.is_dir():
        with tempfile.TemporaryFile(buffering=0) as file:  # on Linux without a name from its first moment
            yield ClipFile(file, _DESCRIPTORS / str(file.fileno()))
    else:
        with tempfile.TemporaryDirectory(prefix="pet-mood-clip-", ignore_cleanup_errors=True) as folder:
            path = Path(folder, "clip")
            with open(path, "xb", buffering=0) as file:
                yield ClipFile(file, path)
