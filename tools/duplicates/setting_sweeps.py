"""Sweeps over settings: how many frames preprocess would keep at other distances or with other selections.

Computed from the hashes in the manifest by the code of preprocess, without a new run. Featureless frames (those under
dedupe.min_detail) are never compared by their hashes, so no distance changes whether they stay: they are counted as the
dataset has them.
"""

from typing import Any, NamedTuple

import numpy as np

from preprocess.near_duplicates import hamming_join
from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from tools.duplicates.hashed_frames import DROP_REASONS, DUPLICATE, VAL, HashedFrames

_FRAMES_PER_VIDEO = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64)  # the values of select.per_video
_GREATEST_WITHIN = {64: 32, 256: 128}  # distance within videos, by bits of a hash
_STEPS_WITHIN = {64: 1, 256: 4}
# A distance across videos costs seconds. With more frames than this only every second or fourth one is computed.
_MANY_FRAMES = {64: 3_000_000, 256: 200_000}
_STEPS_OF_MANY = {64: 2, 256: 4}
_NEAR_VALIDATION = DROP_REASONS.index("near_validation")


class DistanceSweep(NamedTuple):
    """Frames kept at each distance. `own` is the dataset's own distance, None where its settings use none."""

    distances: list[int]
    kept: list[int]
    own: int | None


class SelectionSweep(NamedTuple):
    """Frames kept at each value K of select.per_video, and how different the frames are that it leaves out.

    Lists have one entry for each K. `greatest` and `median` are distances in bits from a frame that is left out to the
    nearest selected one of its video, None where no frame is left out. `own` is the dataset's own K, None without one.
    """

    counts: list[int]  # the values of K
    kept: list[int]
    greatest: list[int | None]
    median: list[int | None]
    own: int | None


def sweep_distance_within_videos(frames: HashedFrames, settings: dict[str, Any]) -> DistanceSweep:
    """Frames that stay after the comparison within videos, at distances from 0 to half of a hash's bits.

    Where the dataset was made with removal switched off, equal featureless frames were not searched for, and the
    numbers are upper bounds.
    """
    dedupe = settings["dedupe"]
    compared, starts = rank_within_videos(frames, frames.detail >= dedupe["min_detail"])
    featureless = np.count_nonzero(frames.stays_within_video & (frames.detail < dedupe["min_detail"]))
    own = dedupe["distance"] if dedupe["enabled"] else None
    distances = _list_distances(_GREATEST_WITHIN[frames.bits], _STEPS_WITHIN[frames.bits], own)
    codes, kept = frames.codes[compared], []
    for distance in distances:
        groups = hamming_join.cluster_within_videos(codes, starts, distance)
        kept.append(int(featureless + np.count_nonzero(groups.nearest < 0)))
    return DistanceSweep(distances, kept, own)


def _list_distances(greatest: int, step: int, own: int | None) -> list[int]:
    """Every `step`-th distance from 0, the greatest one, and the dataset's own where it is not greater."""
    own_too = [own] if own is not None and own <= greatest else []
    return sorted({*range(0, greatest + 1, step), greatest, *own_too})


