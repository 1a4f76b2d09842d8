"""Labels and frames of the pet videos -> a shuffled, verified dataset: `python -m preprocess --help`."""

import contextlib
import os
import tempfile
from pathlib import Path


def _choose_numba_cache() -> None:
    """Give numba a folder for its compiled loops where it may write neither beside their source nor in the home.

    Without any such folder it refuses to compile.
    """
    places = [Path(__file__).parent]
    with contextlib.suppress(RuntimeError):  # the user has no home
        places.append(Path.home())
    if not any(os.access(place, os.W_OK) for place in places):
        os.environ.setdefault("NUMBA_CACHE_DIR", str(_make_numba_cache()))


def _make_numba_cache() -> Path:
    """One temporary folder for each user: all workers share it, so that loops are compiled once.

    Where another user has made a folder of that name, a new one is made: files in a numba cache are executed.
    """
    folder = Path(tempfile.gettempdir()) / f"pet_mood-numba-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    is_own = folder.stat().st_uid == os.getuid() and not folder.is_symlink()
    return folder if is_own else Path(tempfile.mkdtemp(prefix="pet_mood-numba-"))


_choose_numba_cache()
