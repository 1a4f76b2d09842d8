"""Which frames go to which shard: deduplication across videos, the split, and the order by shuffle key."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from preprocess.near_duplicates.across_videos import ComparedFrames, FrameOutcomes, decide_outcomes
from preprocess.outcome import explain_no_frames
from preprocess.settings import PreprocessSettings
from preprocess.writing.finished_work import TaskSummary, VideoSummary
from preprocess.writing.kept_frames import KeptFrames, read_kept_frames
from preprocess.writing.keyed_order import rank_in_video
from preprocess.writing.validation_split import split_videos
from shards.dataset import shard_name
from shards.errors import DataError
from shards.record_fields import CROPS, WHOLE_FRAMES, RecordKind
from shards.storage.stores.remote_path import AnyPlace
from shards.tfrecord import OVERHEAD


class PlannedShard(NamedTuple):
    """A shard to be written: its file name, and the range of ShardPlan.order or .whole_order that it holds."""

    name: str
    start: int
    stop: int
    kind: RecordKind


@dataclass
class ShardPlan:
    """What is to be done with the frames that their videos keep."""

    videos: list[VideoSummary]
    is_val: np.ndarray  # (videos,) bool
    how_split: str  # one sentence for the user
    frames: KeptFrames
    outcomes: FrameOutcomes  # what deduplication across videos says of each frame
    order: np.ndarray  # the frames that go into shards, in the order of their records, training before validation
    whole_order: np.ndarray  # the same of frames.whole: places among these
    shards: list[PlannedShard]  # of both kinds

    def name_key(self, frame: int) -> str:
        """The manifest's key of a frame."""
        return f"{self.videos[self.frames.video[frame]].name}/{self.frames.numbers[frame]}"

    def shard_entries(self, shard: PlannedShard) -> np.ndarray:
        """A shard's records, (records,) SHARD_ENTRY."""
        if shard.kind is CROPS:
            return self.frames.entries[self.order[shard.start : shard.stop]]
        return self.frames.whole.entries[self.whole_order[shard.start : shard.stop]]

    def count_whole_frames(self, settings: PreprocessSettings) -> int:
        """At most how many whole frames go into shards; a dry run has none of them yet."""
        kept = np.bincount(self.frames.video[self.order], minlength=1)
        return int(np.minimum(kept, settings.frames.per_video).sum())

    def fingerprint(self, shard: PlannedShard, tasks: Sequence[TaskSummary]) -> str:
        """32 hexadecimal digits for all that decides a shard's bytes; its finished work is found by them."""
        state = hashlib.blake2b(shard.name.encode(), digest_size=16)
        entries = self.shard_entries(shard)
        for task in np.unique(entries["task"]):
            state.update(f"{tasks[task].name} {tasks[task].rows_digest}".encode())
        state.update(entries.tobytes())
        return state.hexdigest()


def make_plan(tasks: Sequence[TaskSummary], folder: AnyPlace, settings: PreprocessSettings) -> ShardPlan:
    """Split the videos, deduplicate across them, and assign the remaining frames to shards.

    `folder` holds the tasks' spills. Raises DataError where no frame is kept.
    """
    videos = [video for task in tasks for video in task.videos]
    frames = read_kept_frames(tasks, folder, settings.hash.bits)
    if not len(frames.keys):
        reasons = sum((Counter(task.reasons) for task in tasks), Counter())
        raise DataError(explain_no_frames(settings.sources, reasons))
    split = split_videos(videos, settings)
    is_val = split.is_val[frames.video]
    outcomes = decide_outcomes(_compare(frames, is_val), settings.dedupe)
    kept = np.flatnonzero(outcomes.is_kept)
    if not len(kept):
        raise _explain_conflicts(len(frames.keys), settings)
    order = kept[_sort_records(frames, kept, is_val)]
    frames.entries["label"] = outcomes.label
    _number_within_videos(frames, kept, len(videos))
    whole = frames.whole
    whole.entries["label"] = outcomes.label[whole.frames]
    whole_kept = np.flatnonzero(outcomes.is_kept[whole.frames])  # no twin of a validation frame, like the crops
    whole_order = whole_kept[_sort_records(frames, whole.frames[whole_kept], is_val)]
    shards = [
        *_divide_into_shards(CROPS, frames.entries["length"][order], ~is_val[order], settings.shard_bytes),
        *_divide_into_shards(
            WHOLE_FRAMES, whole.entries["length"][whole_order], ~is_val[whole.frames[whole_order]], settings.shard_bytes
        ),
    ]
    how_split = split.how + _describe_emptied_splits(is_val, outcomes.is_kept)
    return ShardPlan(videos, split.is_val, how_split, frames, outcomes, order, whole_order, shards)


def _sort_records(frames: KeptFrames, chosen: np.ndarray, is_val: np.ndarray) -> np.ndarray:
    """The order of the records of some frames, as places in `chosen`."""
    return np.lexsort((frames.video[chosen], frames.keys[chosen], is_val[chosen]))


def _compare(frames: KeptFrames, is_val: np.ndarray) -> ComparedFrames:
    label = frames.entries["label"]
    return ComparedFrames(
        frames.codes, frames.detail, frames.crop_size, frames.picture_digests, frames.video, is_val, label
    )


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
    """Set video_count, the kept frames of a frame's video, and video_index, its rank among them."""
    counts = np.bincount(frames.video[kept], minlength=videos)
    starts = np.cumsum(counts) - counts
    by_video = kept[np.lexsort((rank_in_video(frames.keys[kept]), frames.video[kept]))]
    frames.entries["video_index"][by_video] = np.arange(len(kept)) - starts[frames.video[by_video]]
    frames.entries["video_count"] = counts[frames.video]


def _divide_into_shards(
    kind: RecordKind, lengths: np.ndarray, is_training: np.ndarray, shard_bytes: int
) -> list[PlannedShard]:
    """Shards of about shard_bytes for records of `lengths` bytes, those for training first."""
    framed, training = lengths + OVERHEAD, int(np.count_nonzero(is_training))
    shards = []
    for split, start, stop in (("train", 0, training), ("val", training, len(framed))):
        count = min(max(1, round(int(framed[start:stop].sum()) / shard_bytes)), stop - start)
        edges = np.linspace(start, stop, count + 1).round().astype(int).tolist() if count else []
        ranges = enumerate(pairwise(edges))
        shards += [PlannedShard(shard_name(split, i, count, kind), *edge, kind) for i, edge in ranges]
    return shards
