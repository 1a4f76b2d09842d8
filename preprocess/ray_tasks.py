"""The Ray tasks of a run, each kind handed out with a progress bar: video tasks, shard tasks, checks of inputs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from console.progress import show_progress
from preprocess import messages
from preprocess.output_folder.versions import next_version
from preprocess.output_folder.work_folders import hash_folder, shard_folder, spill_folder, staging_folder
from preprocess.settings import PreprocessSettings
from preprocess.sources.video import Video
from preprocess.task_handout import run_tasks
from preprocess.writing.finished_shard import FinishedShard, keep_lengths_small
from preprocess.writing.finished_work import Origin, TaskSummary
from shards.storage.places import make_folder
from shards.storage.stores.remote_path import RemotePath, locate

if TYPE_CHECKING:
    from preprocess.writing.shard_plan import ShardPlan  # imports numba, which the first tasks are not to wait for


def run_video_tasks(groups: Sequence[list[Video]], settings: PreprocessSettings) -> list[TaskSummary]:
    """Process each group of videos. Returns their summaries in the order of the groups."""
    spills, hashes = spill_folder(settings), hash_folder(settings)
    make_folder(spills)
    summaries: list[TaskSummary | None] = [None] * len(groups)
    calls = [(group, settings, spills, hashes) for group in groups]
    with messages.FrameProgress(groups) as progress:
        for place, summary in run_tasks(_run_video_task, calls, settings.workers, "video task"):
            if summary.damage:
                messages.print_damage(summary.damage)
            summaries[place] = summary
            progress.add(place, summary)
    return summaries


def run_shard_tasks(
    plan: "ShardPlan", tasks: Sequence[TaskSummary], settings: PreprocessSettings
) -> list[FinishedShard]:
    """Write the planned shards that are not finished yet. Returns all of them in the order of the plan."""
    for folder in (shard_folder(settings), staging_folder(settings)):
        make_folder(folder)
    calls = ShardCalls(plan, tasks, settings)
    shards: list[FinishedShard | None] = [None] * len(calls)
    with show_progress(len(calls), "shard") as progress:
        for place, shard in run_tasks(_run_shard_task, calls, settings.workers, "shard"):
            if shard.damage:
                messages.print_damage(shard.damage)
            shards[place] = keep_lengths_small(shard)
            progress.update()
    return shards


class ShardCalls(Sequence):
    """The call of each planned shard's task, made when it is asked for: together they are a copy of all entries."""

    def __init__(self, plan: "ShardPlan", tasks: Sequence[TaskSummary], settings: PreprocessSettings):
        self._plan, self._tasks = plan, tasks
        self._staging, self._spills = shard_folder(settings), spill_folder(settings)
        out = locate(settings.out)
        published = (out,) if isinstance(out, RemotePath) else (next_version(out.absolute()), out.absolute())
        self._folders = self._staging, *published

    def __len__(self) -> int:
        return len(self._plan.shards)

    def __getitem__(self, place: int) -> tuple:
        shard = self._plan.shards[place]
        entries = self._plan.shard_entries(shard)  # a copy
        # Only the names of tasks that have a record in the shard: all of them for every shard would be quadratic.
        used, entries["task"] = np.unique(entries["task"], return_inverse=True)
        names = [self._tasks[task].name for task in used.tolist()]
        # The note is named by all that decides the shard's bytes, so a shard of another plan is not found.
        note = self._staging / f"{self._plan.fingerprint(shard, self._tasks)}.json"
        return shard.name, entries, names, self._spills, self._folders, note


def check_inputs(
    groups: Sequence[list[Video]], noted: Sequence[tuple[str, Origin]], settings: PreprocessSettings
) -> list[Origin] | None:
    """Compare what each video task would read with what it has read for the dataset in OUT: its name and origin.

    Returns the origins with the present times of change; None as soon as one task would read something else.
    """
    origins: list[Origin | None] = [None] * len(groups)
    calls = [(group, settings.fingerprint(), *note) for group, note in zip(groups, noted, strict=True)]
    with show_progress(len(calls), "check") as progress:
        for place, origin in run_tasks(_check_task_inputs, calls, settings.workers, "check"):
            if origin is None:
                return None
            origins[place] = origin
            progress.update()
    return origins


# The workers import what a task needs when they run it. The driver never does: it decodes nothing.


def _run_video_task(*call: Any) -> TaskSummary:
    from preprocess.cutting.jpeg_decoder import promise_no_more_tensorflow
    from preprocess.writing import video_task

    promise_no_more_tensorflow()
    return video_task.run_video_task(*call)


def _run_shard_task(*call: Any) -> FinishedShard:
    from preprocess.writing import shard_task

    return shard_task.run_shard_task(*call)


def _check_task_inputs(*call: Any) -> Origin | None:
    from preprocess.writing import origin_check

    return origin_check.check_task_inputs(*call)
