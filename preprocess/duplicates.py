"""Which frames are near-copies of which: in rank order, one becomes a representative unless one is near enough.

No chains: every duplicate is within the distance of the frame that stays in its place. Nothing depends on the order in
which the frames come.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from preprocess.settings import DedupeSettings


class Candidate(NamedTuple):
    """A frame that may stay: code, detail score, crop side in pixels; under the detail gate a digest of its pixels."""

    code: int
    detail: int
    crop_size: int
    pixels: bytes


class Duplicate(NamedTuple):
    """The place of the representative among the candidates, and the bits in which the codes differ."""

    of: int
    distance: int


def find_duplicates(frames: Sequence[Candidate], settings: DedupeSettings) -> list[Duplicate | None]:
    """For each frame the one that it duplicates, or None for a representative.

    Rank: detail, then crop area, both descending, then the place in `frames`, which is that of the key. A frame is a
    duplicate of its nearest representative within the distance, the higher ranked of two equally near. Frames under
    the detail gate are duplicates only of frames with the same pixels.
    """
    found: list[Duplicate | None] = [None] * len(frames)
    if not settings.enabled:
        return found
    ranked = sorted(range(len(frames)), key=lambda i: (-frames[i].detail, -frames[i].crop_size, i))
    kept: list[int] = []
    codes = np.empty(len(frames), np.uint64)  # those of kept
    featureless: dict[bytes, int] = {}
    for i in ranked:
        frame = frames[i]
        if frame.detail < settings.min_detail:
            first = featureless.setdefault(frame.pixels, i)
            found[i] = None if first == i else Duplicate(first, 0)
            continue
        distances = np.bitwise_count(codes[: len(kept)] ^ np.uint64(frame.code))
        nearest = int(distances.argmin()) if kept else -1
        if kept and distances[nearest] <= settings.distance:
            found[i] = Duplicate(kept[nearest], int(distances[nearest]))
        else:
            codes[len(kept)] = frame.code
            kept.append(i)
    return found
