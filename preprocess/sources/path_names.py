"""Names on the disk and names as they are written down: composed (NFC), bytes that are not UTF-8 as \\xNN."""

import os
import re
import unicodedata
from functools import lru_cache

from shards.storage.files import PERMANENT_ERRORS

_SPLIT_WORDS = {"training": "train", "train": "train", "학습": "train"}
_SPLIT_WORDS |= {"validation": "val", "valid": "val", "val": "val", "검증": "val"}


def write_name(name: bytes) -> str:
    """A name from the disk as the manifest has it."""
    return unicodedata.normalize("NFC", name.decode("utf-8", "backslashreplace"))


def find_split(path: str) -> str | None:
    """`train` or `val` where a part of the path says so, the deepest part that does; None otherwise."""
    for part in reversed(unicodedata.normalize("NFC", path).split(os.sep)):
        for word in re.findall(r"[^\W\d_]+", part.lower()):
            if word in _SPLIT_WORDS:
                return _SPLIT_WORDS[word]
    return None


def find_written(root: bytes, written: str) -> bytes:
    """The path on the disk that is written so, below `root` or absolute; names may be decomposed or not in UTF-8.

    What is not there is returned as it would be called. Raises OSError where a folder cannot be listed.
    """
    plain = os.path.join(root, written.encode("utf-8", "surrogateescape"))
    if os.path.lexists(plain):
        return plain
    path = b"/" if written.startswith("/") else root
    for part in filter(None, written.split("/")):
        path = os.path.join(path, _find_name(path, part))
    return path


def _find_name(directory: bytes, written: str) -> bytes:
    plain = written.encode("utf-8", "surrogateescape")
    if written in (".", ".."):
        return plain
    try:
        return _list_names(directory, os.stat(directory).st_mtime_ns).get(written, plain)
    except OSError as error:
        if error.errno in PERMANENT_ERRORS:  # no such folder, or one that may not be listed
            return plain
        raise


@lru_cache(maxsize=64)
def _list_names(directory: bytes, modified: int) -> dict[str, bytes]:
    """Names as they are by names as they are written; of two that are written the same, the first counts. `modified`
    is the folder's own time of change: what is remembered of it holds until then.
    """
    return {write_name(name): name for name in sorted(os.listdir(directory), reverse=True)}
