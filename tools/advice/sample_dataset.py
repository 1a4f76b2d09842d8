"""The dataset that a run would make of the sampled videos: for the trial of training, and to see what stays of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from preprocess.output_folder.publication import assemble_dataset, publish_dataset
from preprocess.output_folder.work_folders import spill_folder, staging_folder
from preprocess.settings import PreprocessSettings
from preprocess.writing.final_rows import complete_rows
from preprocess.writing.finished_work import TaskSummary
from preprocess.writing.shard_plan import make_plan
from preprocess.writing.shard_task import run_shard_task
from shards.dataset import Dataset


class SampleDataset(NamedTuple):
    dataset: Dataset
    is_val: dict[str, bool]  # by the name of a video
    kept: int  # frames, after the comparison of all sampled videos


def assemble_sample(tasks: Sequence[TaskSummary], settings: PreprocessSettings) -> SampleDataset:
    """Do with finished video tasks what a run does after them, in this process. The dataset goes to settings.out.

    Raises DataError where no frame is kept.
    """
    spills, stage = spill_folder(settings), staging_folder(settings)
    plan = make_plan(tasks, spills, settings)
    stage.mkdir(parents=True, exist_ok=True)
    names = [task.name for task in tasks]
    done = []
    for shard in plan.shards:
        entries, note = plan.shard_entries(shard), stage / f"{shard.name}.json"
        done.append(run_shard_task(shard.name, entries, names, spills, [stage], note))
    dataset = assemble_dataset(complete_rows(plan, tasks, done, spills), done, settings)
    Path(settings.out).mkdir(parents=True, exist_ok=True)
    publish_dataset(dataset, done, settings)
    is_val = {video.name: bool(val) for video, val in zip(plan.videos, plan.is_val, strict=True)}
    return SampleDataset(dataset, is_val, len(plan.order))
