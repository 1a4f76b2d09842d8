"""What libraries write to file descriptor 2 on their own: kept from the screen, and known to whoever asks."""

import faulthandler
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_turn = threading.RLock()  # a process has one descriptor 2


@contextmanager
def catch_notes() -> Iterator[bytearray]:
    """Whatever is written to file descriptor 2 inside; the bytes are there when the block has ended.

    A crash (a signal that ends the process) is still said on the screen, with the place in Python where it came.
    """
    notes = bytearray()
    with _turn, _open_aside() as aside:
        kept, faults = os.dup(2), faulthandler.is_enabled()
        faulthandler.enable(kept)
        os.dup2(aside.fileno(), 2)
        try:
            yield notes
        finally:
            os.dup2(kept, 2)
            faulthandler.enable(2) if faults else faulthandler.disable()
            os.close(kept)
            notes += os.pread(aside.fileno(), os.fstat(aside.fileno()).st_size, 0)


def _open_aside():
    return os.fdopen(os.memfd_create("notes"), "wb") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()
