"""What one writes first: a loop over the frames in one process."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.ways.crops.decoding import start_workers
from benchmarks.ways.crops.listed_frames import QUALITY, SIDE, ListedFrame, open_writing, read_frame_list

PACKAGES = ("opencv-python-headless",)


def open_notebook(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The cell of a notebook: a JPEG file for each crop."""
    frames = read_frame_list(settings)

    def write(folder: Path) -> None:
        for number, path, x, y, size in frames:
            square = cv2.imread(path)[y : y + size, x : x + size]
            picture = cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(folder / f"{number}.jpg"), picture, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))

    def read(folder: Path) -> Iterator[tuple[int, bytes]]:
        for path in folder.iterdir():
            yield int(path.stem), path.read_bytes()

    take_turn = open_writing(settings, len(frames), write, read)
    take_turn()
    return take_turn


def open_plain_loop(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The loop with a DCT hash instead of the files, on one core."""
    frames, pool = read_frame_list(settings), start_workers(1)

    def take_turn() -> dict[str, Any]:
        begun = time.perf_counter()
        pool.apply(_hash_and_encode, (frames,))
        return {"count": len(frames), "seconds": time.perf_counter() - begun}

    take_turn()
    return take_turn


def _hash_and_encode(frames: list[ListedFrame]) -> None:
    for _, path, x, y, size in frames:
        square = cv2.imread(path)[y : y + size, x : x + size]
        picture = cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        grey = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
        lowest = cv2.dct(grey.astype(np.float32))[:8, :8]
        np.packbits(lowest > np.median(lowest)).tobytes()
        cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
