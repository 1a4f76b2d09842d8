"""Our search for near-copies, and the comparisons alone that it and every other exact search has to make."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np

from benchmarks.ways.near_copies.sampled_queries import choose_checked, load_codes
from preprocess.core_count import count_cores
from preprocess.near_duplicates.band_layout import Band, plan_bands
from preprocess.near_duplicates.hamming_join import cluster_codes, find_nearest_others
from preprocess.near_duplicates.hamming_join_loops import find_least_distance
from preprocess.near_duplicates.matches import NO_MATCH, Matches

PACKAGES = ("numba",)
_IN_CACHE = 2048  # codes, 16 kB: a first-level cache has more
_QUERIES = 4096  # that a thread compares with them in one piece


def open_cluster(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Group all codes, again and again until `seconds` have passed."""
    codes, distance = load_codes(settings).reshape(-1, 1), settings["distance"]
    checked = choose_checked(len(codes))
    nearest, bits = find_nearest_others(codes, distance)
    least = np.where(nearest == NO_MATCH, -1, bits)[checked].tolist()

    def take_turn() -> dict[str, Any]:
        begun, passes, passed = time.perf_counter(), 0, 0.0
        while passed < settings["seconds"]:
            groups = cluster_codes(codes, distance)
            passes, passed = passes + 1, time.perf_counter() - begun
        return {
            "count": passes * len(codes),
            "seconds": passed,
            "least": least,
            "stay": int((groups.nearest == NO_MATCH).sum()),
            "wrong": count_wrong_groups(codes, groups, distance),
        }

    cluster_codes(codes, distance)  # compiles, or reads what was compiled
    return take_turn


def count_wrong_groups(codes: np.ndarray, groups: Matches, distance: int) -> int:
    """How many codes (n, 1) are not within the distance of their representative, or have one that is no such."""
    copies = np.flatnonzero(groups.nearest != NO_MATCH)
    chosen = groups.nearest[copies]
    bits = np.bitwise_count(codes[copies, 0] ^ codes[chosen, 0])
    is_right = (bits == groups.distance[copies]) & (bits <= distance) & (groups.nearest[chosen] == NO_MATCH)
    return int((~is_right).sum())


def open_comparing(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The time that the pairs take which share a bucket, each compared once by a bare loop in the first-level cache."""
    codes = load_codes(settings)
    bands = plan_bands(64, settings["distance"], len(codes))
    return _open_loop(len(codes), min(count_bucket_pairs(codes, bands), _count_all_pairs(len(codes))), settings)


def open_comparing_all(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The same for each code with each other one."""
    count = len(load_codes(settings))
    return _open_loop(count, _count_all_pairs(count), settings)


def _count_all_pairs(count: int) -> int:
    return count * (count - 1) // 2


def count_bucket_pairs(codes: np.ndarray, bands: list[Band]) -> int:
    """The pairs of codes (n,) that a search by these bands compares, both codes of a pair counted once for a bucket."""
    pairs = 0
    for band in bands:
        values = (codes >> np.uint64(band.shift)) & np.uint64((1 << band.width) - 1)
        counts = np.bincount(values.astype(np.int64), minlength=1 << band.width)
        places = np.arange(len(counts), dtype=np.uint64)
        for mask in band.masks:
            pairs += int(counts @ counts[places ^ np.uint64(mask)]) - (len(codes) if mask == 0 else 0)
    return pairs // 2


@numba.njit(nogil=True)
def _compare_each(queries, targets):
    least = np.uint64(64)
    for i in range(len(queries)):
        least = min(least, find_least_distance(queries, i, targets, np.uint64(0), np.uint64(len(targets))))
    return least


def _open_loop(count: int, pairs: int, settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    rng = np.random.default_rng(0)
    targets, queries = (rng.integers(0, 2**64, size, np.uint64) for size in (_IN_CACHE, _QUERIES))
    cores = count_cores()

    def compare_until(end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            _compare_each(queries, targets)
            done += _QUERIES * _IN_CACHE
        return done

    def take_turn() -> dict[str, Any]:
        begun = time.perf_counter()
        with ThreadPoolExecutor(cores) as pool:
            done = sum(pool.map(compare_until, [begun + settings["seconds"]] * cores))
        passed = time.perf_counter() - begun
        return {"count": count, "seconds": pairs * passed / done, "pairs": pairs}

    take_turn()
    return take_turn
