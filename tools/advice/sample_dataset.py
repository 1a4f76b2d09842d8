"""The dataset that a run would make of the sampled videos: for the trial of training, and to see what stays of them."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from preprocess.output_folder.publication import assemble_dataset, publish_dataset
from preprocess.output_folder.work_folders import spill_folder, staging_folder
from preprocess.settings import PreprocessSettings
from preprocess.sources.video import SourceListing
from preprocess.writing.final_rows import complete_rows
from preprocess.writing.finished_work import TaskSummary
from preprocess.writing.shard_plan import make_plan
from preprocess.writing.shard_task import run_shard_task
from shards.dataset import Dataset
from tools.advice.task_sample import TaskSample


class SampleDataset(NamedTuple):
    dataset: Dataset
    val_share: dict[str, float]  # by the name of a sampled video: how likely a run has it in validation, 0 to 1
    kept: int  # frames, after the comparison of all sampled videos


def assemble_sample(sample: TaskSample, source: SourceListing, settings: PreprocessSettings) -> SampleDataset:
    """Do with finished video tasks what a run does after them, in this process. The dataset goes to settings.out.

    Raises DataError where no frame is kept.
    """
    spills, stage = spill_folder(settings), staging_folder(settings)
    tasks = sorted((task.summary for task in sample.tasks), key=_name_first_video)  # nearly the manifest's order
    # The videos know already which of them are for validation; that one split has none in a sample is no fault.
    plan = make_plan(tasks, spills, replace(settings, valid_source=[]))
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
    if sample.share == 1:
        shares = plan.is_val.astype(float).tolist()
    elif {"train", "val"} <= own:
        shares = [float(video.split == "val") for video in plan.videos]
    else:
        shares = [float(settings.split.val_fraction)] * len(plan.videos)
    return SampleDataset(
        dataset, dict(zip((video.name for video in plan.videos), shares, strict=True)), len(plan.order)
    )


def _name_first_video(task: TaskSummary) -> str:
    return task.videos[0].name if task.videos else ""
