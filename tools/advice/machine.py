"""This machine: its memory, and how fast its disks read and write."""

import os
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from preprocess.core_count import list_groups
from preprocess.sources.data_file import ArchiveMember, DataFile, UnreadableFile, read_data_file
from shards.storage.stores.remote_path import RemotePath

_BLOCK = 4 << 20  # bytes that are written at a time
_MOST_WRITTEN = 256 << 20
_GROUPS, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


class Memory(NamedTuple):
    """Bytes."""

    total: int
    available: int  # to new programs, the page cache counted as free


def read_memory() -> Memory:
    """The memory that this process may use, by the machine and the limits of its control groups."""
    found = psutil.virtual_memory()
    total, available = found.total, found.available
    for folder in list_groups(_GROUPS, _OWN, "memory"):
        for most, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            with suppress(OSError, ValueError):  # there is no such file, or it says `max`
                limit = int((folder / most).read_text())
                total = min(total, limit)
                available = min(available, limit - int((folder / used).read_text()) + _read_cached(folder))
    return Memory(total, max(0, available))


def _read_cached(folder: Path) -> int:
    """Bytes of a control group that hold files and are given up where memory is short."""
    lines = (folder / "memory.stat").read_text().splitlines()
    named = dict(line.split() for line in lines)
    return int(named.get("inactive_file", 0)) + int(named.get("active_file", 0))


def measure_writing(folder: Path, seconds: float) -> float:
    """Bytes/s that a folder's disk takes, with fsync. Raises OSError where nothing can be written."""
    block, path = os.urandom(_BLOCK), folder / "written"
    start, written = time.perf_counter(), 0
    with open(path, "wb", buffering=0) as file:
        while written < _MOST_WRITTEN and time.perf_counter() - start < seconds:
            written += file.write(block)
            os.fsync(file.fileno())
    rate = written / (time.perf_counter() - start)
    path.unlink()
    return rate


def measure_reading(files: Iterable[DataFile], threads: int, seconds: float) -> float | None:
    """Bytes/s at which so many threads read files from the disk, not from memory; None where that cannot be told.

    Files that are paths are dropped from the page cache before. What lies in archives and stores is left alone: an
    archive would be dropped as a whole.
    """
    local = [file for file in files if not isinstance(file, ArchiveMember | RemotePath)]
    if not local or not all(map(_drop_from_memory, local)):
        return None
    start = time.perf_counter()

    def read(some: Sequence[DataFile]) -> int:
        total = 0
        for file in some:
            if time.perf_counter() - start > seconds:
                break
            with suppress(OSError, UnreadableFile):
                total += len(read_data_file(file))
        return total

    with ThreadPoolExecutor(threads) as pool:
        total = sum(pool.map(read, [local[place::threads] for place in range(threads)]))
    return total / (time.perf_counter() - start) if total else None


def _drop_from_memory(path: bytes) -> bool:
    """Drop a file from the page cache; whether the system does that. A file that is gone needs no dropping."""
    if not hasattr(os, "posix_fadvise"):
        return False
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fdatasync(descriptor)  # what is not written yet would stay
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)
    return True
