"""A turn that starts Python with some words, and waits for its end."""

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

_SHOWN = 200  # characters of what a command has said that the check is given


def open_command(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """`call` are the words behind `python`, `times` says how often a turn calls it."""
    command = [sys.executable, *settings["call"]]

    def take_turn() -> dict[str, Any]:
        begun = time.perf_counter()
        for _ in range(settings["times"]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begun
        said = (done.stderr if done.returncode else done.stdout).strip()[-_SHOWN:]
        return {"count": settings["times"], "seconds": seconds, "status": done.returncode, "said": said}

    take_turn()  # byte code, and the page cache
    return take_turn
