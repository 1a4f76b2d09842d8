"""What a video task leaves for the later stages: its rows, its kept records in shuffle order, and a summary, last.

`NAME.records` holds the records one after another, sorted by shuffle key; `NAME.parquet` every row of the manifest as
far as it is known, in the manifest's order, with some columns more; `NAME.json` says that the others are whole. All of
it carries checksums, which are looked at whenever it is read: the summary its own digest and that of the rows, the rows
the checksum of each record.
"""

import hashlib
import io
import os
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import google_crc32c
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from preprocess.settings import PreprocessSettings
from shards.errors import DataError
from shards.manifest import make_schema
from shards.storage.atomic_write import write_atomically
from shards.storage.files import open_file, read_file, retry
from shards.storage.self_checksum import ChecksumMismatch, check_json_checksum, dump_json_with_checksum

_T = TypeVar("T")

_OWN = [
    ("content", pa.uint32()),  # CRC-32C of the frame's file, where it was read
    ("shuffle_key", pa.uint64()),  # of rows that are kept as far as their task knows, and of no others
    ("spill_offset", pa.int64()),
    ("spill_length", pa.int32()),
    ("spill_check", pa.uint32()),  # CRC-32C of the record
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
    label: int  # of most of its frames
    animal: str  # proxy: videos of one animal share it
    kept: int


class Origin(msgspec.Struct):
    """What finished work was made from, beside what its name says of it."""

    stamps: str  # see preprocess.sources.input_fingerprint.stamp_inputs
    contents: str  # fingerprint of the bytes of all frames that were read


class TaskSummary(msgspec.Struct):
    """What a finished task tells the driver. `name` is the fingerprint of all that it read but the frames' bytes."""

    name: str
    origin: Origin
    rows: int
    counts: dict[str, int]  # rows by status
    reasons: dict[str, int]  # rejected rows by reason
    record_bytes: int
    unannotated_frames: int
    videos: list[VideoSummary]
    rows_digest: str = ""  # of NAME.parquet, and so of the records, whose checksums are in it
    digest: str = ""  # of this summary
    damage: str = ""  # what was found damaged, so that the task was done again; not in the file


class DamagedWork(DataError):
    """What a task has left is not what it wrote; `task` is its name. Done again, it is as good as before."""

    task: str


def shuffle_key(key: str, seed: int) -> int:
    """64 bits that place a record in the global order: a keyed hash of its name, so independent of everything else."""
    secret = seed.to_bytes(16, "little")
    return int.from_bytes(hashlib.blake2b(key.encode(), key=secret, digest_size=8).digest())


def make_spill_schema(bits: int) -> pa.Schema:
    """The columns of a task's rows: the manifest's for hashes of so many bits, and the spill's own."""
    return pa.schema([*make_schema(bits), *_OWN])


def write_spill(folder: Path, summary: TaskSummary, items: list[Item], settings: PreprocessSettings) -> TaskSummary:
    """Write a task's rows and records; the summary's file appears last and says that all is there. Returns it."""
    kept = [item for item in items if item.row["status"] == "kept"]
    for item in kept:
        item.row["shuffle_key"] = shuffle_key(item.row["key"], settings.seed)
    kept.sort(key=lambda item: item.row["shuffle_key"])
    if not settings.dry_run:
        with write_atomically(folder / f"{summary.name}.records") as file:
            for item in kept:
                item.row.update(spill_offset=file.tell(), spill_length=len(item.record))
                item.row["spill_check"] = google_crc32c.value(item.record)
                file.write(item.record)
    digest = write_rows(folder, summary.name, [item.row for item in items], settings.hash.bits)
    summary = msgspec.structs.replace(summary, rows_digest=digest)
    write_summary(folder, summary)
    return summary


def write_summary(folder: Path, summary: TaskSummary) -> None:
    with write_atomically(folder / f"{summary.name}.json") as file:
        file.write(dump_json_with_checksum(msgspec.structs.replace(summary, damage="")))


def write_rows(folder: Path, name: str, rows: list[dict[str, Any]], bits: int) -> str:
    """Write rows as NAME.parquet; returns the digest that read_rows asks for."""
    memory = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, make_spill_schema(bits)), memory, compression="zstd")
    with write_atomically(folder / f"{name}.parquet") as file:
        file.write(memory.getbuffer())
    return _digest(memory.getbuffer())


def read_summary(folder: Path, name: str) -> TaskSummary | None:
    """The summary of a finished task, None where it is not finished. Raises DamagedWork."""
    summary = read_note(folder / f"{name}.json", TaskSummary)
    return summary and msgspec.structs.replace(summary, digest="")


def read_note(path: Path, kind: type[_T]) -> _T | None:
    """What sealed JSON says of finished work; None where there is none. Raises DamagedWork."""
    try:
        return msgspec.json.decode(check_json_checksum(read_file(path)), type=kind)
    except FileNotFoundError:
        return None
    except (ChecksumMismatch, msgspec.DecodeError) as error:
        raise blame_work(path, str(error)) from error


def read_task_rows(folder: Path, name: str, digest: str, columns: list[str] | None = None) -> pa.Table:
    """The rows that write_rows wrote. Raises DamagedWork where they are not those."""
    path = folder / f"{name}.parquet"
    try:
        data = read_file(path)
    except FileNotFoundError as error:
        raise blame_work(path, "is gone") from error
    if _digest(data) != digest:
        raise blame_work(path, "differs from what was written")
    return pq.read_table(pa.BufferReader(data), columns=columns)


def read_records(folder: Path, name: str, offsets: np.ndarray, lengths: np.ndarray, checks: np.ndarray) -> list[bytes]:
    """Some of a task's records, in one pass forward; offsets ascend. Raises DamagedWork."""
    path, records = folder / f"{name}.records", []
    try:
        with open_file(path) as file:
            for offset, length, check in zip(offsets.tolist(), lengths.tolist(), checks.tolist(), strict=True):
                record = retry(lambda at=offset, size=length: os.pread(file.fileno(), size, at), path)
                if len(record) != length or google_crc32c.value(record) != check:
                    raise blame_work(path, f"offset {offset}: differs from what was written")
                records.append(record)
    except FileNotFoundError as error:
        raise blame_work(path, "is gone") from error
    return records


def discard_task(folder: Path, name: str) -> None:
    """A task counts as not done."""
    (folder / f"{name}.json").unlink(missing_ok=True)


def _digest(data: Any) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def blame_work(path: Path, what: str) -> DamagedWork:
    """The error for a file of a task, which is called NAME.something."""
    damage = DamagedWork(f"{path}: {what}; run the same command again, which makes it anew")
    damage.task = path.stem
    return damage
