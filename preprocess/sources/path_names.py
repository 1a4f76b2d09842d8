"""Names of files as the disk holds them (bytes) and as the manifest writes them (text).

The manifest writes names in composed form (NFC), with bytes that are not UTF-8 as \\xNN.
"""

import os
import re
import unicodedata
from collections import defaultdict
from functools import lru_cache

from shards.storage.files import PERMANENT_ERRORS

_IGNORED = {"__MACOSX", "@eaDir", "$RECYCLE.BIN"}  # besides hidden names: ._name, .DS_Store, .Trash-0
_SPLIT_WORDS = {"training": "train", "train": "train", "학습": "train"}
_SPLIT_WORDS |= {"validation": "val", "valid": "val", "val": "val", "검증": "val"}


def decode_name(name: bytes) -> str:
    """A file name or path from the disk as the manifest writes it."""
    return unicodedata.normalize("NFC", name.decode("utf-8", "backslashreplace"))


def is_ignored_name(name: str) -> bool:
    """Whether a file or folder is none of the data: hidden, or put there by a system."""
    return name.startswith(".") or name in _IGNORED


def find_split(path: str) -> str | None:
    """`train` or `val`, as the deepest part of the path that contains such a word says; None where none does."""
    for part in reversed(unicodedata.normalize("NFC", path).split(os.sep)):
        for word in re.findall(r"[^\W\d_]+", part.lower()):
            if word in _SPLIT_WORDS:
                return _SPLIT_WORDS[word]
    return None


def name_directories(directories: set[str]) -> dict[str, str]:
    """A name for each folder: its last part, or as many of its last parts as make the name unique."""
    names: dict[str, str] = {}
    namesakes: dict[str, list[str]] = defaultdict(list)
    for directory in directories:
        namesakes[_join_last_parts(directory, 1)].append(directory)
    for alike in namesakes.values():
        longest = max(directory.count("/") for directory in alike)
        counts = range(1, longest + 2)
        enough = next(
            n for n in counts if len({_join_last_parts(path, n) for path in alike}) == len(alike) or n > longest
        )
        names |= {directory: _join_last_parts(directory, enough) for directory in alike}
    return names


def _join_last_parts(directory: str, count: int) -> str:
    parts = decode_name(os.fsencode(directory)).strip("/").split("/")
    return "/".join(parts[-count:]) or "."


def resolve_written_path(root: bytes, written: str) -> bytes:
    """The path on the disk that the manifest or a CSV writes as `written`, absolute or relative to `root`.

    Names on the disk may be decomposed (NFD) or not in UTF-8. A path that does not exist is returned as it is written.
    Raises OSError where a folder cannot be listed.
    """
    plain = os.path.join(root, written.encode("utf-8", "surrogateescape"))
    if os.path.lexists(plain):
        return plain
    path = b"/" if written.startswith("/") else root
    for part in filter(None, written.split("/")):
        path = os.path.join(path, _resolve_name(path, part))
    return path


def _resolve_name(directory: bytes, written: str) -> bytes:
    plain = written.encode("utf-8", "surrogateescape")
    if written in (".", ".."):
        return plain
    try:
        return _list_names(directory, os.stat(directory).st_mtime_ns).get(written, plain)
    except OSError as error:
        if error.errno in PERMANENT_ERRORS:  # the folder does not exist, or may not be listed
            return plain
        raise


@lru_cache(maxsize=64)
def _list_names(directory: bytes, modified: int) -> dict[str, bytes]:
    """Names on the disk by their written form; of two with the same written form, the first in byte order.

    `modified` is the folder's time of change, part of the cache's key so that a changed folder is listed again.
    """
    return {decode_name(name): name for name in sorted(os.listdir(directory), reverse=True)}
