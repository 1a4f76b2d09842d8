"""The limits: decoding alone, and decoding and resizing, in as many processes as there are cores, or in one."""

import faulthandler
import multiprocessing
import os
import time
from collections.abc import Callable
from typing import Any

from benchmarks.preprocess import decode_by_libjpeg_turbo, decode_crops_alone, decode_regions_alone
from benchmarks.ways.crops.listed_frames import read_frame_list
from preprocess.cutting.jpeg_decoder import promise_no_more_tensorflow
from preprocess.ray_cluster import WORKER_ENVIRONMENT
from shards.crop_geometry import Crop

PACKAGES = {
    "open_libjpeg_turbo": ("tensorflow-cpu",),
    "open_region": ("simplejpeg", "numba"),
    "open_resize": ("simplejpeg", "numba"),
}
_AT_A_TIME = 9  # frames that a process is given


def open_libjpeg_turbo(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The region of each square at its scale, by libjpeg-turbo, and nothing else."""
    return _open_pool(settings, decode_by_libjpeg_turbo)


def open_region(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The same as we decode it."""
    return _open_pool(settings, decode_regions_alone)


def open_resize(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The same, and our resampling to 256 px."""
    return _open_pool(settings, decode_crops_alone)


def start_workers(processes: int) -> Any:
    """A pool whose processes are like our workers: they have their environment from the start, as malloc needs it, and
    the decoder alone of TensorFlow.
    """
    os.environ.update(WORKER_ENVIRONMENT)
    return multiprocessing.get_context("spawn").Pool(processes, _become_worker)


def _become_worker() -> None:
    faulthandler.enable(all_threads=False)  # as Ray does
    promise_no_more_tensorflow()


def _open_pool(
    settings: dict[str, Any], work: Callable[[list[tuple[str, Crop]]], None]
) -> Callable[[], dict[str, Any]]:
    frames = [(frame.path, Crop(*frame[2:])) for frame in read_frame_list(settings)] * settings["copies"]
    parts = [frames[start : start + _AT_A_TIME] for start in range(0, len(frames), _AT_A_TIME)]
    pool = start_workers(settings["processes"])

    def take_turn() -> dict[str, Any]:
        begun = time.perf_counter()
        for _ in pool.imap_unordered(work, parts):
            pass
        return {"count": len(frames), "seconds": time.perf_counter() - begun}

    take_turn()  # imports, compiled code, page cache
    return take_turn
