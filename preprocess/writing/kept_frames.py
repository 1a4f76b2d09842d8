"""The frames that their videos keep, read from the tasks' rows as narrow columns.

They take about 80 bytes a frame of the driver's memory, and a digest for each of the few that have no detail; no string
is held for every frame.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preprocess.near_duplicates.hamming_join import read_codes
from preprocess.writing.finished_work import TaskSummary
from preprocess.writing.spill import read_task_rows
from shards.manifest import read_hashes
from shards.storage.places import read_in_order
from shards.storage.stores.remote_path import AnyPlace

# What a shard task is told of a record; a shard's entries are in the order of its records.
SHARD_ENTRY = np.dtype(
    [
        ("task", np.int32),  # index into the list of tasks
        ("offset", np.int64),  # of the record in that task's file, in bytes
        ("length", np.int32),
        ("check", np.uint32),  # CRC-32C of the record in that file
        ("video_index", np.int32),
        ("video_count", np.int32),
        ("label", np.int8),
    ]
)


# Columns of a task's rows that say where the records of whole frames are, by the fields of SHARD_ENTRY.
_FRAME_COLUMNS = {"frame_spill_offset": "offset", "frame_spill_length": "length", "frame_spill_check": "check"}
_FRAME_VALUES = ("shuffle_key", "frame_number", "detail", "crop_size")  # columns, by the order of KeptFrames' arrays
_ENTRY_COLUMNS = {"label": "label", "spill_offset": "offset", "spill_length": "length", "spill_check": "check"}
_COLUMNS_READ = [*_FRAME_VALUES, *_ENTRY_COLUMNS, *_FRAME_COLUMNS, "hash", "pixels"]


class WholeFrames(NamedTuple):
    """m of the kept frames whose whole pictures have records too, in the same order."""

    frames: np.ndarray  # (m,) int64: their places among the kept frames
    entries: np.ndarray  # (m,) SHARD_ENTRY


class KeptFrames(NamedTuple):
    """n frames in the manifest's order."""

    keys: np.ndarray  # (n,) uint64: shuffle keys
    entries: np.ndarray  # (n,) SHARD_ENTRY; video_index and video_count are not set yet
    numbers: np.ndarray  # (n,) int32: frame_number
    video: np.ndarray  # (n,) int32: index into the list of all tasks' videos
    starts: np.ndarray  # (tasks + 1,) int64: the first frame of each task, then n
    codes: np.ndarray  # (n, words) uint64: hashes
    detail: np.ndarray  # (n,) int32
    crop_size: np.ndarray  # (n,) int32: pixels
    picture_digests: dict[int, bytes]  # by frame, of those whose detail score is under the minimum
    whole: WholeFrames


def read_kept_frames(tasks: Sequence[TaskSummary], folder: AnyPlace, bits: int) -> KeptFrames:
    """Read what the plan needs of the tasks' spills in `folder`. `bits` is the length of the hashes.

    Raises DamagedWork.
    """
    starts = np.concatenate(([0], np.cumsum([task.counts.get("kept", 0) for task in tasks]))).astype(np.int64)
    n = int(starts[-1])
    # The rows and the summaries are sorted by video alike, so the counts alone say which video a frame belongs to.
    kept = [video.kept for task in tasks for video in task.videos]
    frames = _allocate(n, np.repeat(np.arange(len(kept), dtype=np.int32), kept), starts, bits)
    found = read_in_order(
        lambda task: read_task_rows(folder, task.name, task.rows_digest, _COLUMNS_READ), tasks, folder
    )
    whole = [frames.whole, *(_take_rows(frames, number, rows, bits) for number, rows in enumerate(found))]
    return frames._replace(whole=WholeFrames(*(np.concatenate(parts) for parts in zip(*whole, strict=True))))


def _allocate(n: int, video: np.ndarray, starts: np.ndarray, bits: int) -> KeptFrames:
    """n frames whose videos and tasks are known and nothing else."""
    return KeptFrames(
        keys=np.empty(n, np.uint64),
        entries=np.zeros(n, SHARD_ENTRY),
        numbers=np.empty(n, np.int32),
        video=video,
        starts=starts,
        codes=np.empty((n, bits // 64), np.uint64),
        detail=np.empty(n, np.int32),
        crop_size=np.empty(n, np.int32),
        picture_digests={},
        whole=WholeFrames(np.empty(0, np.int64), np.empty(0, SHARD_ENTRY)),
    )


def _take_rows(frames: KeptFrames, number: int, rows: pa.Table, bits: int) -> WholeFrames:
    """Fill in the frames of one task from its rows. Returns those of them that have whole frames."""
    arrays = (frames.keys, frames.numbers, frames.detail, frames.crop_size)
    values_of = dict(zip(_FRAME_VALUES, arrays, strict=True))
    values_of |= {column: frames.entries[name] for column, name in _ENTRY_COLUMNS.items()}
    rows = rows.filter(pc.is_valid(rows["shuffle_key"])).combine_chunks()
    place = slice(frames.starts[number], frames.starts[number + 1])
    for name, values in values_of.items():
        values[place] = rows[name].fill_null(0)  # a dry run has no records, so no places of them
    frames.codes[place] = read_codes(read_hashes(rows["hash"]), bits)
    frames.entries["task"][place] = number
    digests = rows["pixels"]
    for row in np.flatnonzero(digests.is_valid()):
        frames.picture_digests[int(place.start + row)] = digests[row].as_py()
    return _read_whole_frames(rows, int(place.start), number)


def _read_whole_frames(rows: pa.Table, start: int, number: int) -> WholeFrames:
    """The whole frames among a task's kept rows, the first of which is the kept frame `start`."""
    here = np.flatnonzero(rows["frame_spill_length"].is_valid())
    entries = np.zeros(len(here), SHARD_ENTRY)
    entries["task"] = number
    for column, name in _FRAME_COLUMNS.items():
        entries[name] = rows[column].drop_null()
    return WholeFrames(start + here, entries)
