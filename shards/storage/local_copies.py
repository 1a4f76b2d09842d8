"""Copies of a store's files on this machine, for as long as the process lives.

What is read many times and here and there, as a manifest for a report, is fetched once.
"""

import tempfile
from functools import lru_cache
from itertools import count
from pathlib import Path

from shards.storage.places import copy_place
from shards.storage.stores.remote_path import RemotePath

_copies: dict[RemotePath, Path] = {}
_numbers = count()


def copy_here(path: RemotePath) -> str:
    """Copy a file, which find_copy finds from now on; returns the SHA-256 of what came as hexadecimal digits.

    Raises OSError, as shards.storage.stores.remote_files.read_remote_state does, and where this machine's disk is full.
    """
    copy = Path(_open_folder().name) / str(next(_numbers))
    with open(copy, "xb") as file:
        digest = copy_place(path, file)
    _copies[path] = copy
    return digest


def find_copy(path: RemotePath) -> Path | None:
    """The copy of a file that copy_here has made; None where it has made none."""
    return _copies.get(path)


@lru_cache
def _open_folder() -> tempfile.TemporaryDirectory:
    """A folder that is removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix="pet_mood-")
