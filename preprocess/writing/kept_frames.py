"""The frames that their videos keep, read from the tasks' rows as narrow columns.

They take about 80 bytes a frame of the driver's memory, and a digest for each of the few that have no detail; no string
is held for every frame.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc

from preprocess.near_duplicates.hamming_join import read_codes
from preprocess.writing.finished_work import TaskSummary
from preprocess.writing.spill import read_task_rows
from shards.manifest import read_hashes

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


def read_kept_frames(tasks: Sequence[TaskSummary], folder: Path, bits: int) -> KeptFrames:
    """Read what the plan needs of the tasks' spills in `folder`. `bits` is the length of the hashes.

    Raises DamagedWork.
    """
    starts = np.concatenate(([0], np.cumsum([task.counts.get("kept", 0) for task in tasks]))).astype(np.int64)
    n = int(starts[-1])
    # The rows and the summaries are sorted by video alike, so the counts alone say which video a frame belongs to.
    kept = [video.kept for task in tasks for video in task.videos]
    frames = KeptFrames(
        keys=np.empty(n, np.uint64),
        entries=np.zeros(n, SHARD_ENTRY),
        numbers=np.empty(n, np.int32),
        video=np.repeat(np.arange(len(kept), dtype=np.int32), kept),
        starts=starts,
        codes=np.empty((n, bits // 64), np.uint64),
        detail=np.empty(n, np.int32),
        crop_size=np.empty(n, np.int32),
        picture_digests={},
    )
    for number, task in enumerate(tasks):
        _read_task(frames, number, task, folder, bits)
    return frames


def _read_task(frames: KeptFrames, number: int, task: TaskSummary, folder: Path, bits: int) -> None:
    """Fill in the frames of one task."""
    columns = {
        "shuffle_key": frames.keys,
        "frame_number": frames.numbers,
        "detail": frames.detail,
        "crop_size": frames.crop_size,
        "label": frames.entries["label"],
        "spill_offset": frames.entries["offset"],
        "spill_length": frames.entries["length"],
        "spill_check": frames.entries["check"],
    }
    rows = read_task_rows(folder, task.name, task.rows_digest, [*columns, "hash", "pixels"])
    rows = rows.filter(pc.is_valid(rows["shuffle_key"])).combine_chunks()
    place = slice(frames.starts[number], frames.starts[number + 1])
    for name, values in columns.items():
        values[place] = rows[name].fill_null(0)  # a dry run has no records, so no places of them
    frames.codes[place] = read_codes(read_hashes(rows["hash"]), bits)
    frames.entries["task"][place] = number
    digests = rows["pixels"]
    for row in np.flatnonzero(digests.is_valid()):
        frames.picture_digests[int(place.start + row)] = digests[row].as_py()
