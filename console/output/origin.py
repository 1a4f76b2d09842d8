"""What a run's record says of the program and the machine that made it."""

import os
import platform
import shutil
import subprocess
from datetime import datetime
from typing import Any

from console.version import find_commit, find_release

_PATIENCE = 10  # seconds for nvidia-smi, which waits where a driver hangs


def describe_program() -> dict[str, Any]:
    """The release, of a checkout the commit and whether it was changed since, and the version of Python."""
    commit = find_commit()
    return {
        "release": find_release(),
        "commit": commit and commit.hash,
        "changed": commit and commit.changed,
        "python": platform.python_version(),
    }


def describe_machine() -> dict[str, Any]:
    """The system, the processor, its cores and those this process may use, memory in bytes, and each GPU's name."""
    return {
        "system": platform.platform(),
        "processor": _find_processor(),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None,
        "gpus": list_gpus(),
    }


def list_gpus() -> list[str]:
    """The names of NVIDIA's GPUs as their driver gives them, used or not; none where it is not installed."""
    program = shutil.which("nvidia-smi")
    if not program:
        return []
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in told.splitlines() if line.strip()]


def name_time() -> str:
    """The present time with this machine's time zone, in seconds, as ISO 8601 writes it."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def _find_processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
