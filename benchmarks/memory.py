"""The most memory that a program has held."""

import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")


def read_peak_gb() -> float:
    """Of this process since its program began, in GB (10^9 bytes).

    From Linux's VmHWM where there is one: ru_maxrss of a child begins at what its parent had held.
    """
    if _STATUS.exists():
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e9  # bytes on macOS
