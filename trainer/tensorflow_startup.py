"""TensorFlow started without the notes that it prints; they are shown only where its start fails."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from console.stderr_capture import capture_stderr
from shards.errors import CallError, DataError


@contextmanager
def without_notes() -> Iterator[None]:
    """Hold back what is written to file descriptor 2 inside, and write it if the block raises an unexpected error.

    CallError and DataError are expected: they say themselves what is wrong. Some parts of TensorFlow 2.21 write before
    TF_CPP_MIN_LOG_LEVEL takes effect. Use it only around the import of TensorFlow and the loading of a model.
    """
    notes = bytearray()
    try:
        with capture_stderr() as notes:
            yield
    except (CallError, DataError):
        raise
    except Exception:
        os.write(2, notes)
        raise
