"""The limits: decoding alone, and decoding and resizing, in as many processes as there are cores, or in one."""

import multiprocessing
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import cv2

from benchmarks.preprocess import run_limit_step, run_region_step
from benchmarks.ways.crops.listed_frames import SIDE, ListedFrame, read_frame_list
from preprocess.ray_cluster import WORKER_ENVIRONMENT
from shards.crop_geometry import Crop

PACKAGES = ("tensorflow-cpu", "opencv-python-headless")
_TOGETHER = 8  # frames that a process is given at a time


def open_region(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The region of each square at its scale, by the libjpeg-turbo that we call, and nothing else."""
    return _open_pool(settings, _decode_region)


def open_resize(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The same, and our resampling to 256 px."""
    return _open_pool(settings, _decode_crop)


def open_opencv_resize(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The same with OpenCV's resampling."""
    return _open_pool(settings, _resize_by_opencv)


def start_workers(processes: int) -> Any:
    """A pool whose processes have the environment of our workers from their start, which malloc needs."""
    os.environ.update(WORKER_ENVIRONMENT)
    return multiprocessing.get_context("spawn").Pool(processes)


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


def _resize_by_opencv(frame: ListedFrame) -> None:
    region = run_region_step(frame.path, Crop(*frame[2:]))
    cv2.resize(region, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
