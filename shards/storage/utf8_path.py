"""Paths for libraries that accept only UTF-8. File names are bytes, and some are in other encodings, such as CP949."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def is_utf8(path: str | Path) -> bool:
    """Whether a path is valid UTF-8. Python keeps bytes that are not as lone surrogates."""
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def make_utf8_path(path: Path) -> Iterator[Path]:
    """Yield `path` itself where it is valid UTF-8, otherwise a temporary symbolic link to it that is."""
    if is_utf8(path):
        yield path
        return
    temporary = tempfile.gettempdir()
    with tempfile.TemporaryDirectory(dir=temporary if is_utf8(temporary) else "/tmp") as folder:
        link = Path(folder) / (f"link{path.suffix}" if is_utf8(path.suffix) else "link")
        link.symlink_to(path.absolute())
        yield link
