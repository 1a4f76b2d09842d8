"""Read every byte of a dataset and hold it against what was written; name file and offset of what differs.

First the files against dataset.json (sizes, SHA-256, block and record CRCs); only if all of them are whole, the
manifest against the records and its own rules, so that nothing damaged is ever interpreted.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shards import manifest
from shards.dataset import Dataset, OtherFile, ShardFile, list_shards, read_dataset
from shards.jpeg_headers import UnreadableImage, read_header
from shards.record import decode_record
from shards.storage.files import BLOCK_SIZE, hash_file, read_blocks
from shards.tfrecord import DamagedRecord, iterate_records

_SAME = ("key", "label", "species", "video", "frame_number", "timestamp", "video_index", "video_count")
_COLUMNS = list({*_SAME, *manifest.RowCounter.COLUMNS, "shard", "index", "offset", "length", "duplicate_of"})


def verify_dataset(folder: Path, tell: Callable[[int], Any] = lambda size: None) -> Iterator[str]:
    """One line for each thing that is wrong, nothing for a whole dataset; `tell` hears of bytes as they are read.

    Raises CallError where the folder is no dataset, DataError where dataset.json itself is damaged.
    """
    dataset = read_dataset(folder)
    whole = True
    for problem in _check_files(folder, dataset, tell):
        whole = False
        yield problem
    if whole:
        yield from _check_rows(folder, dataset, tell)


def _check_files(folder: Path, dataset: Dataset, tell: Callable[[int], Any]) -> Iterator[str]:
    shards = {shard.file: shard for files in dataset.shards.values() for shard in files}
    for name, stated in {**shards, **dataset.files}.items():
        path = folder / name
        if not path.exists():
            yield f"{path}: missing"
            continue
        if path.stat().st_size != stated.bytes:
            yield f"{path}: {path.stat().st_size} bytes instead of {stated.bytes}"
        if hash_file(path) != stated.sha256:
            yield _find_damage(path, stated)
        tell(stated.bytes)
    for path in list_shards(folder):
        if path.name not in shards:
            yield f"{path}: a shard that dataset.json does not know"


def _find_damage(path: Path, stated: ShardFile | OtherFile) -> str:
    """Where a file whose digest does not fit differs from what was written."""
    if isinstance(stated, ShardFile):
        try:
            with open(path, "rb") as file:
                records = sum(1 for _ in iterate_records(file))
            return f"{path}: {records} whole records, but not those that were written (their digest does not fit)"
        except DamagedRecord as damage:
            return f"{path}: {damage}"
    found = [google_crc32c.value(block) for block in read_blocks(path)]
    blocks = [i for i, crc in enumerate(stated.blocks) if i >= len(found) or found[i] != crc]
    first = (blocks[0] if blocks else len(stated.blocks)) * BLOCK_SIZE
    return f"{path}: offset {first} to {min(first + BLOCK_SIZE, stated.bytes)}: differs from what was written"


def _check_rows(folder: Path, dataset: Dataset, tell: Callable[[int], Any]) -> Iterator[str]:
    path = folder / manifest.MANIFEST_FILE
    counter = manifest.RowCounter()
    kept: list[pa.Table] = []
    compared: list[pa.Table] = []
    for rows in manifest.read_manifest(folder, _COLUMNS):
        counter.add(rows)
        kept.append(rows.filter(pc.equal(rows["status"], "kept")))
        conflicts = pc.equal(rows["reason"].fill_null(""), "label_conflict")
        dropped = pc.or_(pc.is_in(rows["status"], pa.array(["duplicate", "unselected"])), conflicts)
        compared.append(rows.filter(dropped).select(["key", "duplicate_of"]))
    if counter.counts() != dataset.counts:
        yield f"{path}: its rows count up to {counter.counts()}, dataset.json states {dataset.counts}"
    if not kept:
        return
    records = pa.concat_tables(kept)
    yield from _check_keys(path, records, pa.concat_tables(compared))
    yield from _check_videos(path, records)
    yield from _check_records(folder, dataset, records, tell)


def _check_keys(path: Path, kept: pa.Table, duplicates: pa.Table) -> Iterator[str]:
    used = pa.chunked_array([*kept["key"].chunks, *duplicates["key"].chunks], pa.string())
    counts = pc.value_counts(used)
    for repeated in counts.filter(pc.greater(counts.field(1), 1)).field(0).to_pylist():
        yield f"{path}: key {repeated} belongs to several frames"
    known = pc.or_(pc.is_null(duplicates["duplicate_of"]), pc.is_in(duplicates["duplicate_of"], used))
    strays = duplicates.filter(pc.invert(known))
    for row in strays.to_pylist():
        yield f"{path}: {row['key']} is a duplicate of {row['duplicate_of']}, which is no frame of this dataset"


def _check_videos(path: Path, kept: pa.Table) -> Iterator[str]:
    """No video in two splits; the indices of each are 0 to video_count - 1."""
    both = kept.group_by(["video"]).aggregate([("split", "count_distinct")])
    for video in both.filter(pc.greater(both["split_count_distinct"], 1))["video"].to_pylist():
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


def _check_records(folder: Path, dataset: Dataset, kept: pa.Table, tell: Callable[[int], Any]) -> Iterator[str]:
    kept = kept.sort_by([("shard", "ascending"), ("index", "ascending")])
    names = kept["shard"].to_numpy(zero_copy_only=False)
    for split, files in dataset.shards.items():
        for shard in files:
            start, stop = np.searchsorted(names, shard.file, "left"), np.searchsorted(names, shard.file, "right")
            rows = kept.slice(start, stop - start)
            if len(rows) != shard.records:
                yield f"{folder / shard.file}: {shard.records} records, {len(rows)} rows of the manifest"
            yield from _compare_records(folder / shard.file, split, rows, dataset.image_size)
            tell(shard.bytes)


def _compare_records(path: Path, split: str, rows: pa.Table, size: int) -> Iterator[str]:
    with open(path, "rb") as file:
        for index, (frame, row) in enumerate(zip(iterate_records(file), rows.to_pylist(), strict=False)):
            at = f"{path}: offset {frame.offset}"
            place = {"split": split, "index": index, "offset": frame.offset, "length": frame.length}
            try:
                record = decode_record(frame.record)
            except ValueError as error:
                yield f"{at}: {error}"
                continue
            found = place | {name: record.get(name) for name in _SAME}
            stated = {name: row[name] for name in found} | {"species": row["species"] or ""}
            for name in (name for name in found if found[name] != stated[name]):
                yield f"{at}: {name} is {found[name]!r}, the manifest states {stated[name]!r}"
            if problem := _check_image(record.get("image", b""), size):
                yield f"{at}: its image {problem}"


def _check_image(data: bytes, size: int) -> str | None:
    """What is wrong with a stored picture, as far as its header tells; it may ask for more memory than there is."""
    try:
        header = read_header(data)
    except UnreadableImage as error:
        return f"cannot be decoded: {error}"
    return None if header == (size, size) else f"is {header.width}x{header.height} instead of {size}x{size}"
