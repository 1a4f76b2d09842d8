"""How much memory a process holds, and has held at most; and a process of its own for a measurement."""

import multiprocessing
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shards.errors import DataError

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


def run_in_process(function: Callable, *arguments: Any) -> dict[str, Any]:
    """The dict that a function puts into a queue, its last argument, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=function, args=(*arguments, results))
    process.start()
    while process.is_alive() and results.empty():
        time.sleep(0.05)
    if results.empty() and process.exitcode:
        hint = "; give fewer --codes, the memory was too small" if process.exitcode == -signal.SIGKILL else ""
        raise DataError(f"{function.__name__} ended with status {process.exitcode}{hint}")
    found = results.get()
    process.join()
    return found