def rank_within_videos(frames: HashedFrames, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Order chosen frames by video and, within a video, by rank.

    `chosen` is bool (n,). Returns the places of the chosen frames in this order, and `starts`, (videos + 1,): those of
    video v are places[starts[v] : starts[v + 1]].
    """
    places = np.flatnonzero(chosen)
    order = np.lexsort((-frames.crop_size[places], -frames.detail[places], frames.video[places]))
    places = places[order]
    return places, np.searchsorted(frames.video[places], np.arange(len(frames.video_names) + 1))


def sweep_distance_across_videos(frames: HashedFrames, settings: dict[str, Any]) -> dict[str, DistanceSweep]:
    """Frames that stay after the comparison across videos, by dedupe.scope, at all distances that the join supports.

    Both sweeps start from the frames that the dataset's own settings leave of each video, and count representatives
    before dedupe.conflicts drops any. With scope `video`, and with removal switched off, only training frames near a
    validation frame are dropped. In a dataset made so, equal featureless frames were not searched for across videos,
    and the numbers for scope `all` are upper bounds.
    """
    dedupe = settings["dedupe"]
    own, scope = dedupe.get("cross_distance"), dedupe.get("scope", "video") if dedupe["enabled"] else "video"
    given = _list_compared(frames, dedupe["min_detail"])
    step = _STEPS_OF_MANY[frames.bits] if len(given) > _MANY_FRAMES[frames.bits] else 1
    distances = _list_distances(JOIN_LIMITS[frames.bits], step, own)
    featureless = _count_featureless(frames, dedupe["min_detail"])
    codes, owners = frames.codes[given], frames.video[given]
    everywhere = [_count_representatives(codes, owners, distance, dedupe) for distance in distances]
    between = _count_not_near_validation(codes, frames.split[given] == VAL, distances)
    return {
        "all": DistanceSweep(distances, [featureless["all"] + n for n in everywhere], own if scope == "all" else None),
        "video": DistanceSweep(
            distances, [featureless["video"] + n for n in between], own if scope == "video" else None
        ),
    }


def _count_representatives(codes: np.ndarray, owners: np.ndarray, distance: int, dedupe: dict[str, Any]) -> int:
    """Representatives across videos at a distance; frames of the same owner (video) are not compared with each other.

    Where the frames of each video are known to be farther apart than the distance, the join does not have to know the
    owners, which is faster.
    """
    apart = dedupe["enabled"] and distance <= dedupe["distance"]
    groups = hamming_join.cluster_codes(codes, distance, None if apart else owners)
    return int(np.count_nonzero(groups.nearest < 0))


def _list_compared(frames: HashedFrames, min_detail: int) -> np.ndarray:
    """Places of the frames that are compared by their hashes across videos, in rank order."""
    ranked = frames.rank_order()
    return ranked[(frames.compared_across_videos & (frames.detail >= min_detail))[ranked]]


def _count_featureless(frames: HashedFrames, min_detail: int) -> dict[str, int]:
    """Featureless frames that stay in the dataset, by dedupe.scope.

    With scope `video` only copies of validation frames are dropped; copies within a split stay.
    """
    given = frames.compared_across_videos & (frames.detail < min_detail)
    dropped = given & (frames.status == DUPLICATE)
    leaked = dropped & (frames.reason == _NEAR_VALIDATION)
    return {scope: int(given.sum() - gone.sum()) for scope, gone in (("all", dropped), ("video", leaked))}


def _count_not_near_validation(codes: np.ndarray, is_val: np.ndarray, distances: list[int]) -> list[int]:
    """Frames that stay at each distance where only training frames near a validation frame are dropped."""
    near = hamming_join.find_nearest(codes[~is_val], codes[is_val], distances[-1])
    gone = np.bincount(near.distance[near.nearest >= 0], minlength=distances[-1] + 1)
    return (len(codes) - np.cumsum(gone))[distances].tolist()


def sweep_frames_per_video(frames: HashedFrames, settings: dict[str, Any]) -> SelectionSweep:
    """What select.per_video would keep of the frames that stay after the comparison within videos.

    Featureless frames are selected last. Their hashes mean nothing, so their distances are not measured.
    """
    own = settings.get("select", {}).get("per_video")
    lengths = np.bincount(frames.video[frames.stays_within_video], minlength=len(frames.video_names))
    counts = sorted({*_FRAMES_PER_VIDEO, *([own] if own else [])})
    counts = [count for count in counts if count <= lengths.max(initial=0)]
    clear = frames.stays_within_video & (frames.detail >= settings["dedupe"]["min_detail"])
    places, starts = rank_within_videos(frames, clear)
    order, _ = hamming_join.order_farthest_first(frames.codes[places], starts)
    radii = _measure_radii(frames.codes[places], order, starts, counts)
    kept = [int(np.minimum(lengths, count).sum()) for count in counts]
    return SelectionSweep(counts, kept, [radii[c][0] for c in counts], [radii[c][1] for c in counts], own)


def _measure_radii(
    codes: np.ndarray, order: np.ndarray, starts: np.ndarray, counts: list[int]
) -> dict[int, tuple[int | None, int | None]]:
    """The greatest and the median distance from a frame that is left out to the nearest selected one, by K of `counts`.

    `codes` are those of all videos and `order` gives the frames of a video the numbers 0, 1, .. in which they are
    selected; video v has the places starts[v] to starts[v + 1].
    """
    lengths = np.diff(starts)
    nearest = np.full(len(codes), 64 * codes.shape[1], np.int16)
    radii: dict[int, tuple[int | None, int | None]] = {}
    for step in range(max(counts, default=0)):
        left = np.flatnonzero(np.repeat(lengths > step, lengths))  # frames of videos with a frame left to select
        selected = left[order[left] == step]
        selected_of_video = np.zeros(len(lengths), np.int64)
        selected_of_video[np.searchsorted(starts, selected, "right") - 1] = selected
        selected_of_frame = selected_of_video.repeat(lengths)[left]
        bits = np.bitwise_count(codes[left] ^ codes[selected_of_frame]).sum(1, dtype=np.int16)
        nearest[left] = np.minimum(nearest[left], bits)
        if step + 1 in counts:
            radii[step + 1] = _summarize(nearest[order > step])
    return radii


def _summarize(distances: np.ndarray) -> tuple[int | None, int | None]:
    """The greatest and the median distance; None for both where there are none."""
    if not len(distances):
        return None, None
    counts = np.bincount(distances)  # there are few different values: faster than sorting millions
    median = np.searchsorted(np.cumsum(counts), (len(distances) + 1) // 2)
    return int(distances.max()), int(median)
