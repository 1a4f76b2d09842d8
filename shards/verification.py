"""Verification: compare every byte of a dataset with what was written, and report file and offset of each fault.

The files are compared with dataset.json (sizes, SHA-256, CRCs of blocks and records). In the same pass the bytes of the
records are compared with those that they should have by the manifest. Only if all files are intact, the manifest is
checked for consistency, and records that differ are decoded, so damaged data is never interpreted.
"""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import zip_longest
from typing import Any

import google_crc32c
import numpy as np

from shards.checking.expected_records import ExpectedRecords, expect_crops, expect_whole_frames
from shards.checking.manifest_rows import (
    FRAME_SOURCES,
    SHARED_FIELDS,
    ReadRows,
    RecordRows,
    check_rows,
    read_rows,
    select_records,
)
from shards.checking.shard_pass import ShardPass
from shards.crop_geometry import Box, fit_size, measure_box
from shards.dataset import MANIFEST_FILE, Dataset, OtherFile, ShardFile, list_shards, read_dataset
from shards.errors import DataError
from shards.jpeg_headers import UnreadableImage, read_header
from shards.record import decode_record
from shards.record_fields import CROPS, FRAME_SIDE, RECORD_KINDS, RecordKind
from shards.storage.files import BLOCK_SIZE
from shards.storage.places import hash_place, measure_place, open_place, read_place_blocks
from shards.storage.stores.remote_path import AnyPlace
from shards.tfrecord import DamagedRecord, iterate_records


def verify_dataset(folder: AnyPlace, count_bytes: Callable[[int], Any] = lambda size: None) -> Iterator[str]:
    """Yield one line for each fault; none for an intact dataset.

    Args:
        folder: the dataset's folder, on a disk or in a store.
        count_bytes: is called with the number of bytes that were read since its last call, for a progress bar.

    Raises CallError where the folder is no dataset, DataError where dataset.json itself is damaged.
    """
    dataset = read_dataset(folder)
    others = [fault for name, file in dataset.files.items() for fault in _check_file(folder / name, file, count_bytes)]
    read = None if others else _try_to_read_rows(folder)
    is_intact, doubtful = not others, set()
    for fault in _check_shards(folder, dataset, read, doubtful, count_bytes):
        is_intact = False
        yield fault
    yield from others
    known = {shard.file for shard in dataset.all_shards}
    for path in list_shards(folder):
        if path.name not in known:
            is_intact = False
            yield f"{path}: a shard that dataset.json does not know"
    if not is_intact:
        return
    read = read or read_rows(folder)
    yield from check_rows(folder / MANIFEST_FILE, dataset, read)
    for kind in RECORD_KINDS:
        yield from _check_records(folder, dataset, read, kind, doubtful)


def _try_to_read_rows(folder: AnyPlace) -> ReadRows | None:
    """The manifest's rows; None where they cannot be read, which is an error only once all files are intact."""
    try:
        return read_rows(folder)
    except DataError:
        return None


def _check_file(
    path: AnyPlace,
    stated: ShardFile | OtherFile,
    count_bytes: Callable[[int], Any],
    compute_digest: Callable[[AnyPlace], str] = hash_place,
) -> Iterator[str]:
    size = measure_place(path)
    if size is None:
        yield f"{path}: missing"
        return
    if size != stated.bytes:
        yield f"{path}: {size} bytes instead of {stated.bytes}"
    if compute_digest(path) != stated.sha256:
        yield _find_damage(path, stated)
    count_bytes(stated.bytes)


def _check_shards(
    folder: AnyPlace, dataset: Dataset, read: ReadRows | None, doubtful: set[str], count_bytes: Callable[[int], Any]
) -> Iterator[str]:
    """Compare the bytes of all shards with dataset.json, and in the same pass their records with the manifest's rows.

    Names of shards whose records are not shown to be as the rows state are added to `doubtful`. They are read again,
    record by record, but only if all files are intact: damaged data is never interpreted.
    """
    shard_pass = ShardPass()
    for kind in RECORD_KINDS:
        own = select_records(read, kind) if read and read.kept else None
        for split, shard in _list_view(dataset, kind):
            expected = _expect_shard(split, shard, own, dataset.image_size) if own else None
            compute_digest = partial(_compare_shard, shard, expected, shard_pass, doubtful)
            yield from _check_file(folder / shard.file, shard, count_bytes, compute_digest)


def _compare_shard(
    shard: ShardFile, expected: ExpectedRecords | None, shard_pass: ShardPass, doubtful: set[str], path: AnyPlace
) -> str:
    """The SHA-256 of a shard, whose records are compared in the same pass."""
    digest, is_sure = shard_pass.check(path, shard.bytes, expected)
    if not is_sure:
        doubtful.add(shard.file)
    return digest


def _expect_shard(split: str, shard: ShardFile, own: RecordRows, crop_size: int) -> ExpectedRecords | None:
    """What a shard's records are to be by their rows; None where the rows do not state it for each."""
    rows = own.of_shard(shard.file)
    _, index_column, *place_columns = own.kind.place
    places = [rows[name].combine_chunks() for name in place_columns]
    if len(rows) != shard.records or any(column.null_count for column in places):
        return None
    indices = rows[index_column].to_numpy()  # as float64 where one is missing, which then equals nothing
    if not np.array_equal(indices, np.arange(len(rows))) or rows["split"].unique().to_pylist() != [split]:
        return None
    places = np.column_stack([column.to_numpy(zero_copy_only=False) for column in places]).astype(np.int64)
    if own.kind is CROPS:
        return expect_crops(places, rows, crop_size)
    stated = [_state_fields(own.kind, row) for row in rows.to_pylist()]
    return None if any(None in row.values() for row in stated) else expect_whole_frames(places, stated)


