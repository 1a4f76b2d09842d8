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
        os.environ.setdefault("NUMBA_CACHE_DIR", str(_make_cache()))


def _make_cache() -> Path:
    """One folder a user: each worker finds what another has compiled, and leaves nothing of its own behind."""
    folder = Path(tempfile.gettempdir()) / f"pet_mood-numba-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    is_own = folder.stat().st_uid == os.getuid() and not folder.is_symlink()
    return folder if is_own else Path(tempfile.mkdtemp(prefix="pet_mood-numba-"))


_find_cache()
