"""Which frames of a video are near-copies of which, and which of the others differ most.

In rank order, a frame becomes a representative unless one is near enough. No chains: every duplicate is within the
distance of the frame that stays in its place. Nothing depends on the order in which the frames come.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from preprocess.near_duplicates.hamming_join import NO_MATCH, find_groups_within, order_farthest, read_codes
from preprocess.settings import DedupeSettings


class Candidate(NamedTuple):
    """A frame that may stay: code, detail score, crop side in pixels; under the detail gate a digest of its picture."""

    code: bytes  # big-endian
    detail: int
    crop_size: int
    pixels: bytes


class Duplicate(NamedTuple):
    """The place of the representative among the candidates, and the bits in which the codes differ."""

    of: int
    distance: int


def find_duplicates(frames: Sequence[Candidate], settings: DedupeSettings) -> list[Duplicate | None]:
    """For each frame of a video the one that it duplicates, or None for a representative.

    Rank: detail, then crop area, both descending, then the place in `frames`, which is that of the key. A frame is a
    duplicate of its nearest representative within the distance, the higher ranked of two equally near. Frames under
    the detail gate are duplicates only of frames with the same picture.
    """
    found: list[Duplicate | None] = [None] * len(frames)
    if not settings.enabled or not frames:
        return found
    compared, featureless = _rank(frames, settings)
    groups = find_groups_within(_read(frames, compared), np.array([0, len(compared)]), settings.distance)
    for i, of, distance in zip(compared, groups.of.tolist(), groups.distance.tolist(), strict=True):
        found[i] = None if of == NO_MATCH else Duplicate(compared[of], distance)
    first: dict[bytes, int] = {}
    for i in featureless:
        of = first.setdefault(frames[i].pixels, i)
        found[i] = None if of == i else Duplicate(of, 0)
    return found


def select_frames(frames: Sequence[Candidate], count: int, settings: DedupeSettings) -> set[int]:
    """The places of the `count` frames of a video that differ most: the first in farthest-point order.

    Frames under the detail gate come last, for their codes say nothing.
    """
    if len(frames) <= count:
        return set(range(len(frames)))
    compared, featureless = _rank(frames, settings)
    order, _ = order_farthest(_read(frames, compared), np.array([0, len(compared)]))
    chosen = [i for i, turn in zip(compared, order.tolist(), strict=True) if turn < count]
    return {*chosen, *featureless[: count - len(chosen)]}


def _rank(frames: Sequence[Candidate], settings: DedupeSettings) -> tuple[list[int], list[int]]:
    """Places in rank order: of the frames that are compared by their codes, and of those under the detail gate."""
    ranked = sorted(range(len(frames)), key=lambda i: (-frames[i].detail, -frames[i].crop_size, i))
    compared = sum(frame.detail >= settings.min_detail for frame in frames)  # they come first: rank goes by detail
    return ranked[:compared], ranked[compared:]


def _read(frames: Sequence[Candidate], places: Sequence[int]) -> np.ndarray:
    return read_codes(b"".join(frames[i].code for i in places), 8 * len(frames[0].code))
