"""Which frames go to which shard: deduplication across videos, the split, and the order by shuffle key."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from preprocess.near_duplicates.across_videos import ComparedFrames, FrameOutcomes, decide_outcomes
from preprocess.near_duplicates.hamming_join_loops import splitmix64
from preprocess.settings import PreprocessSettings
from preprocess.writing.finished_work import TaskSummary, VideoSummary
from preprocess.writing.kept_frames import KeptFrames, read_kept_frames
from preprocess.writing.validation_split import split_videos
from shards.dataset import shard_name
from shards.errors import DataError
from shards.tfrecord import OVERHEAD


class PlannedShard(NamedTuple):
    """A shard to be written: its file name, and the range of ShardPlan.order that it holds."""

    name: str
    start: int
    stop: int


@dataclass
class ShardPlan:
    """What is to be done with the frames that their videos keep."""

    videos: list[VideoSummary]
    is_val: np.ndarray  # (videos,) bool
    how_split: str  # one sentence for the user
    frames: KeptFrames
    outcomes: FrameOutcomes  # what deduplication across videos says of each frame
    order: np.ndarray  # the frames that go into shards, in the order of their records, training before validation
    shards: list[PlannedShard]

    def name_key(self, frame: int) -> str:
        """The manifest's key of a frame."""
        return f"{self.videos[self.frames.video[frame]].name}/{self.frames.numbers[frame]}"

    def shard_entries(self, shard: PlannedShard) -> np.ndarray:
        """A shard's records, (records,) SHARD_ENTRY."""
        return self.frames.entries[self.order[shard.start : shard.stop]]

    def fingerprint(self, shard: PlannedShard, tasks: Sequence[TaskSummary]) -> str:
        """32 hexadecimal digits for all that decides a shard's bytes; its finished work is found by them."""
        state = hashlib.blake2b(shard.name.encode(), digest_size=16)
        entries = self.shard_entries(shard)
        for task in np.unique(entries["task"]):
            state.update(f"{tasks[task].name} {tasks[task].rows_digest}".encode())
        state.update(entries.tobytes())
        return state.hexdigest()


def make_plan(tasks: Sequence[TaskSummary], folder: Path, settings: PreprocessSettings) -> ShardPlan:
    """Split the videos, deduplicate across them, and assign the remaining frames to shards.

    `folder` holds the tasks' spills. Raises DataError where no frame is kept.
    """
    videos = [video for task in tasks for video in task.videos]
    frames = read_kept_frames(tasks, folder, settings.hash.bits)
    if not len(frames.keys):
        raise _explain_no_frames(tasks, settings)
    split = split_videos(videos, settings)
    is_val = split.is_val[frames.video]
    outcomes = decide_outcomes(_compare(frames, is_val), settings.dedupe)
    kept = np.flatnonzero(outcomes.is_kept)
    if not len(kept):
        raise _explain_conflicts(len(frames.keys), settings)
    order = kept[np.lexsort((frames.video[kept], frames.keys[kept], is_val[kept]))]
    frames.entries["label"] = outcomes.label
    _number_within_videos(frames, kept, len(videos))
    shards = _divide_into_shards(frames.entries["length"][order], np.count_nonzero(~is_val[kept]), settings.shard_bytes)
    how_split = split.how + _describe_emptied_splits(is_val, outcomes.is_kept)
    return ShardPlan(videos, split.is_val, how_split, frames, outcomes, order, shards)


def _compare(frames: KeptFrames, is_val: np.ndarray) -> ComparedFrames:
    label = frames.entries["label"]
    return ComparedFrames(
        frames.codes, frames.detail, frames.crop_size, frames.picture_digests, frames.video, is_val, label
    )


def _explain_no_frames(tasks: Sequence[TaskSummary], settings: PreprocessSettings) -> DataError:
    reasons = sum((Counter(task.reasons) for task in tasks), Counter())
    found = ", ".join(f"{reason} {number}" for reason, number in reasons.most_common()) or "there are no annotations"
    hint = "; --label_map FILE says which mood a label or category means" if reasons["emotion_unknown"] else ""
    return DataError(f"{', '.join(settings.sources)}: no frame is good enough to keep: {found}{hint}")


def _explain_conflicts(frames: int, settings: PreprocessSettings) -> DataError:
    return DataError(
        f"{', '.join(settings.sources)}: all {frames:,} frames have near-duplicates of another mood; "
        "use --dedupe.conflicts keep or majority instead of drop"
    )


def _describe_emptied_splits(is_val: np.ndarray, is_kept: np.ndarray) -> str:
    """What to add to the sentence on the split where deduplication across videos has removed all frames of one."""
    text = ""
    for name, side in (("training", ~is_val), ("validation", is_val)):
        if side.any() and not is_kept[side].any():
            text += f"; {name} is EMPTY: all its {np.count_nonzero(side):,} frames went as copies of other videos'"
    return text


def _number_within_videos(frames: KeptFrames, kept: np.ndarray, videos: int) -> None:
    """Set video_count, the kept frames of a frame's video, and video_index, its rank among them by a second hash.

    By the shuffle key itself, video_index would follow the order of the shards, and the first K frames of every video
    would all lie in the first shards.
    """
    counts = np.bincount(frames.video[kept], minlength=videos)
    starts = np.cumsum(counts) - counts
    by_video = kept[np.lexsort((splitmix64(frames.keys[kept]), frames.video[kept]))]
    frames.entries["video_index"][by_video] = np.arange(len(kept)) - starts[frames.video[by_video]]
    frames.entries["video_count"] = counts[frames.video]


def _divide_into_shards(lengths: np.ndarray, training: int, shard_bytes: int) -> list[PlannedShard]:
    """Shards of about shard_bytes for records of `lengths` bytes, the first `training` of which are for training."""
    framed = lengths + OVERHEAD
    return [
        *_divide_split("train", framed, 0, training, shard_bytes),
        *_divide_split("val", framed, training, len(framed), shard_bytes),
    ]


def _divide_split(split: str, framed: np.ndarray, start: int, stop: int, shard_bytes: int) -> list[PlannedShard]:
    """Ranges with equal numbers of records; none for an empty split."""
    count = min(max(1, round(int(framed[start:stop].sum()) / shard_bytes)), stop - start)
    edges = np.linspace(start, stop, count + 1).round().astype(int) if count else []
    return [PlannedShard(shard_name(split, i, count), int(edges[i]), int(edges[i + 1])) for i in range(count)]
