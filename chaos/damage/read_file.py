"""A file that is damaged, and what reads it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

REDONE = object()  # what a reader returns where the file is not used and its work is done again


class ReadFile(NamedTuple):
    """A file, and what reads it: raises DataError or CallError, or returns what it was given, for comparison."""

    kind: str
    path: Path
    read: Callable[[], Any]
    share: int = 1  # of the tries, beside those of the others
    checks_all: bool = False  # the reader is to find any difference, and returns nothing to compare
