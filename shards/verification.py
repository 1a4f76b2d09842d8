"""Verification: compare every byte of a dataset with what was written, and report file and offset of each fault.

First the files are compared with dataset.json (sizes, SHA-256, CRCs of blocks and records). Only if all of them are
intact, the manifest is compared with the records and checked for consistency, so damaged data is never interpreted.
"""

from collections.abc import Callable, Iterator
from typing import Any

import google_crc32c
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shards import manifest
from shards.crop_geometry import Box, fit_size, measure_box
from shards.dataset import Dataset, OtherFile, ShardFile, list_shards, read_dataset
from shards.jpeg_headers import UnreadableImage, read_header
from shards.record import decode_record
from shards.record_fields import CROPS, FRAME_SIDE, WHOLE_FRAMES, RecordKind
from shards.storage.files import BLOCK_SIZE
from shards.storage.places import hash_place, measure_place, open_place, read_place_blocks
from shards.storage.stores.remote_path import AnyPlace
from shards.tfrecord import DamagedRecord, iterate_records

# Fields of a record that the manifest states too.
_SHARED_FIELDS = ("key", "label", "species", "video", "frame_number", "timestamp", "video_index", "video_count")
# What the fields of a whole frame's record follow from.
_FRAME_SOURCES = ("width", "height", "box_x", "box_y", "box_width", "box_height", "animal_count")
_COLUMNS = [
    *{
        *_SHARED_FIELDS,
        *_FRAME_SOURCES,
        *manifest.RowCounter.COLUMNS,
        *CROPS.place,
        *WHOLE_FRAMES.place,
        "duplicate_of",
    },
    *manifest.MOOD_COLUMNS,
]


def verify_dataset(folder: AnyPlace, count_bytes: Callable[[int], Any] = lambda size: None) -> Iterator[str]:
    """Yield one line for each fault; none for an intact dataset.

    Args:
        folder: the dataset's folder, on a disk or in a store.
        count_bytes: is called with the number of bytes that were read since its last call, for a progress bar.

    Raises CallError where the folder is no dataset, DataError where dataset.json itself is damaged.
    """
    dataset = read_dataset(folder)
    is_intact = True
    for fault in _check_files(folder, dataset, count_bytes):
        is_intact = False
        yield fault
    if is_intact:
        yield from _check_rows(folder, dataset, count_bytes)


def _check_files(folder: AnyPlace, dataset: Dataset, count_bytes: Callable[[int], Any]) -> Iterator[str]:
    shards = {shard.file: shard for shard in dataset.all_shards}
    for name, stated in {**shards, **dataset.files}.items():
        path = folder / name
        size = measure_place(path)
        if size is None:
            yield f"{path}: missing"
            continue
        if size != stated.bytes:
            yield f"{path}: {size} bytes instead of {stated.bytes}"
        if hash_place(path) != stated.sha256:
            yield _find_damage(path, stated)
        count_bytes(stated.bytes)
    for path in list_shards(folder):
        if path.name not in shards:
            yield f"{path}: a shard that dataset.json does not know"


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


def _check_rows(folder: AnyPlace, dataset: Dataset, count_bytes: Callable[[int], Any]) -> Iterator[str]:
    """Compare the manifest's rows with dataset.json, with one another, and with the records."""
    path = folder / manifest.MANIFEST_FILE
    counter = manifest.RowCounter()
    kept: list[pa.Table] = []
    dropped: list[pa.Table] = []
    for rows in manifest.read_manifest(folder, _COLUMNS):
        counter.add(rows)
        yield from _check_mood_names(path, rows)
        kept.append(rows.filter(pc.equal(rows["status"], "kept")))
        conflicts = pc.equal(rows["reason"].fill_null(""), "label_conflict")
        is_dropped = pc.or_(pc.is_in(rows["status"], pa.array(["duplicate", "unselected"])), conflicts)
        dropped.append(rows.filter(is_dropped).select(["key", "duplicate_of"]))
    if counter.counts() != dataset.counts:
        yield f"{path}: its rows count up to {counter.counts()}, dataset.json states {dataset.counts}"
    if not kept:
        return
    records = pa.concat_tables(kept)
    yield from _check_keys(path, records, pa.concat_tables(dropped))
    yield from _check_videos(path, records)
    yield from _check_records(folder, dataset, CROPS, records, count_bytes)
    if any(dataset.frames.values()):
        frames = records.filter(pc.is_valid(records["frame_shard"]))
        yield from _check_frame_counts(path, dataset, frames)
        yield from _check_records(folder, dataset, WHOLE_FRAMES, frames, count_bytes)


def _check_mood_names(path: AnyPlace, rows: pa.Table) -> Iterator[str]:
    expected = manifest.name_moods(rows.select(["label"]), manifest.MOOD_COLUMNS)
    for name in manifest.MOOD_COLUMNS:
        if not rows[name].cast(pa.string()).equals(expected[name].cast(pa.string())):
            yield f"{path}: {name} is not the name of the mood in label"


