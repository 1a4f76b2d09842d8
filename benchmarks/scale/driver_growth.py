"""The driver at several numbers of made rows: the plan stage by stage, the shards' calls, the rows of the manifest."""

import cProfile
import pstats
import time
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.driver import RECORD_BYTES, TASK_ROWS, write_task
from benchmarks.memory import read_peak_gb
from preprocess.core_count import count_cores
from preprocess.near_duplicates.hamming_join import cluster_codes
from preprocess.output_folder.publication import assemble_dataset
from preprocess.output_folder.work_folders import spill_folder, staging_folder
from preprocess.ray_tasks import ShardCalls
from preprocess.settings import PreprocessSettings
from preprocess.writing.final_rows import complete_rows
from preprocess.writing.finished_shard import FinishedShard, keep_lengths_small
from preprocess.writing.finished_work import TaskSummary
from preprocess.writing.shard_plan import ShardPlan, make_plan
from shards.dataset import ShardFile
from shards.manifest import MANIFEST_FILE

MOST_ASSEMBLED = 2_000_000  # rows; of more, the plan is made and only the first tasks' rows are completed
_WIDE_TASKS = 100  # that have all columns, of those that are only planned
_TASKS_A_CHUNK = 50  # that a process writes at a time
_VAL_VIDEOS = 10  # each such video is of validation, as in a source that says so
_STAGES = {  # of make_plan, by the function that is it
    "read_kept_frames": "read",
    "split_videos": "split",
    "decide_outcomes": "join",
    "_sort_records": "order",
    "_number_within_videos": "number",
}


def write_made_rows(folder: Path, rows: int) -> None:
    """Write the spills' rows and the list of their summaries, on all cores."""
    settings = _settle(folder)
    spills = spill_folder(settings)
    for place in (spills, staging_folder(settings)):
        place.mkdir(parents=True)
    tasks = rows // TASK_ROWS
    wide = tasks if rows <= MOST_ASSEMBLED else _WIDE_TASKS
    calls = [(spills, number, number >= wide) for number in range(tasks)]
    if tasks < _TASKS_A_CHUNK:
        summaries = [write_task(*call) for call in calls]
    else:
        with get_context("spawn").Pool(count_cores()) as pool:
            summaries = pool.starmap(write_task, calls, _TASKS_A_CHUNK)
    (spills / "summaries").write_bytes(msgspec.json.encode(summaries))


def _settle(folder: Path) -> PreprocessSettings:
    return PreprocessSettings(source=["made-up"], out=str(folder))


def read_summaries(folder: Path, is_split: bool) -> list[TaskSummary]:
    """The summaries of made rows; with `is_split` the source says which videos are of validation."""
    path = spill_folder(_settle(folder)) / "summaries"
    tasks = msgspec.json.decode(path.read_bytes(), type=list[TaskSummary])
    if is_split:
        for number, video in enumerate(video for task in tasks for video in task.videos):
            video.split = "train" if number % _VAL_VIDEOS else "val"
    return tasks


def measure_driver(folder: Path, results: Any) -> None:
    """Runs in a process of its own: seconds of all cores by stage, and peak memory beyond its imports'."""
    cluster_codes(np.random.default_rng(0).integers(0, 2**63, (50_000, 1)).astype(np.uint64), 6)  # compiles
    settings, at_start = _settle(folder), read_peak_gb()
    tasks, seconds = read_summaries(folder, is_split=True), {}
    found: dict[str, Any] = {"rows": sum(task.rows for task in tasks), "tasks": len(tasks)}
    profile, start = cProfile.Profile(time.process_time), time.process_time()
    plan = profile.runcall(make_plan, tasks, spill_folder(settings), settings)
    seconds["plan"] = time.process_time() - start
    for (_, _, name), (_, _, _, took, _) in pstats.Stats(profile).stats.items():
        if name in _STAGES:
            seconds[_STAGES[name]] = seconds.get(_STAGES[name], 0.0) + took
    found |= {"kept": len(plan.order), "shards": len(plan.shards), "plan_gb": read_peak_gb() - at_start}
    start = time.process_time()
    calls = ShardCalls(plan, tasks, settings)
    for number in range(len(calls)):
        calls[number]
    seconds["calls"] = time.process_time() - start
    finished = [_finish_shard(plan, number) for number in range(len(plan.shards))]
    found["shards_gb"] = read_peak_gb() - at_start
    start = time.process_time()
    rows = complete_rows(plan, tasks, finished, spill_folder(settings))
    if found["rows"] <= MOST_ASSEMBLED:
        dataset = assemble_dataset(rows, finished, settings)
        found["manifest_bytes"] = dataset.files[MANIFEST_FILE].bytes
        seconds["assemble"] = time.process_time() - start
    else:
        for _ in islice(rows, _WIDE_TASKS):
            pass
    results.put(found | {"peak_gb": read_peak_gb() - at_start, "imports_gb": at_start, "seconds": seconds})


def _finish_shard(plan: ShardPlan, number: int) -> FinishedShard:
    """What the task of a planned shard would return: a number of bytes for each record."""
    shard = plan.shards[number]
    lengths = [RECORD_BYTES + place for place in range(shard.stop - shard.start)]
    return keep_lengths_small(FinishedShard(ShardFile(shard.name, len(lengths), sum(lengths), ""), (0, 0, 0), lengths))


def measure_animal_split(folder: Path, results: Any) -> None:
    """Runs in a process of its own: seconds of choosing validation by animals, where the source does not say."""
    from preprocess.writing.validation_split import split_videos

    videos = [video for task in read_summaries(folder, is_split=False) for video in task.videos]
    split_videos(videos[:1000], _settle(folder))  # imports
    start = time.process_time()
    split_videos(videos, _settle(folder))
    results.put({"videos": len(videos), "seconds": time.process_time() - start})


def measure_index(folder: Path, results: Any) -> None:
    """Runs in a process of its own: what the trainer reads of a manifest before its first batch."""
    from shards.dataset import read_dataset
    from shards.record_fields import CROPS
    from trainer.input.dataset_split import read_record_columns

    stage = staging_folder(_settle(folder))
    dataset = read_dataset(stage)
    at_start, start = read_peak_gb(), time.process_time()
    columns, _ = read_record_columns(stage, "train", dataset.shards["train"], CROPS, ["label"])
    seconds = time.process_time() - start
    results.put({"records": len(columns["label"]), "seconds": seconds, "peak_gb": read_peak_gb() - at_start})
