"""What a video task leaves for the later stages: its rows, its kept records in shuffle order, and a summary, last.

`NAME.records` holds the records one after another, sorted by shuffle key; `NAME.parquet` every row of the manifest as
far as it is known, in the manifest's order, with the three columns below; `NAME.json` says that the others are whole.
"""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shards.files import write_atomically
from shards.manifest import SCHEMA

SPILL_SCHEMA = pa.schema(
    [*SCHEMA, ("shuffle_key", pa.uint64()), ("spill_offset", pa.int64()), ("spill_length", pa.int32())]
)


class Item(NamedTuple):
    """A row of the manifest, and its record when the frame is kept."""

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


def write_spill(folder: Path, summary: TaskSummary, items: list[Item], seed: int) -> None:
    """Write a task's rows and records; the summary's file appears last and says that all is there."""
    kept = [item for item in items if item.record is not None]
    for item in kept:
        item.row["shuffle_key"] = shuffle_key(item.row["key"], seed)
    kept.sort(key=lambda item: item.row["shuffle_key"])
    with write_atomically(folder / f"{summary.name}.records") as file:
        for item in kept:
            item.row.update(spill_offset=file.tell(), spill_length=len(item.record))
            file.write(item.record)
    with write_atomically(folder / f"{summary.name}.parquet") as file:
        table = pa.Table.from_pylist([item.row for item in items], SPILL_SCHEMA)
        pq.write_table(table, file, compression="zstd")
    with write_atomically(folder / f"{summary.name}.json") as file:
        file.write(msgspec.json.encode(summary))


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
