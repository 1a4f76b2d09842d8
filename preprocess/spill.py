"""What a video task leaves for the later stages: its rows, its kept records in shuffle order, and a summary, last.

`NAME.records` holds the records one after another, sorted by shuffle key; `NAME.parquet` every row of the manifest as
far as it is known, in the manifest's order, with some columns more; `NAME.json` says that the others are whole.
"""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from preprocess.settings import Settings
from shards.files import write_atomically
from shards.manifest import make_schema

_OWN = [
    ("shuffle_key", pa.uint64()),  # of rows that are kept as far as their task knows, and of no others
    ("spill_offset", pa.int64()),
    ("spill_length", pa.int32()),
    ("pixels", pa.binary(16)),  # of a frame under the detail gate: digest of its picture
]


class Item(NamedTuple):
    """A row of the manifest, and its record when the frame is kept; of a dry run always none."""

    row: dict[str, Any]
    record: bytes | None


class VideoSummary(msgspec.Struct):
    """What the plan needs to know of a video whose label could be used."""

    name: str
    split: str | None  # the source's own
    label: int
    animal: str  # proxy: videos of one animal share it
    kept: int


class TaskSummary(msgspec.Struct):
    """What a finished task tells the driver. `name` is the fingerprint of all that it read."""

    name: str
    rows: int
    counts: dict[str, int]  # rows by status
    reasons: dict[str, int]  # rejected rows by reason
    record_bytes: int
    unannotated_frames: int
    empty_labels: int
    videos: list[VideoSummary]


def shuffle_key(key: str, seed: int) -> int:
    """64 bits that place a record in the global order: a keyed hash of its name, so independent of everything else."""
    secret = seed.to_bytes(16, "little")
    return int.from_bytes(hashlib.blake2b(key.encode(), key=secret, digest_size=8).digest())


def make_spill_schema(bits: int) -> pa.Schema:
    """The columns of a task's rows: the manifest's for hashes of so many bits, and the spill's own."""
    return pa.schema([*make_schema(bits), *_OWN])


def write_spill(folder: Path, summary: TaskSummary, items: list[Item], settings: Settings) -> None:
    """Write a task's rows and records; the summary's file appears last and says that all is there."""
    kept = [item for item in items if item.row["status"] == "kept"]
    for item in kept:
        item.row["shuffle_key"] = shuffle_key(item.row["key"], settings.seed)
    kept.sort(key=lambda item: item.row["shuffle_key"])
    if not settings.dry_run:
        with write_atomically(folder / f"{summary.name}.records") as file:
            for item in kept:
                item.row.update(spill_offset=file.tell(), spill_length=len(item.record))
                file.write(item.record)
    write_rows(folder, summary.name, [item.row for item in items], settings.hash.bits)
    with write_atomically(folder / f"{summary.name}.json") as file:
        file.write(msgspec.json.encode(summary))


def write_rows(folder: Path, name: str, rows: list[dict[str, Any]], bits: int) -> None:
    with write_atomically(folder / f"{name}.parquet") as file:
        pq.write_table(pa.Table.from_pylist(rows, make_spill_schema(bits)), file, compression="zstd")


def read_summary(folder: Path, name: str) -> TaskSummary | None:
    """The summary of a finished task, None where it is not finished."""
    try:
        return msgspec.json.decode((folder / f"{name}.json").read_bytes(), type=TaskSummary)
    except FileNotFoundError:
        return None


def read_rows(folder: Path, name: str, columns: list[str] | None = None) -> pa.Table:
    return pq.read_table(folder / f"{name}.parquet", columns=columns)


def read_records(folder: Path, name: str, offsets: np.ndarray, lengths: np.ndarray) -> list[bytes]:
    """Some of a task's records, in one pass forward; offsets ascend."""
    with open(folder / f"{name}.records", "rb") as file:
        records = []
        for offset, length in zip(offsets.tolist(), lengths.tolist(), strict=True):
            file.seek(offset)
            records.append(file.read(length))
    return records
