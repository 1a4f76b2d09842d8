"""faiss' exact searches of binary codes: the neighbours of some codes, in as many threads as there are cores."""

import os
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import faiss
import numpy as np

from benchmarks.ways.near_copies.sampled_queries import load_codes, open_search

PACKAGES = ("faiss-cpu",)
_BANDS, _BAND_BITS = 4, 16


def open_flat(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """IndexBinaryFlat compares with every code."""
    return _open_index(settings, faiss.IndexBinaryFlat(64))


def open_multi_hash(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """IndexBinaryMultiHash with four bands, and as many flipped bits as make it exact."""
    index = faiss.IndexBinaryMultiHash(64, _BANDS, _BAND_BITS)
    index.nflip = settings["distance"] // _BANDS
    return _open_index(settings, index)


def _open_index(settings: dict[str, Any], index: Any) -> Callable[[], dict[str, Any]]:
    faiss.omp_set_num_threads(len(os.sched_getaffinity(0)))
    codes = load_codes(settings).astype(">u8").view(np.uint8).reshape(-1, 8)
    begun = time.perf_counter()
    index.add(codes)
    once = time.perf_counter() - begun

    def search(places: np.ndarray) -> list[Any]:
        limits, bits, found = index.range_search(codes[places], settings["distance"] + 1)  # those nearer than this
        edges = limits.tolist()
        return [zip(found[a:b], bits[a:b], strict=True) for a, b in pairwise(edges)]

    return open_search(settings, search, once)
