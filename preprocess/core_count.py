"""How many cores there are to work with."""

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_GROUPS = Path("/sys/fs/cgroup")  # the folders of all control groups
_OWN = Path("/proc/self/cgroup")  # names the groups of this process


def count_cores() -> int:
    """The cores that this process may use, by its affinity and the quotas of its control groups; at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(cores, read_quota(_GROUPS, _OWN))))


def read_quota(groups: Path, own: Path) -> float:
    """The smallest quota of this process's control groups and those around them, in cores; infinite where none is set.

    `groups` is the folder of all control groups, `own` the file that names the groups of the process.
    """
    return min((_read_group_quota(folder) for folder in list_groups(groups, own, "cpu")), default=math.inf)


def list_groups(groups: Path, own: Path, controller: str) -> Iterator[Path]:
    """The folders of the process's groups and those around them: version 2, and version 1's of one controller."""
    try:
        lines = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        lines = []
    named = [(kinds.split(","), path) for _, kinds, path in lines]
    paths = [
        ("" if kinds == [""] else controller, path) for kinds, path in named if kinds == [""] or controller in kinds
    ]
    for kind, path in [("", "/"), (controller, "/"), *paths]:
        place = PurePosixPath(path.lstrip("/"))
        for part in (place, *place.parents):
            yield groups / kind / part


def _read_group_quota(group: Path) -> float:
    """The quota of one group in cores: CPU time divided by the period for which it is granted."""
    for quota, period in (("cpu.max", None), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            words = (group / quota).read_text().split()
            words += (group / period).read_text().split() if period else []
            if int(words[0]) > 0:
                return int(words[0]) / int(words[1])
        except (OSError, ValueError, IndexError, ZeroDivisionError):  # there is no such file, or it says `max`
            continue
    return math.inf
