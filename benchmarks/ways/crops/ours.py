"""Ours: a whole run on all cores, from labels to published shards, and its video tasks alone on one core."""

import atexit
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.preprocess import run_task
from benchmarks.ways.crops.decoding import start_workers
from benchmarks.ways.crops.listed_frames import open_writing, read_frame_list
from preprocess.ray_cluster import start_ray
from preprocess.run import run
from preprocess.settings import DedupeSettings, FrameSettings, PreprocessSettings
from shards.record import decode_record
from shards.tfrecord import iterate_records

PACKAGES = ("ray", "simplejpeg", "numba", "opencv-python-headless")


def open_run(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Ray is started here. A turn is everything else: listing, checks, crops, hashes, shards, manifest, publication."""
    frames = read_frame_list(settings)
    # The tree's videos are named by linked_tree.py.
    numbers = {_name_first_copy(Path(path)): number for number, path, *_ in frames}
    stack = ExitStack()
    stack.enter_context(start_ray(settings["processes"], None))
    atexit.register(stack.close)

    def write(folder: Path) -> None:
        run(
            PreprocessSettings(
                source=[settings["linked"]],
                out=str(folder / "dataset"),
                dedupe=DedupeSettings(enabled=False),
                frames=FrameSettings(0),
            )
        )

    def read(folder: Path) -> Iterator[tuple[int | None, bytes]]:
        for path in sorted((folder / "dataset").glob("pet_mood-*")):
            with open(path, "rb") as file:
                for found in iterate_records(file):
                    record = decode_record(found.record)
                    yield numbers.get(record["key"]), record["image"]

    take_turn = open_writing(settings, len(frames) * settings["copies"], write, read)
    take_turn()
    return take_turn


def _name_first_copy(frame: Path) -> str:
    """The key of a frame in the first copy of its video, by AI Hub's name of its file."""
    return f"0_{frame.parent.name}/{frame.stem.split('_')[1]}"


def open_task(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Video tasks one after the other: labels, listing, checks, crop, hash, encoding, spill, fsync."""
    return _open_tasks(settings, 0)


def open_task_with_frames(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The same with four whole frames of each video."""
    return _open_tasks(settings, 4)


def _open_tasks(settings: dict[str, Any], per_video: int) -> Callable[[], dict[str, Any]]:
    count = len(read_frame_list(settings)) * settings["copies"]
    tree, pool = Path(settings["linked"]), start_workers(1)

    def take_turn() -> dict[str, Any]:
        begun = time.perf_counter()
        pool.apply(run_task, (tree, None, per_video))
        return {"count": count, "seconds": time.perf_counter() - begun}

    take_turn()
    return take_turn
