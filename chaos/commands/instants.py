"""Random instants of a run: by the clock, or when so many files have appeared, by which short stages are met too."""

import os
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

HANGS_AFTER = 150  # seconds in which no file appears; Ray needs a minute to notice that its gcs is gone
_BY_CLOCK = 0.4  # of the instants


class Instant(NamedTuple):
    """When something is to happen to a run; what comes first."""

    seconds: float
    names: float  # so many of which have appeared, those of partial files too
    pause: float  # seconds after that


def draw_instant(chance: random.Random, seconds: float, names: int) -> Instant:
    """An instant of a run that takes about so many seconds and makes about so many files and folders."""
    by_clock, pause = chance.random() < _BY_CLOCK, chance.uniform(0, 0.02)
    most_seconds, most_names = chance.uniform(0, seconds), chance.randint(1, names)
    return Instant(most_seconds if by_clock else float("inf"), float("inf") if by_clock else most_names, pause)


def wait_for_instant(instant: Instant, folders: Sequence[Path], is_running: Callable[[], bool]) -> bool:
    """Wait until a run has come so far. False where it has ended before, or nothing appears for HANGS_AFTER seconds."""
    seen, count = list_names(folders), 0
    began = changed = time.monotonic()
    while is_running() and time.monotonic() < changed + HANGS_AFTER:
        if new := list_names(folders) - seen:
            seen, count, changed = seen | new, count + len(new), time.monotonic()
        if time.monotonic() - began >= instant.seconds or count >= instant.names:
            time.sleep(instant.pause)
            return is_running()
        time.sleep(0.004)
    return False


def list_names(folders: Sequence[Path]) -> set[str]:
    """The paths of all files and folders below some folders, of which some may not be there."""
    found = ((place, [*inside, *files]) for folder in folders for place, inside, files in os.walk(folder))
    return {f"{place}/{name}" for place, names in found for name in names}
