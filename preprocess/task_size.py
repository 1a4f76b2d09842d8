"""How many frames a video task has: consecutive videos are grouped into tasks."""

from preprocess.sources.video import SourceListing, Video

_TASK_FRAMES = 2000  # about 10 s of one core: longer than Ray's overhead, short enough to repeat after a crash
_MIN_TASKS = 64  # of a small source, so that it still keeps many cores busy


def group_into_tasks(source: SourceListing) -> list[list[Video]]:
    """Divide the source's videos, in their order, into groups with about the same number of frames.

    Videos with the same name are always in one group. The grouping depends on the source alone, so that a restart with
    another number of workers finds the tasks that are finished.
    """
    limit = max(1, min(_TASK_FRAMES, sum(video.weight for video in source.videos) // _MIN_TASKS))
    groups: list[list[Video]] = [[]]
    weight = 0
    for video in source.videos:
        if weight >= limit and groups[-1][-1].name != video.name:
            groups.append([])
            weight = 0
        groups[-1].append(video)
        weight += video.weight
    return groups
