"""The temporary file of a clip: it has no name where the system allows that, so it goes however the server ends."""

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

_DESCRIPTORS = Path("/proc/self/fd")


class ClipFile:
    """Takes the bytes of a clip; `path` opens them. Everything goes when the file is closed."""

    def __init__(self) -> None:
        if _DESCRIPTORS.is_dir():
            self._folder = None
            self._file = tempfile.TemporaryFile(buffering=0)  # on Linux without a name from its first moment
            self.path = _DESCRIPTORS / str(self._file.fileno())
        else:
            self._folder = tempfile.TemporaryDirectory(prefix="pet-mood-clip-", ignore_cleanup_errors=True)
            self.path = Path(self._folder.name, "clip")
            self._file = open(self.path, "xb", buffering=0)

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def close(self) -> None:
        """Close and remove the file. Whoever has opened `path` may read on."""
        self._file.close()
        if self._folder:
            self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
