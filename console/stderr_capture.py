"""Capturing what native libraries write to file descriptor 2, which Python's sys.stderr does not see."""

import faulthandler
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.RLock()  # a process has only one file descriptor 2


@contextmanager
def capture_stderr() -> Iterator[bytearray]:
    """Capture what is written to file descriptor 2 inside the block. The yielded bytes are filled in at its end.

    If a signal kills the process inside the block, Python's faulthandler still prints the stack to the real stderr.
    """
    captured = bytearray()
    with _lock:
        file, real_stderr, faulthandler_was_enabled = _open_temporary(), os.dup(2), faulthandler.is_enabled()
        faulthandler.enable(real_stderr)
        os.dup2(file, 2)
        try:
            yield captured
        finally:
            os.dup2(real_stderr, 2)
            faulthandler.enable(2) if faulthandler_was_enabled else faulthandler.disable()
            os.close(real_stderr)
            if size := os.fstat(file).st_size:
                captured += os.pread(file, size, 0)
            os.close(file)


def _open_temporary() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("stderr")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
