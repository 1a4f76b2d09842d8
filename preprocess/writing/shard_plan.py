"""Which frame goes where: near-copies across videos, split, shard and place, from narrow columns of the tasks' rows.

The driver's memory is here: about 80 bytes for each frame that its video keeps, and a digest for the few that are
featureless, but never a string for each of them.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc

from preprocess.near_duplicates.across_videos import ComparedFrames, FrameOutcomes, decide_outcomes
from preprocess.near_duplicates.hamming_join import read_codes
from preprocess.near_duplicates.hamming_join_loops import splitmix64
from preprocess.settings import PreprocessSettings
from preprocess.writing.spill import TaskSummary, VideoSummary, read_task_rows
from preprocess.writing.validation_split import split_videos
from shards.dataset import shard_name
from shards.errors import DataError
from shards.manifest import read_hashes
from shards.tfrecord import OVERHEAD

# One entry for each record of a shard, in the shard's order: all that a shard task is told.
ENTRY = np.dtype(
    [
        ("task", np.int32),  # place in the list of tasks
        ("offset", np.int64),  # in that task's records
        ("length", np.int32),
        ("check", np.uint32),  # CRC-32C of what lies there
        ("video_index", np.int32),
        ("video_count", np.int32),
        ("label", np.int8),
    ]
)


class PlannedShard(NamedTuple):
    """A shard to be written: its file name, and the range of the plan's order that it holds."""

    name: str
    start: int
    stop: int


@dataclass
class ShardPlan:
    """What becomes of the frames that their videos keep. Arrays run over these as the manifest does."""

    videos: list[VideoSummary]
    is_val: np.ndarray  # of each video
    how_split: str
    first: np.ndarray  # of each task, and one past the last: its first frame
    owner: np.ndarray  # int32, the place of its video
    numbers: np.ndarray  # int32, frame_number
    fate: FrameOutcomes
    entries: np.ndarray  # ENTRY
    order: np.ndarray  # the frames that are kept in the end, in shard order, train before val
    shards: list[PlannedShard]

    def name_key(self, frame: int) -> str:
        return f"{self.videos[self.owner[frame]].name}/{self.numbers[frame]}"

    def shard_entries(self, shard: PlannedShard) -> np.ndarray:
        return self.entries[self.order[shard.start : shard.stop]]

    def fingerprint(self, shard: PlannedShard, tasks: Sequence[TaskSummary]) -> str:
        """Names a shard's finished work: all that decides its bytes."""
        state = hashlib.blake2b(shard.name.encode(), digest_size=16)
        entries = self.shard_entries(shard)
        for task in np.unique(entries["task"]):
            state.update(f"{tasks[task].name} {tasks[task].rows_digest}".encode())
        state.update(entries.tobytes())
        return state.hexdigest()


def make_plan(tasks: Sequence[TaskSummary], folder: Path, settings: PreprocessSettings) -> ShardPlan:
    """Split the videos, drop near-copies across them, and place every frame that is kept by its shuffle key.

    Raises DataError where no frame is kept.
    """
    videos = [video for task in tasks for video in task.videos]
    found = _read_frames(tasks, folder, settings.hash.bits)
    if not len(found.keys):
        reasons = sum((Counter(task.reasons) for task in tasks), Counter())
        found = (
            ", ".join(f"{reason} {number}" for reason, number in reasons.most_common()) or "there are no annotations"
        )
        raise DataError(f"{', '.join(settings.sources)}: no frame is good enough to keep: {found}")
    split = split_videos(videos, settings)
    is_val = split.is_val[found.owner]
    compared = ComparedFrames(*found.compared, found.owner, is_val, found.entries["label"])
    fate = decide_outcomes(compared, settings.dedupe)
    kept = np.flatnonzero(fate.is_kept)
    if not len(kept):
        raise DataError(
            f"{', '.join(settings.sources)}: all {len(fate.reason):,} frames have near-copies of another mood; "
            "use --dedupe.conflicts keep or majority instead of drop"
        )
    order = kept[np.lexsort((found.owner[kept], found.keys[kept], is_val[kept]))]  # train before val, then by key
    found.entries["label"] = fate.label
    _number_within_videos(found.entries, found.keys, found.owner, kept, len(videos))
    lengths = found.entries["length"][order] + OVERHEAD
    boundary = len(kept) - int(is_val[kept].sum())
    shards = [
        *_cut_shards("train", lengths, 0, boundary, settings.shard_bytes),
        *_cut_shards("val", lengths, boundary, len(kept), settings.shard_bytes),
    ]
    how = split.how + _tell_emptied(is_val, fate.is_kept)
    return ShardPlan(
        videos, split.is_val, how, found.first, found.owner, found.numbers, fate, found.entries, order, shards
    )


