"""The nearest pairs of kept frames: what a larger distance would drop next."""

from typing import NamedTuple

import numpy as np

from preprocess.near_duplicates.hamming_join import find_nearest_others
from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from tools.duplicates.hashed_frames import HashedFrames

NEAREST_PAIRS = 32  # that are named


class NearestKept(NamedTuple):
    """How near kept frames are to the nearest other kept frame. Featureless frames are left out."""

    compared: int  # frames
    histogram: list[int]  # frames by the distance to the nearest other one, 0 to the join's limit
    beyond: int  # frames without another one within the limit
    pairs: np.ndarray  # (pairs, 3) two frames and their distance: the closest, equally close ones at random


def find_nearest_kept(frames: HashedFrames, min_detail: int, seed: int) -> NearestKept:
    """Compare every kept frame with at least `min_detail` with every other one."""
    places = np.flatnonzero(frames.is_kept & (frames.detail >= min_detail))
    near = find_nearest_others(frames.codes[places], JOIN_LIMITS[frames.bits])
    found = np.flatnonzero(near.nearest >= 0)
    distances = near.distance[found]
    closest = np.lexsort((np.random.default_rng(seed).random(len(found)), distances))[: 4 * NEAREST_PAIRS]
    ends = np.stack((places[found], places[near.nearest[found]]), 1)[closest]
    ends = np.sort(ends, axis=1)  # two frames that are each other's nearest are one pair
    _, first = np.unique(ends, axis=0, return_index=True)
    first = np.sort(first)[:NEAREST_PAIRS]
    histogram = np.bincount(distances, minlength=JOIN_LIMITS[frames.bits] + 1).tolist()
    pairs = np.column_stack((ends, distances[closest]))[first].astype(np.int64)
    return NearestKept(len(places), histogram, len(places) - len(found), pairs)
