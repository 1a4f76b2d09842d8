"""OpenCV in a pool of processes, each of which writes its part by webdataset's ShardWriter."""

import ctypes
import multiprocessing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2

from benchmarks.ways.crops.listed_frames import ListedFrame, cut_by_opencv, open_writing, read_frame_list

PACKAGES = ("webdataset", "opencv-contrib-python-headless")
_MALLOC_OPTIONS = {-3: 64 << 20, -1: 256 << 20}  # of glibc: M_MMAP_THRESHOLD, M_TRIM_THRESHOLD


def open_webdataset_writer(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """With `keeps_memory`, malloc keeps what pictures took for the next ones, as it does in our workers."""
    import webdataset

    frames, processes = read_frame_list(settings), settings["processes"]
    if settings.get("keeps_memory"):
        for option, size in _MALLOC_OPTIONS.items():
            ctypes.CDLL(None).mallopt(option, size)
    pool = multiprocessing.get_context("fork").Pool(processes, cv2.setNumThreads, (1,))

    def write(folder: Path) -> None:
        parts = [(str(folder / f"{part}-%06d.tar"), frames[part::processes]) for part in range(processes)]
        pool.starmap(_write_part, parts, chunksize=1)

    def read(folder: Path) -> Iterator[tuple[int, bytes]]:
        shards = sorted(map(str, folder.glob("*.tar")))
        for sample in webdataset.WebDataset(shards, shardshuffle=False):
            yield int(sample["__key__"]), sample["jpg"]

    take_turn = open_writing(settings, len(frames), write, read)
    take_turn()
    return take_turn


def _write_part(pattern: str, frames: list[ListedFrame]) -> None:
    import webdataset

    with webdataset.ShardWriter(pattern, verbose=0) as writer:
        for frame in frames:
            writer.write({"__key__": f"{frame.number:08d}", "jpg": cut_by_opencv(frame)})
