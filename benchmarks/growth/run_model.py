"""How long a run takes with any number of workers, from the costs of its parts; and what stops more workers first.

    seconds(w) = start + driver_frame F + shard F c / w + max(V c / w, (V c + D) / cores, D, bytes F / disk)
    c = 1 + (contention - 1) (w - 1);  V = task N + frame F;  D = driver_task N;  F frames in N tasks

`contention` is how many times as long a frame takes beside one other worker. The largest of the four is what limits.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class LineFit(NamedTuple):
    """fixed + each * x, by least squares; residuals are what was measured less what the line says."""

    fixed: float
    each: float
    residuals: tuple[float, ...]


def fit_line(xs: Sequence[float], ys: Sequence[float]) -> LineFit:
    """Raises ValueError for fewer than two different xs."""
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    if not spread:
        raise ValueError("a line needs two different numbers of frames")
    each = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
    fixed = mean_y - each * mean_x
    return LineFit(fixed, each, tuple(y - fixed - each * x for x, y in zip(xs, ys, strict=True)))


def find_exponents(sizes: Sequence[float], costs: Sequence[float]) -> list[float]:
    """From each size to the next the exponent e of cost ~ size^e."""
    pairs = list(zip(sizes, costs, strict=True))
    return [
        math.log(cost / cost_before) / math.log(size / size_before)
        for (size_before, cost_before), (size, cost) in pairwise(pairs)
    ]


class RunParts(NamedTuple):
    """What the parts of a run cost. Seconds are all by the clock, or all of a core."""

    start: float  # of a run that gives each worker one frame, its end included
    task: float  # a worker's, for a task, however few frames it has
    frame: float  # a worker's, for a frame of a video task
    shard: float  # a worker's, for a record of a shard
    driver_task: float  # the driver's and Ray's, for handing out a task
    driver_frame: float  # the driver's, for a row of plan and manifest
    contention: float  # how many times as long a frame takes beside one other worker
    frame_bytes: float  # that a run reads and writes
    driver_gb: float  # of a run of any size
    driver_row_gb: float  # for each row
    shared_gb: float  # what all workers have together
    worker_gb: float  # what each worker has for itself


class RunLoad(NamedTuple):
    frames: float
    tasks: float


class RunForecast(NamedTuple):
    seconds: float
    start: float
    driver: float
    shards: float
    videos: float
    limit: str  # what the video tasks wait for: workers, cores, driver or disk


def slow_down(parts: RunParts, workers: int) -> float:
    """How many times as long a frame takes where so many workers work, if each takes as much as the second did."""
    return 1 + max(0.0, parts.contention - 1) * (workers - 1)


def count_work(parts: RunParts, load: RunLoad, workers: int) -> float:
    """Seconds of all workers together, without their start."""
    videos = parts.task * load.tasks + parts.frame * load.frames
    return (videos + parts.shard * load.frames) * slow_down(parts, workers)


def keep_contention(parts: RunParts, workers: int) -> RunParts:
    """Parts with which so many workers slow each other no more than two do."""
    return parts._replace(contention=1 + max(0.0, parts.contention - 1) * min(1, workers - 1) / max(1, workers - 1))


def forecast_run(parts: RunParts, load: RunLoad, workers: int, cores: int, disk: float = math.inf) -> RunForecast:
    """What a run takes; `disk` gives so many bytes a second."""
    slower = slow_down(parts, workers)
    video_work = (parts.task * load.tasks + parts.frame * load.frames) * slower
    handing_out = parts.driver_task * load.tasks
    limits = {
        "workers": video_work / workers,
        "cores": (video_work + handing_out) / cores,
        "driver": handing_out,
        "disk": parts.frame_bytes * load.frames / disk,
    }
    limit = max(limits, key=limits.__getitem__)
    driver, shards = parts.driver_frame * load.frames, parts.shard * load.frames * slower / workers
    videos = limits[limit]
    return RunForecast(parts.start + driver + shards + videos, parts.start, driver, shards, videos, limit)


class Saturation(NamedTuple):
    """A resource that all workers share, and with how many workers it is used up."""

    what: str
    capacity: float
    demand: float  # of one worker that works all the time; the capacity's unit
    workers: float  # capacity / demand


def find_saturations(
    parts: RunParts, load: RunLoad, capacities: dict[str, float], copied_bytes: float
) -> list[Saturation]:
    """The resources in the order in which more workers use them up, without mutual slowing of workers.

    Args:
        parts: of the run, in seconds of a core.
        load: how many frames a task has decides what a worker asks of the driver.
        capacities: bytes a second of disks and of "memory bandwidth", and GB of memory, all by name.
        copied_bytes: a frame's traffic with the memory.
    """
    frames_a_task = load.frames / load.tasks
    rate = 1 / (parts.frame + parts.task / frames_a_task)  # frames a second of a worker
    found = [Saturation("driver", 1.0, rate / frames_a_task * parts.driver_task, 0.0)]
    for name, capacity in capacities.items():
        if name == "memory":
            free = capacity - parts.driver_gb - parts.driver_row_gb * load.frames - parts.shared_gb
            found.append(Saturation("memory", free, parts.worker_gb, 0.0))
        else:
            demand = rate * (copied_bytes if name == "memory bandwidth" else parts.frame_bytes)
            found.append(Saturation(name, capacity, demand, 0.0))
    found = [one._replace(workers=max(0.0, one.capacity) / one.demand) for one in found]
    return sorted(found, key=lambda one: one.workers)
