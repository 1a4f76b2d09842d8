"""Everything that tools.advise tells, of types that JSON has."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from console.progress import show_progress, show_waiting
from preprocess.core_count import count_cores
from preprocess.memory_needs import WORKER_BYTES, estimate_driver_bytes
from preprocess.outcome import judge_outcome
from preprocess.output_folder.disk_space import estimate_dataset_bytes
from preprocess.output_folder.folder_check import check_output_folder, find_existing
from preprocess.output_folder.work_folders import spill_folder
from preprocess.settings import PreprocessSettings
from preprocess.sources.source_kinds import check_sources, find_videos
from preprocess.sources.video import SourceListing
from shards.dataset import read_dataset
from shards.errors import CallError
from shards.storage.stores.remote_path import locate
from tools.advice.advised_settings import advise_settings
from tools.advice.estimates import (
    EpochEstimate,
    RunEstimate,
    describe_estimate,
    estimate_epoch,
    estimate_shards,
    estimate_training,
    find_training_limit,
    list_lacking_splits,
)
from tools.advice.machine import Memory, measure_reading, measure_writing, read_memory
from tools.advice.sample_dataset import SampleDataset, assemble_sample, find_obstacle
from tools.advice.task_sample import TaskSample, run_sample
from tools.advice.training_trial import TrainingTrial, try_training
from trainer.settings import TrainSettings

FRAMES_PER_VIDEO = (16, 8, 4)  # for which an epoch is told too
_SAMPLE_SHARE, _TRIAL_SHARE = 0.3, 0.5  # of the time; the trial also gets what is left
_DISK_SECONDS = 1.5  # to write, and to read
_LEAST_ROOM = 1_000_000_000  # bytes that have to be free for the sample


@dataclass(frozen=True)
class Question:
    """What advice is asked for. `shards.workers` is None where it may be chosen."""

    shards: PreprocessSettings
    train: TrainSettings
    seconds: float


def take_advice(question: Question) -> dict[str, Any]:
    """Look through the sources, do some real tasks and some real steps of training, and estimate the whole.

    Where the whole source was drawn and no mood model could be trained on what it makes, "obstacle" says why, and
    nothing is trained. Raises CallError and DataError as preprocess and the trainer do, and CallError where there is
    no room for a sample.
    """
    started = time.perf_counter()
    check_sources(question.shards.sources)
    check_output_folder(question.shards)
    judged = _count_other_validation(question.train)
    memory = read_memory()
    with show_waiting("looking through the sources", is_short=True):
        source = find_videos(question.shards.source, question.shards.valid_source, question.shards.label_map)
    list_seconds = time.perf_counter() - started
    workers = question.shards.workers or _choose_workers(memory, source)
    with _make_folders(question.shards) as (folder, settings):
        settings = replace(settings, workers=workers)
        sample = _take_sample(source, settings, folder, _SAMPLE_SHARE * question.seconds)
        rates = _measure_disks(sample, folder, workers)
        with show_waiting("making a dataset of the sample", is_short=True):
            made = assemble_sample(sample, source, settings)
        obstacle = find_obstacle(made.counts, judged is not None) if sample.is_whole else None
        left = max(_TRIAL_SHARE * question.seconds, started + question.seconds - time.perf_counter())
        trial = None
        if not obstacle:
            with show_waiting("training some steps on the sample", is_short=True):
                trial = try_training(question.train, Path(settings.out), left)
    run = estimate_shards(sample, made, workers, list_seconds, rates["writing"], _count_rows(sample))
    lacks = [split for split in list_lacking_splits(sample, made) if split == "training" or judged is None]
    epochs = _estimate_epochs(question.train, sample, made, trial, judged) if trial and not lacks else []
    advised = advise_settings(question.shards, question.train, run, epochs, memory, workers)
    told = {question.train.frames_per_video, advised["train"].get("frames_per_video", question.train.frames_per_video)}
    stages = question.train.stages
    return {
        "sources": question.shards.sources,
        "out": question.shards.out,
        "videos": len(source.videos),
        "frames": source.frames,
        "cores": count_cores(),
        "workers": workers,
        "list_seconds": list_seconds,
        "sample": _describe_sample(sample, made, run) | {"lacks": lacks},
        "memory": memory._asdict(),
        "rates": rates,
        "room": _describe_room(source, question.shards),
        "shards": describe_estimate(run),
        "trial": trial and trial._asdict() | {"limit": find_training_limit(trial)},
        "obstacle": obstacle,
        "faults": judge_outcome(made.counts).faults if sample.is_whole else [],
        "epochs": [describe_estimate(epoch) for epoch in epochs],
        "trainings": [
            describe_estimate(estimate_training(stages, trial, epoch))
            for epoch in epochs
            if epoch.frames_per_video in told
        ],
        "settings": advised,
    }


def _choose_workers(memory: Memory, source: SourceListing) -> int:
    """As many as there are cores, or as there is memory for."""
    left = memory.available - estimate_driver_bytes(source.frames)
    return max(1, min(count_cores(), left // WORKER_BYTES))


@contextmanager
def _make_folders(settings: PreprocessSettings) -> Iterator[tuple[Path, PreprocessSettings]]:
    """A new folder on the disk of OUT, and settings by which spills and shards go there, and to the disk of --work.

    All of it is removed again. Raises CallError where there is too little room.
    """
    with ExitStack() as stack:
        places = [Path(settings.out).absolute().parent, *([Path(settings.work)] if settings.work else [])]
        made = [stack.enter_context(_make_folder(find_existing(place))) for place in places]
        yield made[0], replace(settings, out=str(made[0] / "out"), work=str(made[1]) if settings.work else None)


@contextmanager
def _make_folder(place: Path) -> Iterator[Path]:
    if (free := shutil.disk_usage(place).free) < _LEAST_ROOM:
        raise CallError(f"{place}: only {free / 1e9:.1f} GB are free for a sample; free some or give another --out")
    folder = Path(tempfile.mkdtemp(prefix=".pet_mood-advise-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take_sample(source: SourceListing, settings: PreprocessSettings, folder: Path, seconds: float) -> TaskSample:
    seed = time.time_ns() % 2**32  # other videos each time: those of the last time lie in memory now, unlike the rest
    folders = Path(spill_folder(settings)), folder / "warm"
    with show_progress(None, "sampled frame", is_short=True) as progress:
        return run_sample(source, settings, folders, seconds, progress.update, seed)


def _measure_disks(sample: TaskSample, folder: Path, workers: int) -> dict[str, float | None]:
    """Bytes/s: as the sampled tasks read, of the disk alone, and as OUT's disk is written."""
    with show_waiting("measuring the disks", is_short=True):
        writing = measure_writing(folder, _DISK_SECONDS)
        files = [image.file for task in sample.tasks for image in task.files]
        reading = measure_reading(files, workers, _DISK_SECONDS)
    return {
        "sampled": sum(task.frame_bytes for task in sample.tasks) / sample.seconds,
        "reading": reading,
        "writing": writing,
    }


