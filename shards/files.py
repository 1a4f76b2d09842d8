"""Files that appear whole or not at all: written aside under a unique name, flushed to the disk, renamed."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

BLOCK = 1 << 20  # bytes read at a time


@contextmanager
def write_atomically(path: Path) -> Iterator[BinaryIO]:
    """A binary file that becomes `path` when the block ends well; an exception leaves nothing behind.

    The temporary name is unique, so that a worker that outlives its killed driver never writes into another's file.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")
    try:
        with open(aside, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def sync_directory(path: Path) -> None:
    """Make renames within a directory last through a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_blocks(path: Path, size: int = BLOCK) -> Iterator[bytes]:
    """A file's bytes in pieces of `size`, the last one shorter."""
    with open(path, "rb") as file:
        while block := file.read(size):
            yield block


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