def _find_damage(path: AnyPlace, stated: ShardFile | OtherFile) -> str:
    """Describe where a file differs from what was written, once its SHA-256 is known to differ."""
    if isinstance(stated, ShardFile):
        try:
            with open_place(path) as file:
                records = sum(1 for _ in iterate_records(file))
            return f"{path}: {records} whole records, but not those that were written (their digest does not fit)"
        except DamagedRecord as damage:
            return f"{path}: {damage}"
    found = [google_crc32c.value(block) for block in read_place_blocks(path)]
    damaged = [i for i, crc in enumerate(stated.blocks) if i >= len(found) or found[i] != crc]
    start = (damaged[0] if damaged else len(stated.blocks)) * BLOCK_SIZE
    return f"{path}: offset {start} to {min(start + BLOCK_SIZE, stated.bytes)}: differs from what was written"


def _check_records(
    folder: AnyPlace, dataset: Dataset, read: ReadRows, kind: RecordKind, doubtful: Collection[str]
) -> Iterator[str]:
    """Compare the records of one kind in doubtful shards with the rows that have one, one after the other."""
    own = select_records(read, kind) if read.kept else None
    left = len(own.rows) if own else 0
    for split, shard in _list_view(dataset, kind):
        rows = own.of_shard(shard.file) if own else ()
        left -= len(rows)
        if len(rows) != shard.records:
            yield f"{folder / shard.file}: {shard.records} records, {len(rows)} rows of the manifest"
        if shard.file in doubtful:
            stated = rows.to_pylist() if own else []
            yield from _compare_records(folder / shard.file, split, kind, stated, dataset.image_size)
    if left:
        yield f"{folder / MANIFEST_FILE}: {left} rows are in {kind.name} shards that dataset.json does not know"


def _list_view(dataset: Dataset, kind: RecordKind) -> Iterator[tuple[str, ShardFile]]:
    """The shards of one kind of records, each with its split."""
    for split, files in (dataset.shards if kind is CROPS else dataset.frames).items():
        yield from ((split, shard) for shard in files)


def _compare_records(
    path: AnyPlace, split: str, kind: RecordKind, rows: list[dict[str, Any]], crop_size: int
) -> Iterator[str]:
    with open_place(path) as file:
        try:
            for index, (frame, row) in enumerate(zip_longest(iterate_records(file), rows)):
                if frame is None:
                    yield f"{path}: ends before the record of {row['key']}"
                    return
                if row is None:
                    yield f"{path}: offset {frame.offset}: a record that the manifest does not know"
                    return
                place = dict(zip(kind.place, (path.name, index, frame.offset, frame.length), strict=True))
                at = f"{path}: offset {frame.offset}"
                yield from _compare_record(at, frame.record, {"split": split} | place, kind, row, crop_size)
        except DamagedRecord as damage:  # it was written so: the digest of the file fits
            yield f"{path}: {damage}"


def _compare_record(
    at: str, data: bytes, place: dict[str, Any], kind: RecordKind, row: dict[str, Any], crop_size: int
) -> Iterator[str]:
    try:
        found = place | decode_record(data, kind.fields)
    except ValueError as error:
        yield f"{at}: {error}"
        return
    stated = {name: row[name] for name in ("split", *kind.place)} | _state_fields(kind, row)
    for name in (name for name in stated if found.get(name) != stated[name]):
        yield f"{at}: {name} is {found.get(name)!r}, the manifest states {stated[name]!r}"
    size = (crop_size, crop_size) if kind is CROPS else (stated["width"], stated["height"])
    if problem := _check_image(found.get("image", b""), size):
        yield f"{at}: its image {problem}"


def _state_fields(kind: RecordKind, row: dict[str, Any]) -> dict[str, Any]:
    """The fields that the record of a row has to have, all but its picture."""
    stated = {name: row[name] for name in SHARED_FIELDS if name in kind.fields} | {"species": row["species"] or ""}
    if kind is CROPS:
        return stated
    if None in [row[name] for name in FRAME_SOURCES if name != "animal_count"]:
        return stated | dict.fromkeys(("width", "height", "bbox"))
    width, height = fit_size(row["width"], row["height"], FRAME_SIDE)
    box = Box(row["box_x"], row["box_y"], row["box_width"], row["box_height"])
    bbox = measure_box(box, row["width"], row["height"])
    return stated | {"width": width, "height": height, "bbox": bbox, "animal_count": row["animal_count"] or 0}


def _check_image(data: bytes, size: tuple[int, int]) -> str | None:
    """Return what is wrong with a stored picture of (width, height), None if nothing is.

    Only its header is read: a damaged picture may claim a size that would not fit in memory.
    """
    try:
        header = read_header(data)
    except UnreadableImage as error:
        return f"cannot be decoded: {error}"
    return None if header == size else f"is {header.width}x{header.height} instead of {size[0]}x{size[1]}"