def _tell_emptied(is_val: np.ndarray, is_kept: np.ndarray) -> str:
    """What to add to the sentence on the split where the stage across videos has left nothing of one."""
    told = ""
    for name, side in (("training", ~is_val), ("validation", is_val)):
        if side.any() and not is_kept[side].any():
            told += f"; {name} is EMPTY: all its {np.count_nonzero(side):,} frames went as copies of other videos'"
    return told


class _Found(NamedTuple):
    """The frames that their videos keep, as the tasks' rows have them."""

    keys: np.ndarray  # uint64, shuffle keys
    entries: np.ndarray
    numbers: np.ndarray
    owner: np.ndarray
    first: np.ndarray
    compared: tuple[np.ndarray, np.ndarray, np.ndarray, dict[int, bytes]]  # the first columns of Frames


def _read_frames(tasks: Sequence[TaskSummary], folder: Path, bits: int) -> _Found:
    counts = [task.counts.get("kept", 0) for task in tasks]
    first = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    n = int(first[-1])
    keys, entries, codes = np.empty(n, np.uint64), np.zeros(n, ENTRY), np.empty((n, bits // 64), np.uint64)
    numbers, detail, crop_size = (np.empty(n, np.int32) for _ in range(3))
    columns = {"shuffle_key": keys, "frame_number": numbers, "detail": detail, "crop_size": crop_size}
    columns |= {"spill_offset": entries["offset"], "spill_length": entries["length"]}
    columns |= {"spill_check": entries["check"], "label": entries["label"]}
    pixels: dict[int, bytes] = {}
    for number, task in enumerate(tasks):
        rows = read_task_rows(folder, task.name, task.rows_digest, [*columns, "hash", "pixels"])
        rows = rows.filter(pc.is_valid(rows["shuffle_key"])).combine_chunks()
        mine = slice(first[number], first[number + 1])
        for name, values in columns.items():
            values[mine] = rows[name].fill_null(0)  # of a dry run there are no records
        codes[mine] = read_codes(read_hashes(rows["hash"]), bits)
        entries["task"][mine] = number
        digests = rows["pixels"]
        for place in np.flatnonzero(digests.is_valid()):
            pixels[int(mine.start + place)] = digests[place].as_py()
    # Rows are sorted by video as the summaries are, so the counts alone say whose each frame is.
    kept = [video.kept for task in tasks for video in task.videos]
    owner = np.repeat(np.arange(len(kept), dtype=np.int32), kept)
    return _Found(keys, entries, numbers, owner, first, (codes, detail, crop_size, pixels))


def _number_within_videos(
    entries: np.ndarray, keys: np.ndarray, owner: np.ndarray, kept: np.ndarray, videos: int
) -> None:
    """video_index: a kept frame's rank in its video by a second hash of its shuffle key.

    By the key itself it would be the order of the shards once more, and the first K frames of each video would all lie
    in the first of them.
    """
    counts = np.bincount(owner[kept], minlength=videos)
    begins = np.cumsum(counts) - counts
    by_video = kept[np.lexsort((splitmix64(keys[kept]), owner[kept]))]
    entries["video_index"][by_video] = np.arange(len(kept)) - begins[owner[by_video]]
    entries["video_count"] = counts[owner]


def _cut_shards(split: str, lengths: np.ndarray, start: int, stop: int, shard_bytes: int) -> list[PlannedShard]:
    """Ranges with equal numbers of records, about shard_bytes each; none for an empty split."""
    count = min(max(1, round(int(lengths[start:stop].sum()) / shard_bytes)), stop - start)
    edges = np.linspace(start, stop, count + 1).round().astype(int) if count else []
    return [PlannedShard(shard_name(split, i, count), int(edges[i]), int(edges[i + 1])) for i in range(count)]
