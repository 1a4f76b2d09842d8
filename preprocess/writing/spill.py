"""The spill: what a video task leaves for the later stages, its rows and its kept records.

`NAME.records` holds the records one after another, sorted by shuffle key: first those of crops, then those of whole
frames. `NAME.parquet` holds a FrameRow for every
annotation, in the manifest's order. `NAME.json`, the task's note, is written last. All are checked when they are read:
the note by its own checksum, the rows by the digest in the note, each record by the checksum in its row.
"""

import hashlib
import io
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import google_crc32c
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from preprocess.cutting.frame_row import FrameRow
from preprocess.settings import PreprocessSettings
from preprocess.writing.finished_work import DamagedWork, TaskSummary, write_summary
from preprocess.writing.keyed_order import shuffle_key
from shards.manifest import make_schema
from shards.manifest_row import list_columns
from shards.storage.places import read_place, read_ranges, write_place
from shards.storage.stores.remote_path import AnyPlace


class RowWithRecord(NamedTuple):
    row: FrameRow
    record: bytes | None  # None for a frame that is not kept, and for every frame of a dry run
    whole_frame: bytes | None = None  # the record of the whole frame; None where there is none


@cache
def make_spill_schema(bits: int) -> pa.Schema:
    """The schema of a task's rows, those of FrameRow, for hashes of 64 or 256 bits."""
    manifest = make_schema(bits)
    return pa.schema([*manifest, *list_columns(FrameRow)[len(manifest) :]])


def write_spill(
    folder: AnyPlace, summary: TaskSummary, rows: Sequence[RowWithRecord], settings: PreprocessSettings
) -> TaskSummary:
    """Write a task's rows and records, then its note. Returns the summary with the digest of the rows."""
    kept = [item for item in rows if item.row.status == "kept"]
    for item in kept:
        item.row.shuffle_key = shuffle_key(item.row.key, settings.seed)
    if not settings.dry_run:
        _write_records(folder / f"{summary.name}.records", kept)
    digest = write_task_rows(folder, summary.name, [item.row for item in rows], settings.hash.bits)
    summary = msgspec.structs.replace(summary, rows_digest=digest)
    write_summary(folder, summary)
    return summary


def _write_records(path: AnyPlace, kept: Sequence[RowWithRecord]) -> None:
    """Write the records sorted by shuffle key, and put their places into the rows."""
    ordered = sorted(kept, key=lambda item: item.row.shuffle_key)
    with write_place(path) as file:
        for row, record, _ in ordered:
            row.spill_offset, row.spill_length = file.tell(), len(record)
            row.spill_check = google_crc32c.value(record)
            file.write(record)
        for row, _, record in ordered:
            if record is not None:
                row.frame_spill_offset, row.frame_spill_length = file.tell(), len(record)
                row.frame_spill_check = google_crc32c.value(record)
                file.write(record)


def write_task_rows(folder: AnyPlace, name: str, rows: Sequence[FrameRow], bits: int) -> str:
    """Write rows as NAME.parquet. Returns their digest, which read_task_rows asks for."""
    columns = [msgspec.to_builtins(row, builtin_types=(bytes,)) for row in rows]
    memory = io.BytesIO()
    # One codec a column: that of zstd takes longer to set up than a few hundred rows take to write.
    options = {"compression": "lz4", "use_dictionary": False, "write_statistics": False}
    pq.write_table(pa.Table.from_pylist(columns, make_spill_schema(bits)), memory, **options)
    with write_place(folder / f"{name}.parquet") as file:
        file.write(memory.getbuffer())
    return _digest(memory.getbuffer())


def read_task_rows(folder: AnyPlace, name: str, digest: str, columns: list[str] | None = None) -> pa.Table:
    """The rows that write_task_rows wrote. Raises DamagedWork where the file is gone or differs."""
    path = folder / f"{name}.parquet"
    try:
        data = read_place(path)
    except FileNotFoundError as error:
        raise DamagedWork.of_file(path, "is gone") from error
    if _digest(data) != digest:
        raise DamagedWork.of_file(path, "differs from what was written")
    return pq.read_table(pa.BufferReader(data), columns=columns)


def read_records(
    folder: AnyPlace, name: str, offsets: np.ndarray, lengths: np.ndarray, checks: np.ndarray
) -> list[bytes]:
    """Some of a task's records, by their places in its file, with ascending offsets, and their CRC-32C.

    Raises DamagedWork where the file is gone or a record differs.
    """
    path, records = folder / f"{name}.records", []
    try:
        ranges = list(zip(offsets.tolist(), lengths.tolist(), strict=True))
        for (offset, length), check, record in zip(ranges, checks.tolist(), read_ranges(path, ranges), strict=True):
            if len(record) != length or google_crc32c.value(record) != check:
                raise DamagedWork.of_file(path, f"offset {offset}: differs from what was written")
            records.append(record)
    except FileNotFoundError as error:
        raise DamagedWork.of_file(path, "is gone") from error
    return records


def _digest(data: Any) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
