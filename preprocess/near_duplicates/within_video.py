"""Near-duplicates among the frames of one video, and the frames of a video that differ most.

The rule is greedy leader clustering in rank order, see preprocess.near_duplicates.hamming_join: every duplicate is
within the distance of the frame that is kept in its place. The result does not depend on the order of the frames.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from preprocess.near_duplicates.hamming_join import cluster_within_videos, order_farthest_first, read_codes
from preprocess.near_duplicates.matches import NO_MATCH
from preprocess.settings import DedupeSettings


class Candidate(NamedTuple):
    """What decides whether a frame is kept."""

    code: bytes  # perceptual hash, big-endian
    detail: int  # score, see preprocess.cutting.phash
    crop_size: int  # side in pixels of the source
    pixels: bytes  # digest of the stored picture; only used where the detail is under DedupeSettings.min_detail


class Duplicate(NamedTuple):
    """A near-duplicate: the place of its representative among the candidates, and the bits between their codes."""

    representative: int
    distance: int


def find_duplicates(frames: Sequence[Candidate], settings: DedupeSettings) -> list[Duplicate | None]:
    """For each frame of a video its nearest representative, or None where it is a representative itself.

    Frames are ranked by detail, then crop size, both descending, then their place in `frames`, which is in the order of
    their keys. Of equally near representatives the highest ranked one. Frames under the detail gate (min_detail) have
    no meaningful code: they are duplicates only of frames whose stored pictures are equal.
    """
    found: list[Duplicate | None] = [None] * len(frames)
    if not settings.enabled or len(frames) < 2:
        return found
    compared, featureless = _rank(frames, settings)
    matches = cluster_within_videos(_stack_codes(frames, compared), np.array([0, len(compared)]), settings.distance)
    for i, nearest, distance in zip(compared, matches.nearest.tolist(), matches.distance.tolist(), strict=True):
        found[i] = None if nearest == NO_MATCH else Duplicate(compared[nearest], distance)
    first: dict[bytes, int] = {}
    for i in featureless:
        representative = first.setdefault(frames[i].pixels, i)
        found[i] = None if representative == i else Duplicate(representative, 0)
    return found


def select_frames(frames: Sequence[Candidate], count: int, settings: DedupeSettings) -> set[int]:
    """The places of the `count` frames of a video that differ most: the first of the farthest-first traversal.

    Frames under the detail gate are taken last, because their codes have no meaning.
    """
    if len(frames) <= count:
        return set(range(len(frames)))
    compared, featureless = _rank(frames, settings)
    order, _ = order_farthest_first(_stack_codes(frames, compared), np.array([0, len(compared)]))
    chosen = [i for i, turn in zip(compared, order.tolist(), strict=True) if turn < count]
    return {*chosen, *featureless[: count - len(chosen)]}


def _rank(frames: Sequence[Candidate], settings: DedupeSettings) -> tuple[list[int], list[int]]:
    """Places in rank order, of the frames that are compared by code and of those under the detail gate."""
    ranked = sorted(range(len(frames)), key=lambda i: (-frames[i].detail, -frames[i].crop_size, i))
    compared = sum(frame.detail >= settings.min_detail for frame in frames)  # they come first: rank goes by detail
    return ranked[:compared], ranked[compared:]


def _stack_codes(frames: Sequence[Candidate], places: Sequence[int]) -> np.ndarray:
    return read_codes(b"".join(frames[i].code for i in places), 8 * len(frames[0].code))
