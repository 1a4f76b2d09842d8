"""The manifest's columns: one row for every annotation that was read, kept or not, sorted by video and frame_number."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shards import dataset
from shards.emotions import KOREAN
from shards.errors import DataError

MANIFEST_FILE = "manifest.parquet"
ROW_GROUP = 100_000  # rows; fixed, because the file's bytes depend on it

STATUSES = ("kept", "duplicate", "rejected", "unselected")
SPLITS = ("train", "val")

# The first that applies, in this order.
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
    "label_conflict",  # last, once near-copies are known: they have other moods, and dedupe.conflicts is drop
)
DUPLICATIONS = ("near_in_video", "near_across_videos", "near_validation")

SCHEMA = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),  # video/frame_number; the video alone when there is no frame
        pa.field("source", pa.int16(), nullable=False),  # place in the list of sources, from 0
        pa.field("label_file", pa.string(), nullable=False),  # relative to the source, as is image_file
        ("image_file", pa.string()),
        pa.field("video", pa.string(), nullable=False),
        ("frame_number", pa.int32()),
        ("timestamp", pa.int64()),  # milliseconds
        ("species", pa.string()),
        ("action", pa.string()),  # the code in the file's name
        ("breed", pa.string()),
        ("gender", pa.string()),
        ("age", pa.int32()),
        ("neuter", pa.string()),
        ("location", pa.string()),
        ("date", pa.string()),
        ("width", pa.int32()),  # of the JPEG, where it could be read, as stored
        ("height", pa.int32()),
        ("box_x", pa.int32()),  # as annotated
        ("box_y", pa.int32()),
        ("box_width", pa.int32()),
        ("box_height", pa.int32()),
        ("crop_x", pa.int32()),  # as cut; negative where padded
        ("crop_y", pa.int32()),
        ("crop_size", pa.int32()),
        ("emotion_inspect", pa.string()),
        ("emotion_owner", pa.string()),
        ("label", pa.int8()),
        ("split", pa.string()),
        pa.field("status", pa.string(), nullable=False),
        ("reason", pa.string()),
        ("note", pa.string()),
        ("hash", pa.binary(8)),  # big-endian; of 32 bytes where the settings say 256 bits
        ("detail", pa.int32()),
        ("duplicate_of", pa.string()),
        ("distance", pa.int16()),  # bits, to duplicate_of
        ("shard", pa.string()),  # file name
        ("index", pa.int32()),  # in the shard, from 0
        ("offset", pa.int64()),  # bytes, of the framed record
        ("length", pa.int32()),
        ("video_index", pa.int32()),
        ("video_count", pa.int32()),
    ]
)


def make_schema(bits: int) -> pa.Schema:
    """The columns where hashes have 64 or 256 bits."""
    return SCHEMA.set(SCHEMA.get_field_index("hash"), pa.field("hash", pa.binary(bits // 8)))


def write_manifest(file: Any, tables: Iterable[pa.Table], bits: int = 64) -> dict[str, Any]:
    """Write rows that come in the manifest's order, in pieces of any size, to an open file; returns count_rows of them.

    The bytes are a function of the rows alone, however they are cut into pieces.
    """
    counter = RowCounter()
    waiting: list[pa.Table] = []
    with pq.ParquetWriter(file, make_schema(bits), compression="zstd", write_page_checksum=True) as writer:

        def write(rows: pa.Table) -> None:
            writer.write_table(rows.combine_chunks(), row_group_size=ROW_GROUP)
            counter.add(rows)

        for table in tables:
            waiting.append(table)
            while sum(map(len, waiting)) >= ROW_GROUP:
                rows = pa.concat_tables(waiting)
                write(rows.slice(0, ROW_GROUP))
                waiting = [rows.slice(ROW_GROUP)]
        if any(map(len, waiting)):
            write(pa.concat_tables(waiting))
    return counter.counts()


@contextmanager
def blame_manifest(folder: Path) -> Iterator[None]:
    """Within it, what goes wrong is the manifest's fault: a DataError that says what to do about that.

    For what pyarrow raises at bytes or values that were never written; for a column that is not there; for no file.
    """
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError) as error:
        if getattr(error, "errno", None) and not isinstance(error, FileNotFoundError):
            raise  # the disk's fault, or of who may read
        what = "is missing" if isinstance(error, FileNotFoundError) else f"is damaged ({error})"
        is_dataset = (folder / dataset.DATASET_FILE).exists()
        do = f"run python -m tools.verify {folder}" if is_dataset else "make the dry run again"
        raise DataError(f"{folder / MANIFEST_FILE} {what}; {do}") from error


@contextmanager
def open_manifest(folder: Path) -> Iterator[pq.ParquetFile]:
    """The manifest of a dataset or a dry run, its pages held against their checksums as they are read.

    Raises DataError where it is damaged or missing.
    """
    # By the path's bytes: as text, pyarrow takes none that are not UTF-8.
    with (
        blame_manifest(folder),
        pa.OSFile(os.fsencode(folder / MANIFEST_FILE)) as opened,
        pq.ParquetFile(opened, page_checksum_verification=True) as file,
    ):
        yield file


def read_manifest(folder: Path, columns: list[str] | None = None) -> Iterable[pa.Table]:
    """The manifest of a dataset folder, a row group at a time. Raises DataError where it is damaged or missing."""
    with open_manifest(folder) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=columns)


def take_rows(folder: Path, places: Iterable[int], columns: Iterable[str]) -> dict[int, dict[str, Any]]:
    """Rows of a manifest by their places in it, from 0; row groups without any are not read.

    Raises DataError where it is damaged or missing.
    """
    wanted, found, start = np.unique(np.fromiter(places, np.int64)), {}, 0
    with open_manifest(folder) as file:
        for group in range(file.num_row_groups):
            stop = start + file.metadata.row_group(group).num_rows
            here = wanted[(wanted >= start) & (wanted < stop)]
            if len(here):
                rows = file.read_row_group(group, columns=list(columns)).take(pa.array(here - start)).to_pylist()
                found |= dict(zip(here.tolist(), rows, strict=True))
            start = stop
    return found


def read_hashes(column: pa.Array | pa.ChunkedArray) -> bytes:
    """The bytes of all hashes of a column, one after the other; nulls are left out."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    wide = [chunk.drop_null() for chunk in chunks]
    return b"".join(
        chunk.buffers()[1][chunk.offset * chunk.type.byte_width :][: len(chunk) * chunk.type.byte_width].to_pybytes()
        for chunk in wide
        if len(chunk)
    )


