"""Memory of one worker, and the time of the stages after the video tasks: python -m benchmarks.worker

Runs the tasks of a dataset one after the other in this process: video tasks over made 1080p videos of 185 frames, as
long as AI Hub's longest, and shard tasks, one of them with a shard of the default size.

Time: about a minute. Last line: memory of the imports, the most memory above that of a video task and of any task, in
GB, and the share of the total time that spill, plan, shards and assembly take together.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from preprocess.ray_cluster import WORKER_ENVIRONMENT

os.environ.update(WORKER_ENVIRONMENT)  # before the import of libraries that read it

import google_crc32c
import numpy as np

from benchmarks.driver import RECORD_BYTES
from benchmarks.memory import read_peak_gb
from preprocess.output_folder.publication import assemble_dataset, publish_dataset
from preprocess.output_folder.work_folders import spill_folder, staging_folder
from preprocess.settings import DedupeSettings, PreprocessSettings
from preprocess.sources.source_kinds import find_videos
from preprocess.writing import spill, video_task
from preprocess.writing.final_rows import complete_rows
from preprocess.writing.kept_frames import SHARD_ENTRY
from preprocess.writing.shard_plan import make_plan
from preprocess.writing.shard_task import run_shard_task
from shards.dataset import shard_name
from shards.record import encode_record
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

SHARD_BYTES = 128_000_000


class StageClock:
    """Adds up the seconds of functions by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, stage: str, function: Callable) -> Callable:
        """A function that does the same and adds its seconds to a stage."""

        def timed(*arguments, **options):
            start = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                self.seconds[stage] = self.seconds.get(stage, 0) + time.perf_counter() - start

        return timed


def time_stages(tree: Path, out: Path) -> dict[str, float]:
    """Seconds of each stage of a run over a tree, after one video task that compiles and fills caches."""
    settings = PreprocessSettings(source=[str(tree)], out=str(out), dedupe=DedupeSettings(enabled=False))
    spills, videos, clock = spill_folder(settings), find_videos([str(tree)]).videos, StageClock()
    for folder in (spills, staging_folder(settings), out / "warm-up"):
        folder.mkdir(parents=True)
    video_task.run_video_task(videos[:1], settings, out / "warm-up")
    video_task.write_spill = clock.time("spill", spill.write_spill)
    tasks = [clock.time("videos", video_task.run_video_task)([video], settings, spills) for video in videos]
    plan = clock.time("plan", make_plan)(tasks, spills, settings)
    names, write = [task.name for task in tasks], clock.time("shards", run_shard_task)
    stage = staging_folder(settings)
    done = [write(s.name, plan.shard_entries(s), names, spills, [stage], stage / f"{s.name}.json") for s in plan.shards]
    dataset = clock.time("assemble", assemble_dataset)(complete_rows(plan, tasks, done, spills), done, settings)
    clock.time("assemble", publish_dataset)(dataset, done, settings)
    return clock.seconds


def write_large_shard(folder: Path) -> None:
    """Run a shard task for a shard of the default size, with made-up records from many spills."""
    count, spills = SHARD_BYTES // RECORD_BYTES, 50
    record = encode_record({"image": bytes(RECORD_BYTES), "label": 3, "video": "v", "key": "v/1"})
    for number in range(spills):
        (folder / f"{number}.records").write_bytes(record * (count // spills))
    entries = np.zeros(count // spills * spills, SHARD_ENTRY)
    entries["task"] = np.arange(len(entries)) % spills
    entries["offset"] = np.arange(len(entries)) // spills * len(record)
    entries["length"], entries["check"] = len(record), google_crc32c.value(record)
    names, note = [str(number) for number in range(spills)], folder / "note.json"
    run_shard_task(shard_name("train", 0, 1), entries, names, folder, [folder], note)


def main() -> None:
    argparse.ArgumentParser(prog="python -m benchmarks.worker", description=__doc__.splitlines()[0]).parse_args()
    imports = read_peak_gb()
    with tempfile.TemporaryDirectory() as folder:
        make_sample(Path(folder, "tree"), SampleSpec(videos=6, frames=185, defects=False), workers=2)
        seconds = time_stages(Path(folder, "tree"), Path(folder, "out"))
        after_videos = read_peak_gb()
        write_large_shard(Path(folder))
    late = sum(seconds[stage] for stage in ("spill", "plan", "shards", "assemble"))
    total = sum(seconds.values()) - seconds["spill"]  # it is also counted in videos
    figures = {
        "imports_gb": round(imports, 2),
        "video_task_gb_above_imports": round(after_videos - imports, 2),
        "any_task_gb_above_imports": round(read_peak_gb() - imports, 2),
        "share_of_late_stages": round(late / total, 3),
    }
    print("  ".join(f"{stage} {value:.2f} s" for stage, value in seconds.items()))
    print(json.dumps(figures))


if __name__ == "__main__":
    sys.exit(main())
