"""What other settings would have kept, without a new run: from the manifest's codes, by the one rule itself.

Featureless frames are never compared by code, so whether they stay does not depend on a distance: they are counted as
the dataset has them.
"""

from typing import Any, NamedTuple

import numpy as np

from preprocess.near_duplicates import hamming_join
from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from tools.duplicates.hashed_frames import DROP_REASONS, DUPLICATE, VAL, HashedFrames

COUNTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64)  # frames a video for which selection is measured
_LONGEST = {64: (32, 1), 256: (128, 4)}  # greatest distance inside videos, and the step, by bits
# Of more frames than this, not every distance across videos is tried, for each costs seconds; the steps, by bits.
_MANY = {64: 3_000_000, 256: 200_000}
_STEPS = {64: 2, 256: 4}
_NEAR_VALIDATION = DROP_REASONS.index("near_validation")


class Curve(NamedTuple):
    """Frames kept at each distance; `own` is the dataset's distance, None where its setting is not on the curve."""

    distances: list[int]
    kept: list[int]
    own: int | None


class Selection(NamedTuple):
    """What select.per_video would keep, by K; and how far, in bits, the others are from the nearest that is kept."""

    counts: list[int]
    kept: list[int]
    greatest: list[int | None]  # None where no frame is left out
    median: list[int | None]
    own: int | None


def count_in_videos(frames: HashedFrames, settings: dict[str, Any]) -> Curve:
    """Frames that stay after the stage within videos, at every distance from 0 to half of the code's bits.

    Where removal was switched off, equal featureless frames were not looked for: the curve is at most.
    """
    dedupe = settings["dedupe"]
    compared, starts = rank_within_videos(frames, frames.detail >= dedupe["min_detail"])
    featureless = np.count_nonzero(frames.stays_in_video & (frames.detail < dedupe["min_detail"]))
    own = dedupe["distance"] if dedupe["enabled"] else None
    greatest, step = _LONGEST[frames.bits]
    distances = _list_distances(greatest, step, own)
    codes, kept = frames.codes[compared], []
    for distance in distances:
        groups = hamming_join.cluster_within_videos(codes, starts, distance)
        kept.append(int(featureless + np.count_nonzero(groups.nearest < 0)))
    return Curve(distances, kept, own)


def _list_distances(greatest: int, step: int, own: int | None) -> list[int]:
    """Every step-th distance, the greatest, and the dataset's own where it lies among them."""
    own_too = [own] if own is not None and own <= greatest else []
    return sorted({*range(0, greatest + 1, step), greatest, *own_too})


