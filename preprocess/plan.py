"""Which record goes where: split, shard and place of every kept frame, from narrow columns of the tasks' rows.

The driver's memory is here: about 60 bytes a kept frame, and never a string for each of them.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc

from preprocess.settings import Settings
from preprocess.spill import TaskSummary, VideoSummary, read_rows
from preprocess.split import split_videos
from shards.dataset import shard_name
from shards.errors import DataError
from shards.tfrecord import OVERHEAD

# One entry for each record of a shard, in the shard's order: all that a shard task is told.
ENTRY = np.dtype(
    [
        ("task", np.int32),  # place in the list of tasks
        ("offset", np.int64),  # in that task's records
        ("length", np.int32),
        ("video_index", np.int32),
        ("video_count", np.int32),
    ]
)


class PlannedShard(NamedTuple):
    """A shard to be written: its file name, and the range of the plan's order that it holds."""

    name: str
    start: int
    stop: int


@dataclass
class Plan:
    """Places of all kept frames. Arrays run over the kept frames in the manifest's order, except `order` and shards."""

    videos: list[VideoSummary]
    is_val: np.ndarray  # of each video
    how_split: str
    first: np.ndarray  # of each task, and one past the last: its first kept frame
    entries: np.ndarray  # ENTRY
    order: np.ndarray  # the kept frames in shard order, train before val
    shards: list[PlannedShard]

    def shard_entries(self, shard: PlannedShard) -> np.ndarray:
        return self.entries[self.order[shard.start : shard.stop]]

    def fingerprint(self, shard: PlannedShard, tasks: Sequence[TaskSummary]) -> str:
        """Names a shard's finished work: all that decides its bytes."""
        state = hashlib.blake2b(shard.name.encode(), digest_size=16)
        entries = self.shard_entries(shard)
        for task in np.unique(entries["task"]):
            state.update(tasks[task].name.encode())
        state.update(entries.tobytes())
        return state.hexdigest()


def make_plan(tasks: Sequence[TaskSummary], folder: Path, settings: Settings) -> Plan:
    """Split the videos and place every kept frame by its shuffle key.

    Raises DataError where no frame is kept.
    """
    videos = [video for task in tasks for video in task.videos]
    keys, entries, owner, first = _read_kept(tasks, folder)
    if not len(keys):
        reasons = sum((Counter(task.reasons) for task in tasks), Counter())
        found = (
            ", ".join(f"{reason} {number}" for reason, number in reasons.most_common()) or "there are no annotations"
        )
        raise DataError(f"{', '.join(settings.source)}: no frame is good enough to keep: {found}")
    split = split_videos(videos, settings)
    frame_is_val = split.is_val[owner]
    order = np.lexsort((owner, keys, frame_is_val))  # train before val, then by key
    _number_within_videos(entries, keys, owner, len(videos))
    lengths = entries["length"][order] + OVERHEAD
    boundary = len(keys) - int(frame_is_val.sum())
    shards = [
        *_cut_shards("train", lengths, 0, boundary, settings.shard_bytes),
        *_cut_shards("val", lengths, boundary, len(keys), settings.shard_bytes),
    ]
    return Plan(videos, split.is_val, split.how, first, entries, order, shards)


def _read_kept(tasks: Sequence[TaskSummary], folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shuffle keys, entries and owners (place of the video) of the kept frames, and where each task's begin."""
    kept = [task.counts.get("kept", 0) for task in tasks]
    first = np.concatenate(([0], np.cumsum(kept))).astype(np.int64)
    keys, entries = np.empty(first[-1], np.uint64), np.zeros(first[-1], ENTRY)
    columns = ["shuffle_key", "spill_offset", "spill_length"]
    for number, task in enumerate(tasks):
        rows = read_rows(folder, task.name, columns)
        rows = rows.filter(pc.is_valid(rows["shuffle_key"]))
        mine = slice(first[number], first[number + 1])
        keys[mine], entries["offset"][mine], entries["length"][mine] = (rows[name].to_numpy() for name in columns)
        entries["task"][mine] = number
    # Rows are sorted by video as the summaries are, so the counts alone say whose each kept frame is.
    counts = [video.kept for task in tasks for video in task.videos]
    return keys, entries, np.repeat(np.arange(len(counts)), counts), first


def _number_within_videos(entries: np.ndarray, keys: np.ndarray, owner: np.ndarray, videos: int) -> None:
    """video_index: a frame's rank in its video by a second hash of its shuffle key.

    By the key itself it would be the order of the shards once more, and the first K frames of each video would all lie
    in the first of them.
    """
    counts = np.bincount(owner, minlength=videos)
    begins = np.cumsum(counts) - counts
    by_video = np.lexsort((_mix(keys), owner))
    entries["video_index"][by_video] = np.arange(len(keys)) - begins[owner[by_video]]
    entries["video_count"] = counts[owner]


def _mix(keys: np.ndarray) -> np.ndarray:
    """splitmix64's output function (Steele, Lea, Flood 2014): a permutation of the 64-bit integers."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def _cut_shards(split: str, lengths: np.ndarray, start: int, stop: int, shard_bytes: int) -> list[PlannedShard]:
    """Ranges with equal numbers of records, about shard_bytes each; none for an empty split."""
    count = min(max(1, round(int(lengths[start:stop].sum()) / shard_bytes)), stop - start)
    edges = np.linspace(start, stop, count + 1).round().astype(int) if count else []
    return [PlannedShard(shard_name(split, i, count), int(edges[i]), int(edges[i + 1])) for i in range(count)]
