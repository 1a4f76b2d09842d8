"""The manifest's rows of a dataset: what verification reads of them, and whether they fit one another."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shards import manifest
from shards.dataset import Dataset
from shards.record_fields import CROPS, WHOLE_FRAMES, RecordKind
from shards.storage.stores.remote_path import AnyPlace

# Fields of a record that the manifest states too.
SHARED_FIELDS = ("key", "label", "species", "video", "frame_number", "timestamp", "video_index", "video_count")
# What the fields of a whole frame's record follow from.
FRAME_SOURCES = ("width", "height", "box_x", "box_y", "box_width", "box_height", "animal_count")
_COLUMNS = [
    *{
        *SHARED_FIELDS,
        *FRAME_SOURCES,
        *manifest.RowCounter.COLUMNS,
        *CROPS.place,
        *WHOLE_FRAMES.place,
        "duplicate_of",
    },
    *manifest.MOOD_COLUMNS,
]


class ReadRows(NamedTuple):
    """The rows that have a record, those that are dropped, the counts of all, and moods that are named wrongly."""

    kept: pa.Table | None  # None where the manifest has no rows
    dropped: pa.Table | None
    counts: dict[str, Any]
    faults: list[str]


class RecordRows(NamedTuple):
    """The rows of one kind of records, in the order of shards and of the records in them."""

    kind: RecordKind
    rows: pa.Table
    shards: np.ndarray  # the name of each row's shard

    def of_shard(self, name: str) -> pa.Table:
        start, stop = np.searchsorted(self.shards, name, "left"), np.searchsorted(self.shards, name, "right")
        return self.rows.slice(start, stop - start)


def read_rows(folder: AnyPlace) -> ReadRows:
    """Read the manifest. Raises DataError where it is damaged or missing."""
    counter = manifest.RowCounter()
    kept: list[pa.Table] = []
    dropped: list[pa.Table] = []
    faults: list[str] = []
    for rows in manifest.read_manifest(folder, _COLUMNS):
        counter.add(rows)
        faults += _check_mood_names(folder / manifest.MANIFEST_FILE, rows)
        kept.append(rows.filter(pc.equal(rows["status"], "kept")))
        conflicts = pc.equal(rows["reason"].fill_null(""), "label_conflict")
        is_dropped = pc.or_(pc.is_in(rows["status"], pa.array(["duplicate", "unselected"])), conflicts)
        dropped.append(rows.filter(is_dropped).select(["key", "duplicate_of"]))
    tables = [pa.concat_tables(several) if several else None for several in (kept, dropped)]
    return ReadRows(*tables, counter.counts(), faults)


def select_records(read: ReadRows, kind: RecordKind) -> RecordRows:
    """The rows that have a record of this kind; `read` has rows."""
    shard_column, index_column, *_ = kind.place
    rows = read.kept if kind is CROPS else read.kept.filter(pc.is_valid(read.kept[shard_column]))
    # A kept row that names no shard is a fault, which is for others to tell: it stands in front, as one named "".
    rows = rows.sort_by([(shard_column, "ascending"), (index_column, "ascending")], null_placement="at_start")
    return RecordRows(kind, rows, rows[shard_column].cast(pa.string()).fill_null("").to_numpy(zero_copy_only=False))


def check_rows(path: AnyPlace, dataset: Dataset, read: ReadRows) -> Iterator[str]:
    """Compare the rows of the manifest at `path` with dataset.json and with one another."""
    yield from read.faults
    if read.counts != dataset.counts:
        yield f"{path}: its rows count up to {read.counts}, dataset.json states {dataset.counts}"
    if read.kept is None:
        return
    yield from _check_keys(path, read.kept, read.dropped)
    yield from _check_videos(path, read.kept)
    if any(dataset.frames.values()):
        yield from _check_frame_counts(path, dataset, select_records(read, WHOLE_FRAMES).rows)


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