class RowCounter:
    """Counts rows as they pass: what dataset.json states and verify counts again."""

    COLUMNS = ("status", "reason", "split", "label", "video")

    def __init__(self) -> None:
        self._statuses: Counter[str] = Counter(dict.fromkeys(STATUSES, 0))
        self._reasons: Counter[str] = Counter()
        self._frames: Counter[tuple[str, int]] = Counter()
        self._videos: dict[tuple[str, int | None], set[str]] = defaultdict(set)  # of a mood; None: of the split

    def add(self, rows: pa.Table) -> None:
        for name, counter in (("status", self._statuses), ("reason", self._reasons)):
            found = pc.value_counts(rows[name].drop_null())
            counter.update(dict(zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True)))
        kept = rows.filter(pc.equal(rows["status"], "kept"))
        groups = kept.group_by(["split", "label", "video"]).aggregate([([], "count_all")])
        for group in groups.to_pylist():
            self._frames[group["split"], group["label"]] += group["count_all"]
            for label in (group["label"], None):
                self._videos[group["split"], label].add(group["video"])

    def counts(self) -> dict[str, Any]:
        """Rows by status and reason; kept frames, and videos that have any, by split and mood."""
        reasons = {reason: self._reasons[reason] for reason in (*REJECTIONS, *DUPLICATIONS) if self._reasons[reason]}
        splits = {
            split: {
                "frames": sum(self._frames[split, label] for label in range(len(KOREAN))),
                "videos": len(self._videos[split, None]),  # one with frames of two moods counts once
                "emotions": {
                    name: {"frames": self._frames[split, label], "videos": len(self._videos[split, label])}
                    for label, name in enumerate(KOREAN)
                },
            }
            for split in SPLITS
        }
        return {"rows": self._statuses.total(), **self._statuses, "reasons": reasons, "splits": splits}