def _count_rows(sample: TaskSample) -> int:
    return round(sum(task.summary.rows for task in sample.tasks) / sample.share) if sample.share else 0


def _count_other_validation(settings: TrainSettings) -> int | None:
    """The validation frames of the dataset that the settings of training name beside the one that is to be made."""
    other = settings.valid if settings.valid != settings.train else None
    return read_dataset(locate(other)).counts["splits"]["val"]["frames"] if other else None


def _estimate_epochs(
    settings: TrainSettings, sample: TaskSample, made: SampleDataset, trial: TrainingTrial, judged: int | None
) -> list[EpochEstimate]:
    """An epoch as the settings ask for it, and with fewer frames of each video where that makes it shorter."""
    asked = estimate_epoch(sample, made, trial, settings.frames_per_video, settings.batch_size, judged)
    epochs = [asked]
    for count in FRAMES_PER_VIDEO:
        other = estimate_epoch(sample, made, trial, count, settings.batch_size, judged)
        if other.frames < 0.9 * epochs[-1].frames:
            epochs.append(other)
    return epochs


def _describe_sample(sample: TaskSample, made: SampleDataset, run: RunEstimate) -> dict[str, Any]:
    videos, frames = sum(len(task.summary.videos) for task in sample.tasks), sum(task.frames for task in sample.tasks)
    return {
        "tasks": len(sample.tasks),
        "videos": videos,
        "frames": frames,
        "share": sample.share,
        "seconds": sample.seconds,
        "is_whole": sample.is_whole,
        "kept": made.frames,
        "kept_a_video": run.kept * frames / max(1, videos),
    }


def _describe_room(source: SourceListing, settings: PreprocessSettings) -> list[dict[str, Any]]:
    """Bytes that a run needs at most on the disks of OUT and --work, and those that are free there."""
    size, places = estimate_dataset_bytes(source, settings), {}
    for folder in (settings.out, settings.work or settings.out):
        existing = find_existing(Path(folder))
        place = places.setdefault(os.stat(existing).st_dev, {"folder": folder, "needed": 0})
        place["needed"] += size
        place["free"] = shutil.disk_usage(existing).free
    return list(places.values())
