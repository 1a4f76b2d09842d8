"""What the parts of a run cost, each measured by itself: video tasks side by side, shard tasks, handing out."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.growth.frame_runs import is_worker
from benchmarks.join import run_in_process
from benchmarks.preprocess import list_crops, run_task
from benchmarks.scale.spill_growth import measure_shard_task
from preprocess.ray_cluster import WORKER_ENVIRONMENT, start_ray
from preprocess.sources.source_kinds import find_videos
from preprocess.task_handout import run_tasks
from preprocess.writing.finished_work import Origin, TaskSummary, VideoSummary

_SIDE = 256  # pixels of a stored crop
_COPY_BYTES = 128 << 20  # more than a cache holds
_COPIES = 10
_VIDEOS_A_TASK = 20  # of 100 frames: a task of the usual size


def measure_tasks(tree: Path, one_frame: Path, rounds: int) -> dict[str, Any]:
    """Seconds of a worker for a frame and for a task of one frame, alone and with another worker at the same time.

    Each is a pair: by the clock, which counts what else the machine does, and of a core. Medians over the rounds, in
    each of which one worker works alone and then two together.
    """
    frames = len(list_crops(tree))
    with TaskWorkers(2, tree, one_frame) as workers:
        found = [
            {(what, count): workers.time(what, count) for what in ("frames", "task") for count in (1, 2)}
            for _ in range(rounds)
        ]

    def middle(what: str, count: int, over: int) -> tuple[float, float]:
        return tuple(median(one[what, count][part] for one in found) / over for part in (0, 1))

    return {
        "frame": middle("frames", 1, frames),
        "frame_beside_another": middle("frames", 2, frames),
        "task_of_one_frame": middle("task", 1, 1),
        "frame_bytes": int(np.mean([Path(path).stat().st_size for path, _ in list_crops(tree)])),
        "pixel_bytes": int(np.mean([_count_decoded(crop.size) for _, crop in list_crops(tree)])),
    }


def _count_decoded(side: int) -> int:
    """Bytes of the pixels that are decoded for a crop: it is scaled by 1/2, 1/4 or 1/8 while it stays large enough."""
    scale = max(scale for scale in (1, 2, 4, 8) if scale == 1 or side // scale >= _SIDE)
    return 3 * (side // scale) ** 2


class TaskWorkers:
    """Processes that do a task of all videos of a tree, or of the tree of one frame, when they are asked to."""

    def __init__(self, count: int, tree: Path, one_frame: Path):
        context, before = get_context("spawn"), dict(os.environ)
        os.environ.update(WORKER_ENVIRONMENT)  # they inherit it
        self._pipes, self._processes = [], []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve_tasks, args=(theirs, tree, one_frame), daemon=True)
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)
        os.environ.clear()
        os.environ.update(before)

    def __enter__(self) -> "TaskWorkers":
        for pipe in self._pipes:
            _receive(pipe)
        return self

    def time(self, what: str, count: int) -> tuple[float, float]:
        """Mean seconds of `count` workers that do this at the same time: by the clock, and of a core."""
        for pipe in self._pipes[:count]:
            pipe.send(what)
        found = [_receive(pipe) for pipe in self._pipes[:count]]
        return tuple(float(np.mean([one[part] for one in found])) for part in (0, 1))

    def __exit__(self, *_: object) -> None:
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            pipe.send("end")
            process.join()


def _receive(pipe: Any) -> Any:
    """What a worker says; its error is raised here."""
    said = pipe.recv()
    if isinstance(said, Exception):
        raise said
    return said


def _serve_tasks(pipe: Any, tree: Path, one_frame: Path) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # TensorFlow's library says there how it was built
    try:
        videos = {"frames": find_videos([str(tree)]).videos, "task": find_videos([str(one_frame)]).videos[:1]}
        trees = {"frames": tree, "task": one_frame}
        for what in videos:
            run_task(trees[what], videos[what])  # imports, and the page cache
        pipe.send("ready")
        while (what := pipe.recv()) != "end":
            start, core = time.perf_counter(), time.process_time()
            run_task(trees[what], videos[what])
            pipe.send((time.perf_counter() - start, time.process_time() - core))
    except Exception as error:
        pipe.send(error)


def measure_shards(folder: Path, spills: int = 64, records: int = 4000) -> tuple[float, float]:
    """Seconds of a shard task for a record: by the clock, and of a core."""
    found = run_in_process(measure_shard_task, folder, spills, records)
    return found["warm_seconds"] / records, found["core_seconds"] / records


def measure_handing_out(tasks: int) -> dict[str, float]:
    """Core seconds of the driver, Ray's processes and the workers for a task that does nothing, its call as usual."""
    calls = [(_make_summary(),)] * tasks
    with start_ray(2, None):
        list(run_tasks(_return_summary, calls[:50], 2, "warm-up"))
        before, start = _count_core_seconds(), time.perf_counter()
        list(run_tasks(_return_summary, calls, 2, "task"))
        seconds, after = time.perf_counter() - start, _count_core_seconds()
    return {"clock": seconds / tasks} | {kind: (after[kind] - before[kind]) / tasks for kind in after}


def _return_summary(summary: TaskSummary) -> TaskSummary:
    return summary


def _make_summary() -> TaskSummary:
    names = [f"20201028_cat-walkrun-{number:06}.mp4" for number in range(_VIDEOS_A_TASK)]
    videos = [VideoSummary(name, "train", 3, f"animal {name}", 50) for name in names]
    counts = {"kept": 1000, "duplicate": 1000}
    return TaskSummary("name", Origin("", ""), 2000, counts, {}, 12_000_000, 0, videos)


def _count_core_seconds() -> dict[str, float]:
    """Core seconds so far of this process, the driver, and of the processes below it."""
    import psutil

    found = {"driver": time.process_time(), "Ray": 0.0, "workers": 0.0}
    for process in psutil.Process().children(recursive=True):
        used = process.cpu_times()
        found["workers" if is_worker(process.cmdline()) else "Ray"] += used.user + used.system
    return found


def measure_copying(counts: Sequence[int] = (1, 2), size: int = _COPY_BYTES) -> dict[int, float]:
    """GB/s that so many threads read and write together when they copy memory, which numpy does without the GIL."""
    rates = {}
    for count in counts:
        pairs = [(np.ones(size, np.uint8), np.ones(size, np.uint8)) for _ in range(count)]
        with ThreadPoolExecutor(count) as pool:
            start = time.perf_counter()
            for _ in range(_COPIES):
                list(pool.map(lambda pair: np.copyto(*pair), pairs))
            rates[count] = 2 * _COPIES * size * count / 1e9 / (time.perf_counter() - start)
    return rates
