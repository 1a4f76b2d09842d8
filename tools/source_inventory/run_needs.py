"""What a run over the sources would take: time, disk and memory."""

import os
import shutil
from typing import Any

from preprocess.core_count import count_cores
from preprocess.memory_needs import WORKER_BYTES, estimate_driver_bytes
from preprocess.output_folder.disk_space import estimate_dataset_bytes, estimate_whole_frames
from preprocess.settings import PreprocessSettings
from preprocess.sources.video import SourceListing
from tools.source_inventory.frame_sample import SampleTiming

START_SECONDS = 8  # of a run of any size: Ray, its workers' imports, planning; see docs/performance.md


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
        "seconds": seconds and START_SECONDS + (usable + whole_frames) * seconds / cores,
        "disk_bytes": 2 * size,
        "dataset_bytes": size,
        "free_bytes_here": shutil.disk_usage(os.curdir).free,
        "driver_bytes": estimate_driver_bytes(frames),
        "worker_bytes": WORKER_BYTES,
        "memory_bytes": estimate_driver_bytes(frames) + cores * WORKER_BYTES,
        "sample": {"frames": timing.frames, "cut": timing.cut, "rejected": timing.rejected},
    }
