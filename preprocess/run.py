"""The whole way of a run, on one screen: check, list, videos, plan, shards, assemble."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from preprocess import summary
from preprocess.ray_cluster import run_tasks, start_ray
from preprocess.settings import PreprocessSettings
from preprocess.sources.source_kinds import check_sources, find_videos
from preprocess.sources.task_groups import group_into_tasks
from preprocess.sources.video import SourceListing, Video
from preprocess.writing.dry_run import write_dry_run
from preprocess.writing.output_folder import (
    check_folder,
    check_space,
    hash_folder,
    log_file,
    read_log,
    remove_leftovers,
    remove_rows,
    remove_work,
    renew_log,
    stage_folder,
    work_folder,
    write_log,
)
from preprocess.writing.publication import FinishedShard, assemble_dataset, publish_dataset
from preprocess.writing.shard_plan import ShardPlan, make_plan
from preprocess.writing.spill import DamagedWork, Origin, TaskSummary, discard_task
from shards.dataset import DATASET_FILE, Dataset, find_misfit, read_dataset
from shards.errors import CallError
from shards.storage.lock import lock_folder

_MENDINGS = 3  # of damaged work in one run; a disk that damages more is not to be trusted


@dataclass
class Stopwatch:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - start


def run(settings: PreprocessSettings) -> Dataset:
    """Make the dataset that the settings describe, or go on with one that was begun; prints what came out."""
    watch = Stopwatch()
    check_sources(settings.sources)
    check_folder(settings)
    with lock_folder(Path(settings.out)):
        remove_leftovers(settings)
        with watch.time("list"):
            source = find_videos(settings.source, settings.valid_source, settings.label_map)
            groups = group_into_tasks(source)
        with start_ray(settings.workers, settings.address) as workers:
            make = _look_only if settings.dry_run else _make_dataset
            return _mend(lambda: make(source, groups, settings, workers, watch), settings)


def _mend(make: Callable[[], Dataset], settings: PreprocessSettings) -> Dataset:
    """What `make` returns; where it meets damaged work, that is discarded, said, and made again."""
    for _ in range(_MENDINGS):
        try:
            return make()
        except DamagedWork as damage:
            summary.print_damage(str(damage))
            discard_task(work_folder(settings), damage.task)
    return make()


def _look_only(
    source: SourceListing, groups: Sequence[list[Video]], settings: PreprocessSettings, workers: int, watch: Stopwatch
) -> Dataset:
    """A dry run: hashes, which stay, and what would be made of them."""
    summary.print_start(source, workers)
    with watch.time("videos"):
        tasks = _run_videos(groups, settings, workers)
    with watch.time("plan"):
        plan = make_plan(tasks, work_folder(settings), settings)
    found = write_dry_run(plan, tasks, settings, work_folder(settings))
    remove_rows(settings)
    summary.print_dry_run(found, plan.how_split, Path(settings.out), source.frames, watch.seconds)
    return found


def _make_dataset(
    source: SourceListing, groups: Sequence[list[Video]], settings: PreprocessSettings, workers: int, watch: Stopwatch
) -> Dataset:
    out = Path(settings.out)
    if (out / DATASET_FILE).exists() and _is_same(groups, settings, workers):
        remove_work(settings)  # of a run that was killed after its last rename
        summary.print_nothing_to_do(out)
        return read_dataset(out)
    summary.print_start(source, workers, check_space(settings, source))
    with watch.time("videos"):
        tasks = _run_videos(groups, settings, workers)
    summary.print_rows(tasks)
    with watch.time("plan"):
        plan = make_plan(tasks, work_folder(settings), settings)
    with watch.time("shards"):
        finished = _run_shards(plan, tasks, settings, workers)
    with watch.time("assemble"):
        dataset = assemble_dataset(plan, tasks, finished, settings, work_folder(settings))
    write_log(settings, dataset.digest, tasks, source, workers, watch.seconds)
    publish_dataset(dataset, finished, settings)
    remove_work(settings)
    summary.print_end(dataset, plan.how_split, out, source.frames, watch.seconds)
    return dataset


def _run_videos(groups: Sequence[list[Video]], settings: PreprocessSettings, workers: int) -> list[TaskSummary]:
    folder = work_folder(settings).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    tasks: list[TaskSummary | None] = [None] * len(groups)
    hashes = hash_folder(settings).absolute()
    calls = [(group, settings, folder, hashes) for group in groups]
    with summary.FrameProgress(groups) as progress:
        for place, task in run_tasks(_run_video_task, calls, workers, "video task"):
            if task.damage:
                summary.print_damage(task.damage)
            tasks[place] = task
            progress.add(place, task)
    return tasks


def _run_shards(
    plan: ShardPlan, tasks: Sequence[TaskSummary], settings: PreprocessSettings, workers: int
) -> list[FinishedShard]:
    """Write the shards that are not finished yet. What one is made from is part of the name of its note."""
    stage, spills = stage_folder(settings), work_folder(settings).absolute()
    stage.mkdir(parents=True, exist_ok=True)
    names, places = [task.name for task in tasks], (stage, Path(settings.out).absolute())
    calls = [
        (shard.name, plan.shard_entries(shard), names, spills, places, stage / f"{plan.fingerprint(shard, tasks)}.json")
        for shard in plan.shards
    ]
    finished: list[FinishedShard | None] = [None] * len(calls)
    with summary.show_progress(len(calls), "shard") as progress:
        for place, done in run_tasks(_run_shard_task, calls, workers, "shard"):
            if done.damage:
                summary.print_damage(done.damage)
            finished[place] = done
            progress.update()
    return finished


# The tasks are imported where they run: the driver needs no TensorFlow, nor its seconds and its 0.5 GB.


def _run_video_task(*call: Any) -> TaskSummary:
    from preprocess.writing import video_task

    return video_task.run_video_task(*call)


def _run_shard_task(*call: Any) -> FinishedShard:
    from preprocess.writing import shard_task

    return shard_task.run_shard_task(*call)


def _check_videos(*call: Any) -> Origin | None:
    from preprocess.writing import video_task

    return video_task.check_videos(*call)


def _is_same(groups: Sequence[list[Video]], settings: PreprocessSettings, workers: int) -> bool:
    """Whether the dataset in OUT was made from what the sources hold now, by these settings.

    Raises CallError where it was not and may not be replaced.
    """
    out = Path(settings.out)
    log = read_log(out)
    noted = [(name, Origin(stamps, contents)) for name, stamps, contents in log["tasks"]] if log else []
    origins = _check_tasks(groups, noted, settings, workers) if len(noted) == len(groups) else None
    if origins:
        if find_misfit(out) is not None:
            return False  # it is made anew: the same bytes, so nothing is lost
        names = [name for name, _ in noted]
        renew_log(out, log, [[name, o.stamps, o.contents] for name, o in zip(names, origins, strict=True)])
        return True
    if settings.replace:
        return False
    raise CallError(
        f"{settings.out} holds a dataset from other inputs or settings (see {log_file(Path(settings.out))}); "
        "give --replace or another --out"
    )


def _check_tasks(
    groups: Sequence[list[Video]], noted: Sequence[tuple[str, Origin]], settings: PreprocessSettings, workers: int
) -> list[Origin] | None:
    """The state of what each task would read; None where one of them would read something else than is noted."""
    origins: list[Origin | None] = [None] * len(groups)
    calls = [(group, settings.fingerprint(), *note) for group, note in zip(groups, noted, strict=True)]
    with summary.show_progress(len(calls), "check") as progress:
        for place, origin in run_tasks(_check_videos, calls, workers, "check"):
            if origin is None:
                return None
            origins[place] = origin
            progress.update()
    return origins