def _check_keys(path: AnyPlace, kept: pa.Table, dropped: pa.Table) -> Iterator[str]:
    keys = pa.chunked_array([*kept["key"].chunks, *dropped["key"].chunks], pa.string())
    counts = pc.value_counts(keys)
    for repeated in counts.filter(pc.greater(counts.field(1), 1)).field(0).to_pylist():
        yield f"{path}: key {repeated} belongs to several frames"
    known = pc.or_(pc.is_null(dropped["duplicate_of"]), pc.is_in(dropped["duplicate_of"], keys))
    for row in dropped.filter(pc.invert(known)).to_pylist():
        yield f"{path}: {row['key']} is a duplicate of {row['duplicate_of']}, which is no frame of this dataset"


def _check_videos(path: AnyPlace, kept: pa.Table) -> Iterator[str]:
    """Check that no video is in two splits, and that the indices of each video's frames are 0 to video_count - 1."""
    splits = kept.group_by(["video"]).aggregate([("split", "count_distinct")])
    for video in splits.filter(pc.greater(splits["split_count_distinct"], 1))["video"].to_pylist():
        yield f"{path}: video {video} is in both splits"
    numbers = kept.group_by(["video"]).aggregate(
        [
            ("video_index", "min"),
            ("video_index", "max"),
            ("video_index", "count_distinct"),
            ("video_count", "min"),
            ("video_count", "max"),
            ([], "count_all"),
        ]
    )
    for row in numbers.to_pylist():
        count = row["count_all"]
        found = (row["video_index_min"], row["video_index_max"], row["video_index_count_distinct"])
        if found != (0, count - 1, count) or {row["video_count_min"], row["video_count_max"]} != {count}:
            yield f"{path}: video_index and video_count of {row['video']} do not number its {count} kept frames"


def _check_frame_counts(path: AnyPlace, dataset: Dataset, frames: pa.Table) -> Iterator[str]:
    """Check that no video has more whole frames than the settings say."""
    most = dataset.whole_frames_per_video or 0
    counts = pc.value_counts(frames["video"])
    for row in counts.filter(pc.greater(counts.field(1), most)).to_pylist():
        yield f"{path}: {row['values']} has {row['counts']} whole frames, more than the {most} of frames.per_video"


def _check_records(
    folder: AnyPlace, dataset: Dataset, kind: RecordKind, rows: pa.Table, count_bytes: Callable[[int], Any]
) -> Iterator[str]:
    """Compare the records of one kind with the rows that have one."""
    shard_column, index_column, *_ = kind.place
    rows = rows.sort_by([(shard_column, "ascending"), (index_column, "ascending")])
    names = rows[shard_column].to_numpy(zero_copy_only=False)
    for split, files in (dataset.shards if kind is CROPS else dataset.frames).items():
        for shard in files:
            start, stop = np.searchsorted(names, shard.file, "left"), np.searchsorted(names, shard.file, "right")
            own = rows.slice(start, stop - start)
            if len(own) != shard.records:
                yield f"{folder / shard.file}: {shard.records} records, {len(own)} rows of the manifest"
            yield from _compare_records(folder / shard.file, split, kind, own, dataset.image_size)
            count_bytes(shard.bytes)


def _compare_records(path: AnyPlace, split: str, kind: RecordKind, rows: pa.Table, crop_size: int) -> Iterator[str]:
    with open_place(path) as file:
        for index, (frame, row) in enumerate(zip(iterate_records(file), rows.to_pylist(), strict=False)):
            at = f"{path}: offset {frame.offset}"
            try:
                record = decode_record(frame.record, kind.fields)
            except ValueError as error:
                yield f"{at}: {error}"
                continue
            place = dict(zip(kind.place, (path.name, index, frame.offset, frame.length), strict=True))
            stated = {name: row[name] for name in ("split", *kind.place)} | _state_fields(kind, row)
            found = {"split": split} | place | record
            for name in (name for name in stated if found.get(name) != stated[name]):
                yield f"{at}: {name} is {found.get(name)!r}, the manifest states {stated[name]!r}"
            size = (crop_size, crop_size) if kind is CROPS else (stated["width"], stated["height"])
            if problem := _check_image(record.get("image", b""), size):
                yield f"{at}: its image {problem}"


def _state_fields(kind: RecordKind, row: dict[str, Any]) -> dict[str, Any]:
    """The fields that the record of a row has to have, all but its picture."""
    stated = {name: row[name] for name in _SHARED_FIELDS if name in kind.fields} | {"species": row["species"] or ""}
    if kind is CROPS:
        return stated
    if None in [row[name] for name in _FRAME_SOURCES if name != "animal_count"]:
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
