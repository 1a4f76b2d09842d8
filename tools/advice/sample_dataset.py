"""The dataset that a run would make of the sampled videos: for the trial of training, and to see what stays of them."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from preprocess.outcome import judge_outcome, list_split_moods
from preprocess.output_folder.publication import assemble_dataset, publish_dataset
from preprocess.output_folder.work_folders import spill_folder, staging_folder
from preprocess.settings import PreprocessSettings
from preprocess.sources.video import SourceListing
from preprocess.writing.final_rows import complete_rows
from preprocess.writing.finished_work import TaskSummary
from preprocess.writing.shard_plan import make_plan
from preprocess.writing.shard_task import run_shard_task
from shards.dataset import SPLITS
from tools.advice.task_sample import TaskSample


class StayingVideo(NamedTuple):
    frames: int  # that stay after the comparison with all other sampled videos
    val_share: float  # how likely a run has it in validation, 0 to 1


class SampleDataset(NamedTuple):
    counts: dict[str, Any]  # as dataset.json states them
    bytes: int  # of its shards
    videos: dict[str, StayingVideo]  # by name, those that have frames to keep of their own

    @property
    def frames(self) -> int:
        return sum(video.frames for video in self.videos.values())


def assemble_sample(sample: TaskSample, source: SourceListing, settings: PreprocessSettings) -> SampleDataset:
    """Do with finished video tasks what a run does after them, in this process. The dataset goes to settings.out.

    Raises DataError where no frame is kept.
    """
    spills, stage = spill_folder(settings), staging_folder(settings)
    tasks = sorted((task.summary for task in sample.tasks), key=_name_first_video)  # nearly the manifest's order
    # The videos know already which of them are for validation; that one split has none in a part of them is no fault.
    plan = make_plan(tasks, spills, settings if sample.is_whole else replace(settings, valid_source=[]))
    stage.mkdir(parents=True, exist_ok=True)
    names = [task.name for task in tasks]
    done = []
    for shard in plan.shards:
        entries, note = plan.shard_entries(shard), stage / f"{shard.name}.json"
        done.append(run_shard_task(shard.name, entries, names, spills, [stage], note))
    dataset = assemble_dataset(complete_rows(plan, tasks, done, spills), done, settings)
    Path(settings.out).mkdir(parents=True, exist_ok=True)
    publish_dataset(dataset, done, settings)
    own = {video.split for video in source.videos}
    if sample.is_whole:
        shares = plan.is_val.astype(float).tolist()
    elif {"train", "val"} <= own:
        shares = [float(video.split == "val") for video in plan.videos]
    else:
        shares = [float(settings.split.val_fraction)] * len(plan.videos)
    staying = np.bincount(plan.frames.video[plan.order], minlength=len(plan.videos)).tolist()
    videos = {  # of several videos of one name only the first has frames to keep
        video.name: StayingVideo(frames, share)
        for video, frames, share in zip(plan.videos, staying, shares, strict=True)
        if video.kept
    }
    return SampleDataset(dataset.counts, sum(shard.bytes for shard in dataset.all_shards), videos)


def find_obstacle(counts: dict[str, Any], judged_elsewhere: bool = False) -> str | None:
    """Why training would refuse a dataset with these counts, in preprocess' words; None where it would not.

    A model that is `judged_elsewhere`, by another dataset, needs the training split alone.
    """
    training = counts["splits"]["train"]
    if judged_elsewhere and training["frames"]:
        counts = counts | {"splits": {"train": training, "val": training}}
    taught, checked = (set(list_split_moods(counts["splits"][split])) for split in SPLITS)
    if len(taught) > 1 and taught & checked:
        return None
    if len(taught) > 1 and checked:
        return "validation shows none of the moods of training; name others for validation (--valid_source)"
    return judge_outcome(counts).faults[0]


def _name_first_video(task: TaskSummary) -> str:
    return task.videos[0].name if task.videos else ""
