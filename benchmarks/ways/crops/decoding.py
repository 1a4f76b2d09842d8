"""The limits: decoding alone, and decoding and resizing, in as many processes as there are cores, or in one."""

import faulthandler
import multiprocessing
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.preprocess import run_limit_step, run_region_step
from benchmarks.ways.crops.listed_frames import ListedFrame, read_frame_list
from preprocess.cutting.jpeg_decoder import promise_no_more_tensorflow
from preprocess.ray_cluster import WORKER_ENVIRONMENT
from shards.crop_geometry import Crop

PACKAGES = ("tensorflow-cpu",)
_TOGETHER = 8  # frames that a process is given at a time


def open_region(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The region of each square at its scale, by the libjpeg-turbo that we call, and nothing else."""
    return _open_pool(settings, _decode_region)


def open_resize(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The same, and our resampling to 256 px."""
    return _open_pool(settings, _decode_crop)


def start_workers(processes: int) -> Any:
    """A pool whose processes are like our workers: they have their environment from the start, as malloc needs it, and
    the decoder alone of TensorFlow.
    """
    os.environ.update(WORKER_ENVIRONMENT)
    return multiprocessing.get_context("spawn").Pool(processes, _become_worker)


def _become_worker() -> None:
    faulthandler.enable(all_threads=False)  # as Ray does
    promise_no_more_tensorflow()


def _open_pool(settings: dict[str, Any], work: Callable[[ListedFrame], None]) -> Callable[[], dict[str, Any]]:
    frames = read_frame_list(settings) * settings["copies"]
    parts = [frames[start : start + _TOGETHER] for start in range(0, len(frames), _TOGETHER)]
    pool = start_workers(settings["processes"])

    def take_turn() -> dict[str, Any]:
        begun = time.perf_counter()
        for _ in pool.imap_unordered(partial(_work_through, work), parts):
            pass
        return {"count": len(frames), "seconds": time.perf_counter() - begun}

    take_turn()  # imports, compiled code, page cache
    return take_turn


def _work_through(work: Callable[[ListedFrame], None], frames: list[ListedFrame]) -> None:
    for frame in frames:
        work(frame)


def _decode_region(frame: ListedFrame) -> None:
    run_region_step(frame.path, Crop(*frame[2:]))


def _decode_crop(frame: ListedFrame) -> None:
    run_limit_step(frame.path, Crop(*frame[2:]))
