"""Videos -> groups of videos, one for each Ray task."""

from preprocess.sources.video import SourceListing, Video

_FRAMES_A_TASK = 2000  # about 10 s of one core: long against Ray's overhead, short enough to lose in a crash
_LEAST_TASKS = 64  # so that a small source still keeps many cores busy


def group_into_tasks(source: SourceListing) -> list[list[Video]]:
    """Group consecutive videos until they hold about a fixed number of frames; videos of one name stay together.

    The groups depend on the videos alone, not on the number of workers, so that a restarted run finds the tasks that an
    earlier one finished.
    """
    limit = count_task_frames(source)
    groups: list[list[Video]] = [[]]
    weight = 0
    for video in source.videos:
        if weight >= limit and groups[-1][-1].name != video.name:
            groups.append([])
            weight = 0
        groups[-1].append(video)
        weight += video.weight
    return groups


def count_task_frames(source: SourceListing) -> int:
    """About how many frames a task has at least."""
    return max(1, min(_FRAMES_A_TASK, sum(video.weight for video in source.videos) // _LEAST_TASKS))