def rank_within_videos(frames: HashedFrames, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the chosen frames, a video after the other, each in rank order; and where each video begins.

    `chosen` is bool (n,); the second array has one entry more than there are videos.
    """
    places = np.flatnonzero(chosen)
    order = np.lexsort((-frames.crop_size[places], -frames.detail[places], frames.video[places]))
    places = places[order]
    return places, np.searchsorted(frames.video[places], np.arange(len(frames.videos) + 1))


def count_across(frames: HashedFrames, settings: dict[str, Any]) -> dict[str, Curve]:
    """Frames that stay after the stage across videos, by scope, at the distances that the join allows.

    Both start from what the dataset's own settings leave of each video, and count representatives before
    dedupe.conflicts drops any. Scope `video`, and removal that is switched off, drop only training frames that are near
    a validation frame. In a dataset made so, equal featureless frames were not looked for: its curve `all` is at most.
    """
    dedupe = settings["dedupe"]
    own, scope = dedupe.get("cross_distance"), dedupe.get("scope", "video") if dedupe["enabled"] else "video"
    given = _list_given(frames, dedupe["min_detail"])
    step = _STEPS[frames.bits] if len(given) > _MANY[frames.bits] else 1
    distances = _list_distances(JOIN_LIMITS[frames.bits], step, own)
    featureless = _count_featureless(frames, dedupe["min_detail"])
    codes, owners = frames.codes[given], frames.video[given]
    everywhere = [_count_groups(codes, owners, distance, dedupe) for distance in distances]
    between = _count_between_splits(codes, frames.split[given] == VAL, distances)
    return {
        "all": Curve(distances, [featureless["all"] + n for n in everywhere], own if scope == "all" else None),
        "video": Curve(distances, [featureless["video"] + n for n in between], own if scope == "video" else None),
    }


def _count_groups(codes: np.ndarray, owners: np.ndarray, distance: int, dedupe: dict[str, Any]) -> int:
    """Representatives across videos; a video's own frames are not compared with each other again.

    Where they are known to be farther apart, that need not be minded, which is faster.
    """
    apart = dedupe["enabled"] and distance <= dedupe["distance"]
    groups = hamming_join.cluster_codes(codes, distance, None if apart else owners)
    return int(np.count_nonzero(groups.nearest < 0))


def _list_given(frames: HashedFrames, min_detail: int) -> np.ndarray:
    """Places of the frames that the stage across videos compares by code, in rank order."""
    ranked = frames.rank()
    return ranked[(frames.leaves_video & (frames.detail >= min_detail))[ranked]]


def _count_featureless(frames: HashedFrames, min_detail: int) -> dict[str, int]:
    """Featureless frames that stay, by scope: as the dataset has them; those that repeat others within a split only go
    where all videos are compared."""
    given = frames.leaves_video & (frames.detail < min_detail)
    dropped = given & (frames.status == DUPLICATE)
    leaked = dropped & (frames.reason == _NEAR_VALIDATION)
    return {scope: int(given.sum() - gone.sum()) for scope, gone in (("all", dropped), ("video", leaked))}


def _count_between_splits(codes: np.ndarray, is_val: np.ndarray, distances: list[int]) -> list[int]:
    """Frames that stay, at each distance, where only training frames near a validation frame go."""
    near = hamming_join.find_nearest(codes[~is_val], codes[is_val], distances[-1])
    gone = np.bincount(near.distance[near.nearest >= 0], minlength=distances[-1] + 1)
    return (len(codes) - np.cumsum(gone))[distances].tolist()


def measure_selection(frames: HashedFrames, settings: dict[str, Any]) -> Selection:
    """What select.per_video would keep of the frames that stay after the stage within videos, for some K.

    Those under the detail gate are taken last, and their distances, which mean nothing, are not measured.
    """
    own = settings.get("select", {}).get("per_video")
    lengths = np.bincount(frames.video[frames.stays_in_video], minlength=len(frames.videos))
    counts = sorted({*COUNTS, *([own] if own else [])})
    counts = [count for count in counts if count <= lengths.max(initial=0)]
    clear = frames.stays_in_video & (frames.detail >= settings["dedupe"]["min_detail"])
    places, starts = rank_within_videos(frames, clear)
    order, _ = hamming_join.order_farthest_first(frames.codes[places], starts)
    radii = _measure_radii(frames.codes[places], order, starts, counts)
    kept = [int(np.minimum(lengths, count).sum()) for count in counts]
    return Selection(counts, kept, [radii[c][0] for c in counts], [radii[c][1] for c in counts], own)


def _measure_radii(
    codes: np.ndarray, order: np.ndarray, starts: np.ndarray, counts: list[int]
) -> dict[int, tuple[int | None, int | None]]:
    """By number of frames a video: the greatest and the median distance of a frame left out to the nearest selected."""
    lengths = np.diff(starts)
    nearest = np.full(len(codes), 64 * codes.shape[1], np.int16)
    radii: dict[int, tuple[int | None, int | None]] = {}
    for step in range(max(counts, default=0)):
        left = np.flatnonzero(np.repeat(lengths > step, lengths))  # frames of videos that are not used up
        chosen = np.zeros(len(lengths), np.int64)
        which = left[order[left] == step]
        chosen[np.searchsorted(starts, which, "right") - 1] = which
        near = chosen.repeat(lengths)[left]
        bits = np.bitwise_count(codes[left] ^ codes[near]).sum(1, dtype=np.int16)
        nearest[left] = np.minimum(nearest[left], bits)
        if step + 1 in counts:
            radii[step + 1] = _summarise(nearest[order > step])
    return radii


def _summarise(distances: np.ndarray) -> tuple[int | None, int | None]:
    if not len(distances):
        return None, None
    counts = np.bincount(distances)  # of few values: quicker than sorting millions
    median = np.searchsorted(np.cumsum(counts), (len(distances) + 1) // 2)
    return int(distances.max()), int(median)
