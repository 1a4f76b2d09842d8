"""What a run over the sources would take: time, disk and memory. tools.advise tells the time by the same sum."""

import math
import os
import shutil
from typing import Any

from preprocess.core_count import count_cores
from preprocess.memory_needs import WORKER_BYTES, estimate_driver_bytes
from preprocess.output_folder.disk_space import estimate_dataset_bytes, estimate_whole_frames
from preprocess.settings import PreprocessSettings
from preprocess.sources.video import SourceListing
from tools.source_inventory.frame_sample import SampleTiming

START_SECONDS = 5  # of a run of any size: Ray, its workers' imports, planning; see docs/performance.md
_ROW_SECONDS = 1e-5  # to plan a row and to write it to the manifest, on one core: benchmarks/driver.py
_SHARD_BYTES = 100e6  # that a worker gathers from spills and writes in a second, where the disk is fast enough


def sum_run_seconds(
    core_seconds: float,
    workers: int,
    rows: int,
    dataset_bytes: float,
    write_rate: float = math.inf,
    start_seconds: float = START_SECONDS,
) -> float:
    """Seconds of a run: its start, the video tasks, the plan with the manifest, the shards.

    Args:
        core_seconds: of all video tasks together, where as many workers as there are work at once.
        workers: that work at once.
        rows: of the manifest.
        dataset_bytes: of the shards.
        write_rate: bytes/s that the disk of OUT takes, from all workers together.
        start_seconds: of the start, where it is known that this machine is busier than that of START_SECONDS.
    """
    shards = dataset_bytes / min(workers * _SHARD_BYTES, write_rate)
    return start_seconds + core_seconds / workers + rows * _ROW_SECONDS + shards


def estimate_run(
    source: SourceListing, usable: int, timing: SampleTiming, settings: PreprocessSettings
) -> dict[str, Any]:
    """The needs of a run with all cores of this machine, in seconds and bytes, as the JSON holds them.

    Args:
        source: what was found; by its files of frames preprocess itself asks for disk and memory.
        usable: frames that would be decoded, which is where nearly all the time goes; whole frames take as long again.
        timing: of the sampled frames; without it no time is told.
        settings: of the run; the side of a crop counts, and how many whole frames are stored.
    """
    cores, seconds = count_cores(), timing.seconds_per_frame
    size, frames = estimate_dataset_bytes(source, settings), source.frames
    whole_frames = min(usable, estimate_whole_frames(source, settings))
    return {
        "frames": usable,
        "cores": cores,
        "frames_per_second_and_core": seconds and 1 / seconds,
        "whole_frames": whole_frames,
        "start_seconds": START_SECONDS,
        "seconds": seconds and sum_run_seconds((usable + whole_frames) * seconds, cores, usable, size),
        "disk_bytes": 2 * size,
        "dataset_bytes": size,
        "free_bytes_here": shutil.disk_usage(os.curdir).free,
        "driver_bytes": estimate_driver_bytes(frames),
        "worker_bytes": WORKER_BYTES,
        "memory_bytes": estimate_driver_bytes(frames) + cores * WORKER_BYTES,
        "sample": {"frames": timing.frames, "cut": timing.cut, "rejected": timing.rejected},
    }
