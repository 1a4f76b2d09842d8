"""Labels and frames of the pet videos -> a shuffled, verified dataset: `python -m preprocess --help`."""

import contextlib
import os
import tempfile
from pathlib import Path


def _find_cache() -> None:
    """numba keeps compiled loops beside their source or in the home; where it may write neither, it refuses to work."""
    places = [Path(__file__).parent]
    with contextlib.suppress(RuntimeError):  # a user without a home
        places.append(Path.home())
    if not any(os.access(place, os.W_OK) for place in places):
        os.environ.setdefault("NUMBA_CACHE_DIR", tempfile.mkdtemp(prefix="pet_mood-numba-"))


_find_cache()
