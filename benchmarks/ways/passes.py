"""A turn that is a pass over crops in memory, for ways in either environment."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

_SHOWN = 8  # hashes of a turn that the check is given


def open_pass(settings: dict[str, Any], hash_one: Callable[[np.ndarray], int]) -> Callable[[], dict[str, Any]]:
    """A turn that hashes the crops of the .npy file `crops`, again and again until `seconds` have passed."""
    crops = list(np.load(settings["crops"]))

    def take_turn() -> dict[str, Any]:
        begun, count, passed = time.perf_counter(), 0, 0.0
        while passed < settings["seconds"]:
            hashes = [hash_one(crop) for crop in crops]
            count, passed = count + len(crops), time.perf_counter() - begun
        shown = hashes[:: max(1, len(hashes) // _SHOWN)]
        return {"count": count, "seconds": passed, "hashes": [f"{code:016x}" for code in shown]}

    take_turn()  # compiles, and fills caches
    return take_turn
