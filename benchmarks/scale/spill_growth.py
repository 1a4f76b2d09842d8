"""A shard task at several numbers of spills: the same records, gathered from few files or from thousands."""

import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np

from preprocess.writing.kept_frames import SHARD_ENTRY
from preprocess.writing.shard_task import run_shard_task
from shards.record import encode_record
from shards.storage.files import hash_file
from shards.tfrecord import iterate_records

SHARD_RECORDS = 10_000  # of 12 kB: a shard of 120 MB
_IMAGE_BYTES = 11_700


def measure_shard_task(folder: Path, spills: int, records: int, results: Any) -> None:
    """Runs in a process of its own: a shard from so many spills, once from the disk and once from the page cache."""
    entries = _write_spills(folder, spills, records)
    names = [str(number) for number in range(spills)]
    found = {"spills": spills, "call_bytes": entries.nbytes + sum(map(len, names))}
    for name in ("cold", "warm"):
        with tempfile.TemporaryDirectory(dir=folder) as out:
            shard = Path(out) / "pet_mood-train.tfrecord-00000-of-00001"
            if name == "cold":
                _drop_from_cache(folder)
            with _DescriptorCount() as descriptors:
                start, cpu = time.perf_counter(), time.process_time()
                run_shard_task(shard.name, entries, names, folder, (Path(out),), Path(out) / "note.json")
                found |= {f"{name}_seconds": time.perf_counter() - start, "core_seconds": time.process_time() - cpu}
            found["descriptors"] = descriptors.most
            start = time.process_time()
            hash_file(shard)
            with open(shard, "rb") as file:
                read = sum(1 for _ in iterate_records(file))
            found["verify_mb_a_second"] = shard.stat().st_size / 1e6 / (time.process_time() - start)
            assert read == records
    results.put(found)


def _write_spills(folder: Path, spills: int, records: int) -> np.ndarray:
    """Write so many records of one shard into so many spills. Returns its entries, (records,) SHARD_ENTRY."""
    rng = np.random.default_rng(spills)
    entries, sizes = np.zeros(records, SHARD_ENTRY), np.zeros(spills, np.int64)
    entries["task"] = rng.permutation(np.arange(records) % spills)
    entries["video_count"] = 1
    written: dict[int, list[bytes]] = {}
    for place in range(records):
        values = {"image": rng.bytes(_IMAGE_BYTES), "species": "CAT", "video": f"{place}.mp4", "key": f"{place}.mp4/0"}
        record = encode_record(values | {"label": 0, "frame_number": 0, "timestamp": 0})
        task = int(entries["task"][place])
        entries["offset"][place], entries["length"][place] = sizes[task], len(record)
        entries["check"][place] = google_crc32c.value(record)
        sizes[task] += len(record)
        written.setdefault(task, []).append(record)
    for task, parts in written.items():
        with open(folder / f"{task}.records", "wb") as file:
            file.write(b"".join(parts))
    return entries


def _drop_from_cache(folder: Path) -> None:
    """Let the system forget the bytes of a folder's files, so that they are read from the disk again."""
    os.sync()
    for path in folder.glob("*.records"):
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class _DescriptorCount:
    """How many descriptors this process opens at most beyond those that it had, looked at every millisecond."""

    def __enter__(self) -> "_DescriptorCount":
        self.most, self._stop, self._before = 0, threading.Event(), self._count()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.001):
            self.most = max(self.most, self._count() - self._before)

    def _count(self) -> int:
        return len(os.listdir("/proc/self/fd"))
