"""Our verification of a dataset, and the checksums of the same bytes alone."""

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import google_crc32c

from shards.dataset import read_dataset
from shards.storage.files import BLOCK_SIZE
from shards.verification import verify_dataset

PACKAGES = ("google-crc32c",)
_THREADS = 1  # that our verification computes checksums in


def open_verification(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Verify the whole of `dataset`."""
    folder = Path(settings["dataset"])
    return _open_turn(folder, lambda: len(list(verify_dataset(folder))))


def open_checksums(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Read each file of `dataset` once, in blocks that stay in the cache, for SHA-256 and CRC32C."""
    folder = Path(settings["dataset"])
    files = sorted(path for path in folder.iterdir() if path.name != "dataset.json")

    def pass_over_all() -> int:
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(_compute_checksums, files))
        return 0

    return _open_turn(folder, pass_over_all)


def _compute_checksums(path: Path) -> tuple[str, int]:
    state, crc = hashlib.sha256(), 0
    with open(path, "rb", buffering=0) as file:
        while block := file.read(BLOCK_SIZE):
            state.update(block)
            crc = google_crc32c.extend(crc, block)
    return state.hexdigest(), crc


def _open_turn(folder: Path, count_faults: Callable[[], int]) -> Callable[[], dict[str, Any]]:
    dataset = read_dataset(folder)
    size = sum(file.bytes for file in [*dataset.all_shards, *dataset.files.values()]) / 1e6

    def take_turn() -> dict[str, Any]:
        begun = time.perf_counter()
        faults = count_faults()
        return {"count": size, "seconds": time.perf_counter() - begun, "faults": faults}

    take_turn()  # imports, and the page cache
    return take_turn
