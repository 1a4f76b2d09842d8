"""What each search is given, and what it says of some codes for the table's check; for ways in either environment."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

_CHECKED = 200  # codes of which each way says how far the nearest other one is


def load_codes(settings: dict[str, Any]) -> np.ndarray:
    """The codes of the .npy file `codes`, (n,) uint64."""
    return np.load(settings["codes"])


def choose_checked(count: int) -> np.ndarray:
    """The places of the codes that are checked: the same for every way."""
    return np.unique(np.linspace(0, count - 1, _CHECKED).astype(np.int64))


def find_least(row: int, found: Iterable[tuple[int, int]]) -> int:
    """The least distance among (place, distance) of what was found for the code at `row`, itself left out; -1: none."""
    return min((int(bits) for place, bits in found if int(place) != row), default=-1)


def open_search(
    settings: dict[str, Any], search: Callable[[np.ndarray], list[Iterable[tuple[int, int]]]], once: float
) -> Callable[[], dict[str, Any]]:
    """A turn that searches for the neighbours of some codes, and counts what all codes would take.

    Args:
        settings: `codes`, and `queries`: for how many codes it searches.
        search: for places of codes, what lies within the distance of each, as (place, distance).
        once: the seconds that making the index took, which are part of every turn.
    """
    count = len(load_codes(settings))
    places = np.unique(np.linspace(0, count - 1, min(count, settings["queries"])).astype(np.int64))
    checked = choose_checked(count)
    least = [find_least(row, found) for row, found in zip(checked.tolist(), search(checked), strict=True)]

    def take_turn() -> dict[str, Any]:
        begun = time.perf_counter()
        search(places)
        seconds = once + (time.perf_counter() - begun) * count / len(places)
        return {"count": count, "seconds": seconds, "least": least}

    return take_turn
