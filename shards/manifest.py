"""manifest.parquet: writing it, reading it, and counting its rows.

It has one row for every annotation that was read, kept or not, sorted by video and frame_number. What its columns hold
is documented in shards.manifest_row.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shards import dataset
from shards.dataset import MANIFEST_FILE, SPLITS
from shards.emotions import ENGLISH, KOREAN
from shards.errors import DataError
from shards.manifest_row import ManifestRow, list_columns
from shards.record_fields import WHOLE_FRAMES
from shards.storage.local_copies import find_copy
from shards.storage.places import measure_place, open_place
from shards.storage.stores.remote_path import AnyPlace, RemotePath

ROW_GROUP = 100_000  # rows in a row group; fixed, because the file's bytes depend on it

STATUSES = ("kept", "duplicate", "rejected", "unselected")

# Reasons of rejected rows, in the order in which they are checked: a row states the first that applies.
REJECTIONS = (
    "label_unreadable",
    "label_invalid",
    "annotation_invalid",
    "emotion_unknown",
    "video_repeated",
    "image_missing",
    "frame_repeated",
    "image_unreadable",
    "image_size",
    "box_missing",
    "box_negative",
    "box_empty",
    "box_outside",
    "label_conflict",  # known only after deduplication: near-duplicates of other videos have other moods
)
# Reasons of duplicates.
DUPLICATIONS = ("near_in_video", "near_across_videos", "near_validation")

SCHEMA = pa.schema(list_columns(ManifestRow))

# Columns that datasets made before there were whole frames do not have.
_LATER_COLUMNS = ("animal_count", *WHOLE_FRAMES.place)
# The names of the mood in `label`; datasets of recipe 6 and before do not have them.
MOOD_COLUMNS = {"mood_korean": KOREAN, "mood_english": ENGLISH}


def make_schema(bits: int) -> pa.Schema:
    """The manifest's schema for hashes of 64 or 256 bits."""
    place = SCHEMA.get_field_index("hash")
    return SCHEMA.set(place, SCHEMA.field(place).with_type(pa.binary(bits // 8)))


def write_manifest(file: Any, tables: Iterable[pa.Table], bits: int = 64) -> dict[str, Any]:
    """Write the rows of `tables`, which come in the manifest's order, to an open binary file.

    The names of moods are filled in from `label`, whatever the tables hold there. Returns the counts of RowCounter. The
    bytes depend on the rows alone, not on how they are divided into tables.
    """
    counter = RowCounter()
    with pq.ParquetWriter(file, make_schema(bits), compression="zstd", write_page_checksum=True) as writer:
        for rows in _divide_into_row_groups(map(_drop_mood_names, tables)):
            named = name_moods(rows.combine_chunks(), MOOD_COLUMNS).select(SCHEMA.names)
            writer.write_table(named, row_group_size=ROW_GROUP)
            counter.add(rows)
    return counter.counts()


def _drop_mood_names(rows: pa.Table) -> pa.Table:
    return rows.drop_columns([name for name in MOOD_COLUMNS if name in rows.column_names])


def name_moods(rows: pa.Table, columns: Iterable[str]) -> pa.Table:
    """Add some of MOOD_COLUMNS to rows that have a column `label`, as dictionaries of all six names in their order."""
    label = rows["label"].combine_chunks()
    for name in columns:
        names = pa.DictionaryArray.from_arrays(label, pa.array(MOOD_COLUMNS[name]))
        rows = rows.append_column(SCHEMA.field(name), names)
    return rows


def _divide_into_row_groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables of ROW_GROUP rows; the last one may be shorter."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        while sum(map(len, waiting)) >= ROW_GROUP:
            rows = pa.concat_tables(waiting)
            yield rows.slice(0, ROW_GROUP)
            waiting = [rows.slice(ROW_GROUP)]
    if any(map(len, waiting)):
        yield pa.concat_tables(waiting)


@contextmanager
def explain_manifest_errors(folder: AnyPlace) -> Iterator[None]:
    """Within the block, errors that a missing or damaged manifest causes become a DataError that says what to do.

    These are what pyarrow raises for damaged bytes or values, a column that is not there, and a missing file. Errors of
    the disk and missing permissions are raised as they are.
    """
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError) as error:
        if getattr(error, "errno", None) and not isinstance(error, FileNotFoundError):
            raise
        problem = "is missing" if isinstance(error, FileNotFoundError) else f"is damaged ({error})"
        is_dataset = measure_place(folder / dataset.DATASET_FILE) is not None
        remedy = f"run python -m tools.verify {folder}" if is_dataset else "make the dry run again"
        raise DataError(f"{folder / MANIFEST_FILE} {problem}; {remedy}") from error


def _open_for_arrow(path: AnyPlace) -> pa.NativeFile:
    if isinstance(path, RemotePath):
        if not (copy := find_copy(path)):
            return pa.PythonFile(open_place(path), "r")
        path = copy
    return pa.OSFile(os.fsencode(path))  # bytes: pyarrow refuses a str that is not UTF-8


@contextmanager
def open_manifest(folder: AnyPlace) -> Iterator[pq.ParquetFile]:
    """The open manifest of a dataset or a dry run. Pages are compared with their checksums as they are read.

    Raises DataError where it is damaged or missing.
    """
    with (
        explain_manifest_errors(folder),
        _open_for_arrow(folder / MANIFEST_FILE) as opened,
        pq.ParquetFile(opened, page_checksum_verification=True) as file,
    ):
        yield file


def read_manifest(folder: AnyPlace, columns: list[str] | None = None) -> Iterable[pa.Table]:
    """The manifest of a dataset or a dry run, one table for each row group.

    Columns that an older dataset's manifest does not have yet are null, and the names of moods follow from `label`.
    Raises DataError where it is damaged or missing.
    """
    with open_manifest(folder) as file:
        for group in range(file.num_row_groups):
            yield _read_group(file, group, columns or SCHEMA.names)


def _read_group(file: pq.ParquetFile, group: int, wanted: Collection[str]) -> pa.Table:
    """The columns `wanted` of a row group, and those that an older manifest does not have yet behind them."""
    missing = set(wanted) - set(file.schema_arrow.names)
    unnamed = [name for name in MOOD_COLUMNS if name in missing]
    is_extra = bool(unnamed) and "label" not in wanted
    rows = file.read_row_group(group, columns=[*wanted, *(["label"] if is_extra else [])])
    rows.validate(full=True)  # else bytes that are no text, or a number that stands for nothing, fail later
    for name in (name for name in _LATER_COLUMNS if name in missing):
        rows = rows.append_column(SCHEMA.field(name), pa.nulls(len(rows), SCHEMA.field(name).type))
    rows = name_moods(rows, unnamed) if unnamed else rows
    return rows.drop_columns(["label"]) if is_extra else rows


def take_rows(folder: AnyPlace, places: Iterable[int], columns: Collection[str]) -> dict[int, dict[str, Any]]:
    """The manifest's rows with the numbers `places`, from 0, by number. Only row groups that hold any are read.

    Raises DataError where the manifest is damaged or missing.
    """
    wanted, found, start = np.unique(np.fromiter(places, np.int64)), {}, 0
    with open_manifest(folder) as file:
        for group in range(file.num_row_groups):
            stop = start + file.metadata.row_group(group).num_rows
            here = wanted[(wanted >= start) & (wanted < stop)]
            if len(here):
                rows = _read_group(file, group, columns).take(pa.array(here - start)).to_pylist()
                found |= dict(zip(here.tolist(), rows, strict=True))
            start = stop
    return found


def read_hashes(column: pa.Array | pa.ChunkedArray) -> bytes:
    """The hashes of a fixed-size binary column, one after another; nulls are left out."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    present = [chunk.drop_null() for chunk in chunks]
    return b"".join(
        chunk.buffers()[1][chunk.offset * chunk.type.byte_width :][: len(chunk) * chunk.type.byte_width].to_pybytes()
        for chunk in present
        if len(chunk)
    )


class RowCounter:
    """Counts a manifest's rows table by table. dataset.json states these counts, and tools.verify compares them."""

    COLUMNS = ("status", "reason", "split", "label", "video", "frame_shard")

    def __init__(self) -> None:
        self._statuses: Counter[str] = Counter(dict.fromkeys(STATUSES, 0))
        self._reasons: Counter[str] = Counter()
        self._frames: Counter[tuple[str, int]] = Counter()
        self._whole_frames: Counter[str] = Counter()  # by split
        self._videos: dict[tuple[str, int | None], set[str]] = defaultdict(set)  # by (split, mood); None: any mood

    def add(self, rows: pa.Table) -> None:
        for name, counter in (("status", self._statuses), ("reason", self._reasons)):
            found = pc.value_counts(rows[name].drop_null())
            counter.update(dict(zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True)))
        kept = rows.filter(pc.equal(rows["status"], "kept"))
        self._whole_frames.update(kept.filter(pc.is_valid(kept["frame_shard"]))["split"].to_pylist())
        groups = kept.group_by(["split", "label", "video"]).aggregate([([], "count_all")])
        for group in groups.to_pylist():
            self._frames[group["split"], group["label"]] += group["count_all"]
            for label in (group["label"], None):
                self._videos[group["split"], label].add(group["video"])

    def counts(self) -> dict[str, Any]:
        """The number of rows by status and by reason; of kept frames, and of videos with any, by split and mood.

        And of whole frames by split, where there are any: older datasets do not state it.
        """
        reasons = {reason: self._reasons[reason] for reason in (*REJECTIONS, *DUPLICATIONS) if self._reasons[reason]}
        splits = {
            split: {
                "frames": sum(self._frames[split, label] for label in range(len(KOREAN))),
                "videos": len(self._videos[split, None]),  # a video with frames of two moods counts once
                "emotions": {
                    name: {"frames": self._frames[split, label], "videos": len(self._videos[split, label])}
                    for label, name in enumerate(KOREAN)
                },
            }
            for split in SPLITS
        }
        counts = {"rows": self._statuses.total(), **self._statuses, "reasons": reasons, "splits": splits}
        if self._whole_frames:
            counts["whole_frames"] = {split: self._whole_frames[split] for split in SPLITS}
        return counts
