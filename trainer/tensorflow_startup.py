"""TensorFlow started without a word: the notes of its first seconds are heard when it fails, else by nobody."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from console.stderr_capture import capture_stderr
from shards.errors import CallError, DataError


@contextmanager
def without_notes() -> Iterator[None]:
    """Nothing that is written to file descriptor 2 inside is seen, unless the block fails in a way that is not ours.

    Parts of TensorFlow 2.21 write there before TF_CPP_MIN_LOG_LEVEL holds. Only for its import and for loading.
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
