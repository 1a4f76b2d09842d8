"""Real video tasks over videos that are drawn at random from the whole source, on all workers at once.

So what the estimate is made of holds what a run meets: how much cores slow one another down, what else this machine
does, and the disk, from which the drawn frames are read in the state in which a run would find them.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import psutil

from preprocess.settings import PreprocessSettings
from preprocess.sources.input_fingerprint import read_inputs
from preprocess.sources.task_groups import count_task_frames, group_into_tasks
from preprocess.sources.video import ImageFile, SourceListing, Video
from preprocess.writing.finished_work import TaskSummary
from preprocess.writing.keyed_order import shuffle_key
from preprocess.writing.video_task import run_video_task
from tools.source_inventory.worker_pool import open_workers

_MOST_FRAMES = 400  # of a sampled task: many short tasks tell more than few long ones
_OWN_SCHEDULE = Path("/proc/self/schedstat")  # core time and waiting for a core, in ns
_DRAWN_FILES = 64  # whose places a task hands back, to read them again from the disk


class TaskTiming(NamedTuple):
    """A video task that was done: what it took and what it made."""

    summary: TaskSummary
    frames: int  # of its videos, as they were listed; the source has so many in all
    seconds: float
    computed: float  # core seconds of its process
    queued: float  # seconds in which it waited for a core; 0 where the system does not say
    frame_bytes: int  # of the files of its frames
    held_bytes: int  # memory of its process afterwards
    files: list[ImageFile]  # some of those that it read

    @property
    def blocked(self) -> float:
        """Seconds in which it neither computed nor waited for a core: nearly all of that is disks."""
        return max(0.0, self.seconds - self.computed - self.queued)


class TaskSample(NamedTuple):
    """All sampled tasks."""

    tasks: list[TaskTiming]
    workers: int
    frames: int  # of the whole source
    seconds: float  # of the clock, without the start of the workers
    ready_seconds: float  # that the start of the workers took
    largest: int = 0  # frames of a run's largest task: a video is never divided

    @property
    def share(self) -> float:
        """Of the source's frames, how many were sampled, from 0 to 1."""
        return sum(task.frames for task in self.tasks) / self.frames

    @property
    def is_whole(self) -> bool:
        """Whether all videos of the source were drawn."""
        return self.share == 1


def draw_tasks(source: SourceListing, seed: int) -> list[list[Video]]:
    """The videos in an order that their names and the seed decide, in tasks like those of a run but of few frames."""
    groups = [list(same) for _, same in groupby(source.videos, key=lambda video: video.name)]
    groups.sort(key=lambda group: shuffle_key(group[0].name, seed))
    limit, tasks = min(_MOST_FRAMES, count_task_frames(source)), [[]]
    for group in groups:
        if sum(video.weight for video in tasks[-1]) >= limit:
            tasks.append([])
        tasks[-1] += group
    # In a task they are in the manifest's order, by which later stages find the frames of a video.
    return [sorted(videos, key=lambda video: video.name) for videos in tasks]


def run_sample(
    source: SourceListing,
    settings: PreprocessSettings,
    folders: tuple[Path, Path],
    seconds: float,
    progress: Callable[[int], object],
    seed: int,
) -> TaskSample:
    """Do tasks on settings.workers processes until the time is over, or all are done; at least one for each.

    Args:
        source: the whole of it.
        settings: of the run.
        folders: for the spills; and for those of the tasks by which workers warm up, which are the first ones.
        seconds: after which no task is begun.
        progress: called after each task with the number of its frames.
        seed: draws the videos.

    Raises what a video task raises, and DataError where a process dies.
    """
    drawn = draw_tasks(source, seed)
    places = [folders[1] / str(number) for number in range(settings.workers)]
    for place in (folders[0], *places):
        place.mkdir(parents=True, exist_ok=True)
    opened = time.perf_counter()
    with open_workers(settings.workers, settings) as pool:
        ready = time.perf_counter() - opened
        # The first task of a process imports and compiles, which a run does once for each worker too.
        for warm in [pool.submit(time_task, drawn[0][:1], settings, place) for place in places]:
            warm.result()
        start = time.perf_counter()
        tasks = _run_until(start + seconds, pool, drawn, (settings, folders[0]), progress)
        taken = time.perf_counter() - start
    weights = [sum(video.weight for video in videos) for videos in group_into_tasks(source)]
    return TaskSample(tasks, settings.workers, sum(weights), taken, ready, max(weights))


def _run_until(
    end: float,
    pool: ProcessPoolExecutor,
    drawn: Sequence[list[Video]],
    call: tuple[PreprocessSettings, Path],
    progress: Callable[[int], object],
) -> list[TaskTiming]:
    workers, waiting, running, done = call[0].workers, iter(drawn), set[Future[TaskTiming]](), list[TaskTiming]()
    begun = 0
    while True:
        while len(running) < workers and (begun < workers or time.perf_counter() < end):
            if (videos := next(waiting, None)) is None:
                break
            running.add(pool.submit(time_task, videos, *call))
            begun += 1
        if not running:
            return done
        finished, running = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            done.append(future.result())
            progress(done[-1].frames)


def time_task(videos: list[Video], settings: PreprocessSettings, folder: Path) -> TaskTiming:
    """Do a video task in this process and look at the clocks."""
    start, computed, queued = time.perf_counter(), time.process_time(), _read_queued()
    summary = run_video_task(videos, settings, folder)
    seconds = time.perf_counter() - start
    computed, queued = time.process_time() - computed, _read_queued() - queued
    images = [image for video in videos for image in read_inputs(video).images.values()]
    return TaskTiming(
        summary=summary,
        frames=sum(video.weight for video in videos),
        seconds=seconds,
        computed=computed,
        queued=queued,
        frame_bytes=sum(image.size for image in images),
        held_bytes=psutil.Process().memory_info().rss,
        files=images[:: -(-len(images) // _DRAWN_FILES) or 1],
    )


def _read_queued() -> float:
    with suppress(OSError, ValueError, IndexError):
        return int(_OWN_SCHEDULE.read_text().split()[1]) / 1e9
    return 0.0
