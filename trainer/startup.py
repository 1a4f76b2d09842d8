"""TensorFlow started without a word: the notes of its first seconds go nowhere, errors of Python are raised as ever."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_notes() -> Iterator[None]:
    """Nothing that is written to file descriptor 2 inside is seen.

    Parts of TensorFlow 2.21 write there before TF_CPP_MIN_LOG_LEVEL holds. Only for its import and for loading.
    """
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
