"""The whole way of a run, on one screen: check, list, videos, plan, shards, assemble."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from preprocess import summary
from preprocess.assembly import FinishedShard, assemble_dataset, is_finished, publish_dataset, stage_folder
from preprocess.cluster import run_tasks, start_ray
from preprocess.dry_run import write_dry_run
from preprocess.folder import (
    check_folder,
    check_space,
    hash_folder,
    log_file,
    read_log,
    remove_rows,
    remove_work,
    work_folder,
    write_log,
)
from preprocess.inputs import fingerprint_videos
from preprocess.plan import Plan, make_plan
from preprocess.settings import Settings, fingerprint_of
from preprocess.source import Source, Video, check_sources, find_videos, group_videos
from preprocess.spill import TaskSummary
from shards.dataset import FILE, Dataset, find_misfit, read_dataset
from shards.errors import CallError
from shards.files import write_atomically
from shards.lock import lock_folder


@dataclass
class Stopwatch:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - start


def run(settings: Settings) -> Dataset:
    """Make the dataset that the settings describe, or go on with one that was begun; prints what came out."""
    watch = Stopwatch()
    check_sources(settings.source)
    check_folder(settings)
    with lock_folder(Path(settings.out)):
        with watch.time("list"):
            source = find_videos(settings.source)
            groups = group_videos(source)
        with start_ray(settings.workers, settings.address) as workers:
            make = _look_only if settings.dry_run else _make_dataset
            return make(source, groups, settings, workers, watch)


def _look_only(
    source: Source, groups: Sequence[list[Video]], settings: Settings, workers: int, watch: Stopwatch
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
    source: Source, groups: Sequence[list[Video]], settings: Settings, workers: int, watch: Stopwatch
) -> Dataset:
    out = Path(settings.out)
    if (out / FILE).exists() and _is_same(groups, settings, workers):
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
    fingerprint = fingerprint_of([task.name for task in tasks])
    write_log(settings, dataset.digest, fingerprint, source, workers, watch.seconds)
    publish_dataset(dataset, finished, settings)
    remove_work(settings)
    summary.print_end(dataset, plan.how_split, out, source.frames, watch.seconds)
    return dataset


def _run_videos(groups: Sequence[list[Video]], settings: Settings, workers: int) -> list[TaskSummary]:
    folder = work_folder(settings).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    tasks: list[TaskSummary | None] = [None] * len(groups)
    hashes = hash_folder(settings).absolute()
    calls = [(group, settings, folder, hashes) for group in groups]
    with summary.FrameProgress(groups) as progress:
        for place, task in run_tasks(run_video_task, calls, workers, "video task"):
            tasks[place] = task
            progress.add(place, task)
    return tasks


def _run_shards(plan: Plan, tasks: Sequence[TaskSummary], settings: Settings, workers: int) -> list[FinishedShard]:
    """Write the shards that are not finished yet. What a finished one is made from is part of its record's name."""
    stage, spills = stage_folder(settings), work_folder(settings).absolute()
    stage.mkdir(parents=True, exist_ok=True)
    records = [stage / f"{plan.fingerprint(shard, tasks)}.json" for shard in plan.shards]
    finished = [_read_finished(path) for path in records]
    missing = [place for place, done in enumerate(finished) if not is_finished(done, settings)]
    names = [task.name for task in tasks]
    calls = [(plan.shards[p].name, plan.shard_entries(plan.shards[p]), names, spills, stage) for p in missing]
    with summary.show_progress(len(calls), "shard") as progress:
        for place, done in run_tasks(run_shard_task, calls, workers, "shard"):
            finished[missing[place]] = done
            with write_atomically(records[missing[place]]) as file:
                file.write(msgspec.json.encode(done))
            progress.update()
    return finished


# The tasks are imported where they run: the driver needs no TensorFlow, nor its seconds and its 0.5 GB.


def run_video_task(*call: Any) -> TaskSummary:
    from preprocess import video_task

    return video_task.run_video_task(*call)


def run_shard_task(*call: Any) -> FinishedShard:
    from preprocess import shard_task

    return shard_task.run_shard_task(*call)


def _read_finished(path: Path) -> FinishedShard | None:
    return msgspec.json.decode(path.read_bytes(), type=FinishedShard) if path.exists() else None


def _is_same(groups: Sequence[list[Video]], settings: Settings, workers: int) -> bool:
    """Whether the dataset in OUT was made from what the sources hold now, by these settings.

    Raises CallError where it was not and may not be replaced.
    """
    names = [""] * len(groups)
    calls = [(group, settings.fingerprint()) for group in groups]
    with summary.show_progress(len(calls), "check") as progress:
        for place, name in run_tasks(fingerprint_videos, calls, workers, "check"):
            names[place] = name
            progress.update()
    out = Path(settings.out)
    log = read_log(out)
    if log and log["fingerprint"] == fingerprint_of(names):
        return find_misfit(out) is None  # else it is made anew: the same bytes, so nothing is lost
    if settings.replace:
        return False
    raise CallError(
        f"{settings.out} holds a dataset from other inputs or settings (see {log_file(Path(settings.out))}); "
        "give --replace or another --out"
    )
