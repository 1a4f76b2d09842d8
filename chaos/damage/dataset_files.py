"""The files of a dataset and of the work that leads to one, made without Ray, each with what reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from chaos.damage.read_file import REDONE, ReadFile
from preprocess.output_folder.dry_run import dry_run_folder, read_dry_run, write_dry_run
from preprocess.output_folder.publication import assemble_dataset, publish_dataset
from preprocess.output_folder.run_log import log_file, read_log, write_log
from preprocess.output_folder.work_folders import hash_folder, spill_folder, staging_folder
from preprocess.settings import CropSettings, PreprocessSettings
from preprocess.sources.input_fingerprint import fingerprint_inputs, read_inputs
from preprocess.sources.source_kinds import find_videos
from preprocess.sources.task_groups import group_into_tasks
from preprocess.stopwatch import Stopwatch
from preprocess.writing.dry_run_hashes import read_hashed_videos
from preprocess.writing.final_rows import complete_rows
from preprocess.writing.finished_shard import FinishedShard, find_finished_shard
from preprocess.writing.finished_work import TaskSummary, read_summary
from preprocess.writing.shard_plan import ShardPlan, make_plan
from preprocess.writing.shard_task import run_shard_task
from preprocess.writing.spill import read_records, read_task_rows
from preprocess.writing.video_task import run_video_task
from shards.dataset import DATASET_FILE, read_dataset
from shards.errors import DataError
from shards.manifest import MANIFEST_FILE, read_manifest
from shards.verification import verify_dataset
from tools.reporting.opened_dataset import open_dataset
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec
from trainer.finder_settings import FinderInputSettings
from trainer.input.dataset_split import open_split, read_whole_records
from trainer.input.frame_split import open_frame_split, read_frames
from trainer.settings import InputSettings

_SIDE = 64  # of the stored squares, pixels


def make_dataset_files(folder: Path) -> list[ReadFile]:
    """Make a small dataset and everything that a run and a dry run leave on the way, in this process."""
    source, out = folder / "source", folder / "데이터셋"
    make_sample(source, SampleSpec(videos=12, frames=4, height=96), workers=1)
    settings = PreprocessSettings([str(source)], str(out), crop=CropSettings(_SIDE), work=str(folder / "work"))
    listing = find_videos(settings.source, [], None)
    groups = group_into_tasks(listing)
    dry = replace(settings, dry_run=True)
    tasks = [_run_video_tasks(groups, each) for each in (dry, settings)]
    plan = make_plan(tasks[1], spill_folder(settings), settings)
    write_dry_run(complete_rows(make_plan(tasks[0], spill_folder(dry), dry), tasks[0], (), spill_folder(dry)), dry)
    staging_folder(settings).mkdir(parents=True)
    notes = [staging_folder(settings) / f"{number}.json" for number in range(len(plan.shards))]
    shards = [_write_shard(plan, place, tasks[1], settings, note) for place, note in enumerate(notes)]
    dataset = assemble_dataset(complete_rows(plan, tasks[1], shards, spill_folder(settings)), shards, settings)
    write_log(out, dataset.digest, settings.sources, listing, tasks[1], 1, Stopwatch())
    publish_dataset(dataset, shards, settings)
    return [
        *_list_files_of_dataset(out),
        *_list_files_of_dry_run(out, groups, settings),
        *_list_files_of_work(settings, tasks[1]),
        ReadFile("note of a finished shard", notes[0], partial(_find_shard, notes[0], out)),
        ReadFile("finished shard", out / shards[0].shard.file, partial(_find_shard, notes[0], out)),
        ReadFile("log", log_file(out), lambda: read_log(out) or REDONE),
    ]


def _run_video_tasks(groups: Sequence[list], settings: PreprocessSettings) -> list[TaskSummary]:
    spills = spill_folder(settings)
    spills.mkdir(parents=True)
    return [run_video_task(group, settings, spills, hash_folder(settings)) for group in groups]


def _write_shard(
    plan: ShardPlan, place: int, tasks: list[TaskSummary], settings: PreprocessSettings, note: Path
) -> FinishedShard:
    shard, folders = plan.shards[place], (staging_folder(settings), Path(settings.out))
    names, spills = [task.name for task in tasks], spill_folder(settings)
    return run_shard_task(shard.name, plan.shard_entries(shard), names, spills, folders, note)


def _find_shard(note: Path, out: Path) -> Any:
    found = find_finished_shard(note, (out,))
    return msgspec.to_builtins(found) if found else REDONE


def _list_files_of_dataset(out: Path) -> Iterator[ReadFile]:
    dataset = read_dataset(out)
    moods, frames = make_mood_reader(out), make_frame_reader(out)
    yield ReadFile("dataset.json", out / DATASET_FILE, lambda: msgspec.to_builtins(read_dataset(out)), 30)
    yield ReadFile("dataset.json, trained on", out / DATASET_FILE, moods, 3)
    yield ReadFile("manifest", out / MANIFEST_FILE, partial(_read_manifest, out), 10)
    yield ReadFile("manifest, trained on", out / MANIFEST_FILE, moods, 8)
    yield ReadFile("manifest, a finder trained on", out / MANIFEST_FILE, frames, 4)
    for views, kind, reader in ((dataset.shards, "crops", moods), (dataset.frames, "whole frames", frames)):
        for split, files in views.items():
            path = out / files[0].file
            yield ReadFile(f"shard of {kind}, {split}, trained on", path, reader, 12)
    for name in [DATASET_FILE, *dataset.files, *(shard.file for shard in dataset.all_shards)]:
        yield ReadFile(f"{name}, verified", out / name, partial(_verify, out), 3, checks_all=True)


def _read_manifest(out: Path) -> list[dict[str, Any]]:
    """As tools read it, who compare the file with its checksum first."""
    return [row for rows in read_manifest(open_dataset(out).folder) for row in rows.to_pylist()]


def _verify(out: Path) -> None:
    for fault in verify_dataset(out):
        raise DataError(fault)


def _list_files_of_dry_run(out: Path, groups: Sequence[list], settings: PreprocessSettings) -> Iterator[ReadFile]:
    folder, hashes = dry_run_folder(out), hash_folder(settings)
    inputs = [read_inputs(video) for video in groups[0]]
    name = fingerprint_inputs(inputs, settings.hash_fingerprint())

    def read_hashes() -> Any:
        videos, origin = read_hashed_videos(hashes, name, inputs) or (REDONE, None)
        return REDONE if videos is REDONE else [repr(videos), msgspec.to_builtins(origin)]

    yield ReadFile("note of a dry run", folder / "dry_run.json", partial(_read_dry_run, out), 10)
    yield ReadFile("manifest of a dry run", folder / MANIFEST_FILE, partial(_read_dry_run, out), 10)
    yield ReadFile("note of hashes", hashes / f"{name}.json", read_hashes, 10)
    yield ReadFile("hashes", hashes / f"{name}.parquet", read_hashes, 10)


def _read_dry_run(out: Path) -> Any:
    return msgspec.to_builtins(read_dry_run(out))


def _list_files_of_work(settings: PreprocessSettings, tasks: list[TaskSummary]) -> Iterator[ReadFile]:
    folder = spill_folder(settings)
    task = max(tasks, key=lambda task: task.record_bytes)
    rows = read_task_rows(folder, task.name, task.rows_digest)

    def read_all() -> list[bytes]:
        return [
            record for part in ("", "frame_") for record in read_records(folder, task.name, *_list_places(rows, part))
        ]

    yield ReadFile("note of a task", folder / f"{task.name}.json", lambda: _read_note(folder, task.name), 10)
    yield ReadFile(
        "rows of a task",
        folder / f"{task.name}.parquet",
        lambda: read_task_rows(folder, task.name, task.rows_digest).to_pylist(),
        10,
    )
    yield ReadFile("records of a task", folder / f"{task.name}.records", read_all, 10)


def _list_places(rows: Any, part: str) -> list[np.ndarray]:
    """Offsets in ascending order, lengths and checks of the records of crops, or of whole frames."""
    places = [rows[f"{part}spill_{name}"].drop_null().to_numpy() for name in ("offset", "length", "check")]
    order = np.argsort(places[0])
    return [values[order] for values in places]


def _read_note(folder: Path, name: str) -> Any:
    found = read_summary(folder, name)
    return msgspec.to_builtins(found) if found else REDONE


def make_mood_reader(folder: Path) -> Any:
    """What a trainer of moods is given of a dataset: opens it, and reads an epoch and the validation to their ends."""
    from trainer.input.pipeline import make_training_batches, make_validation_batches
    from trainer.training.failure_messages import explain_failures

    settings = InputSettings(batch_size=2, resolution=32)
    train, valid = open_split(folder, "train"), open_split(folder, "val")
    batches = make_training_batches(train, settings, 1, 0), make_validation_batches(valid, settings)

    def read() -> list[Any]:
        opened = [open_split(folder, "train"), open_split(folder, "val")]
        with explain_failures(settings, *opened):
            read = [part.numpy() for each in batches for batch in each for part in batch]
        return [*opened, read, [read_whole_records(split, range(split.records)) for split in opened]]

    return read


def make_frame_reader(folder: Path) -> Any:
    """The same for a trainer of finders."""
    from trainer.input.frame_batches import make_frame_batches, make_frame_validation_batches
    from trainer.training.failure_messages import explain_failures

    settings = FinderInputSettings(batch_size=2, resolution=64, augment=False)
    train, valid = open_frame_split(folder, "train"), open_frame_split(folder, "val")
    batches = make_frame_batches(train, settings, 1, 0), make_frame_validation_batches(valid, settings)

    def read() -> list[Any]:
        opened = [open_frame_split(folder, "train"), open_frame_split(folder, "val")]
        with explain_failures(settings, *opened):
            read = [_list_arrays(batch) for each in batches for batch in each]
        return [*opened, read, [read_frames(split, range(split.records)) for split in opened]]

    return read


def _list_arrays(batch: Any) -> list[np.ndarray]:
    return [part for each in batch for part in _list_arrays(each)] if isinstance(batch, tuple) else [batch.numpy()]
