"""How many cores there are to work with."""

import math
import os
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")


def count_cores() -> int:
    """Those that this process may use, by affinity and by its control group's quota, else all of the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(cores, read_quota(_GROUPS))))


def read_quota(groups: Path) -> float:
    """Cores' worth of time that a container may use; infinite where it has no quota, or the system does not tell."""
    for quota, period in (("cpu.max", None), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            words = (groups / quota).read_text().split()
            words += (groups / period).read_text().split() if period else []
            if int(words[0]) > 0:
                return int(words[0]) / int(words[1])
        except (OSError, ValueError, IndexError, ZeroDivisionError):  # no such file, or `max`
            continue
    return math.inf
