"""How many cores there are to work with."""

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_GROUPS = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def count_cores() -> int:
    """Those that this process may use, by affinity and by its control groups' quotas, else all of the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(cores, read_quota(_GROUPS, _OWN))))


def read_quota(groups: Path, own: Path) -> float:
    """Cores' worth of time that this process may use; infinite where it has no quota, or the system does not tell.

    `own` names the process's groups; each of them and all that they lie in count.
    """
    return min((_read_quota(folder) for folder in _list_groups(groups, own)), default=math.inf)


def _list_groups(groups: Path, own: Path) -> Iterator[Path]:
    """Folders of control groups, version 2 and the cpu controller of version 1."""
    try:
        lines = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        lines = []
    paths = [("cpu" if kinds else "", path) for _, kinds, path in lines if not kinds or "cpu" in kinds.split(",")]
    for controller, path in [("", "/"), ("cpu", "/"), *paths]:
        place = PurePosixPath(path.lstrip("/"))
        for part in (place, *place.parents):
            yield groups / controller / part


def _read_quota(group: Path) -> float:
    for quota, period in (("cpu.max", None), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            words = (group / quota).read_text().split()
            words += (group / period).read_text().split() if period else []
            if int(words[0]) > 0:
                return int(words[0]) / int(words[1])
        except (OSError, ValueError, IndexError, ZeroDivisionError):  # no such file, or `max`
            continue
    return math.inf
