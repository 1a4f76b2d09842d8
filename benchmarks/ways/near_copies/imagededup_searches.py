"""imagededup's two exact searches, of which it takes the first unless told otherwise. One process each, as below.

It can share the queries out among processes, each of which is sent the codes anew with every 100 queries: on few cores
that takes longer. So the seconds of one process are divided by the number of cores, which is the best that it could do.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from imagededup.handlers.search.bktree import BKTree
from imagededup.handlers.search.brute_force_cython import BruteForceCython

from benchmarks.ways.near_copies.sampled_queries import load_codes, open_search

PACKAGES = ("imagededup",)


def open_brute_force(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """BruteForceCython compares with every code, in compiled code."""
    return _open_search(settings, BruteForceCython)


def open_bk_tree(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """BKTree, with a distance by Python's bit_count, which is faster than imagededup's own."""
    return _open_search(settings, BKTree)


def _open_search(settings: dict[str, Any], kind: Callable) -> Callable[[], dict[str, Any]]:
    codes = {str(place): f"{code:016x}" for place, code in enumerate(load_codes(settings).tolist())}
    cores = len(os.sched_getaffinity(0))
    begun = time.perf_counter()
    found = kind(codes, lambda one, other: (int(one, 16) ^ int(other, 16)).bit_count())
    once = time.perf_counter() - begun

    def search(places: np.ndarray) -> list[Any]:
        return [found.search(codes[str(place)], settings["distance"]) for place in places.tolist()]

    take_turn = open_search(settings, search, once)

    def take_shared_turn() -> dict[str, Any]:
        turn = take_turn()
        return turn | {"seconds": once + (turn["seconds"] - once) / cores}

    return take_shared_turn
