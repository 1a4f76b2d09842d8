"""What a run over the sources would take: time, disk and memory."""

import os
import shutil
from typing import Any

from preprocess.core_count import count_cores
from preprocess.memory_needs import WORKER_BYTES, estimate_driver_bytes
from preprocess.output_folder.disk_space import estimate_crop_bytes
from preprocess.settings import PreprocessSettings
from tools.source_inventory.frame_sample import SampleTiming


def estimate_run(frames: int, usable: int, timing: SampleTiming, settings: PreprocessSettings) -> dict[str, Any]:
    """The needs of a run with all cores of this machine, in seconds and bytes, as the JSON holds them.

    Args:
        frames: files of frames in the sources, by which preprocess itself asks for disk and memory.
        usable: frames that would be decoded, which is where nearly all the time goes.
        timing: of the sampled frames; without it no time is told.
        settings: of the run; the side of a crop counts.
    """
    cores, seconds = count_cores(), timing.seconds_per_frame
    crops = estimate_crop_bytes(frames, settings.crop.size)
    return {
        "frames": usable,
        "cores": cores,
        "frames_per_second_and_core": seconds and 1 / seconds,
        "seconds": seconds and usable * seconds / cores,
        "disk_bytes": 2 * crops,
        "dataset_bytes": crops,
        "free_bytes_here": shutil.disk_usage(os.curdir).free,
        "driver_bytes": estimate_driver_bytes(frames),
        "worker_bytes": WORKER_BYTES,
        "memory_bytes": estimate_driver_bytes(frames) + cores * WORKER_BYTES,
        "sample": {"frames": timing.frames, "cut": timing.cut, "rejected": timing.rejected},
    }
