"""How much memory a process holds, and has held at most."""

import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")


def read_peak_gb() -> float:
    """The most memory that this process has held, in GB (10^9 bytes).

    Linux's VmHWM is used where it exists, because ru_maxrss of a child process starts with the memory of its parent.
    """
    if _STATUS.exists():
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e9  # bytes on macOS


def read_held_mib() -> float:
    """The memory that this process holds now, in MiB; where the system does not say, the most that it has held."""
    if _STATUS.exists():
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024
    return read_peak_gb() * 1e9 / 2**20
