"""Chooses the groups and pairs that the near-duplicate page shows, out of millions, by the seed alone."""

from typing import NamedTuple

import numpy as np

from tools.duplicates.duplicate_groups import DuplicateGroups
from tools.duplicates.hashed_frames import ABSENT, UNSELECTED, HashedFrames, measure_distance
from tools.duplicates.leak_check import Leaks
from tools.duplicates.nearest_kept import NEAREST_PAIRS, NearestKept

_GROUPS_OF_EACH_ORDER = 40
PICTURED_MEMBERS = 12  # of a group
# The most pairs of each kind, in the order in which their pictures are put into the page.
PAIR_COUNTS = {"dropped": 60, "leaks": 24, "widest": 24, "unselected": 32, "kept": NEAREST_PAIRS}


class DuplicateSamples(NamedTuple):
    """What is shown. Pairs are (pairs, 2) places among the frames: a frame, and the frame that it is compared with."""

    groups: list[int]
    dropped: np.ndarray  # at random, so that the share of mistakes among them estimates the share among all
    leaks: np.ndarray
    widest: np.ndarray  # the dropped frames with the greatest distances
    unselected: np.ndarray  # each with the nearest selected frame of its video
    kept: np.ndarray  # the nearest pairs of kept frames


def choose_samples(
    frames: HashedFrames, groups: DuplicateGroups, nearest: NearestKept, leaks: Leaks, seed: int
) -> DuplicateSamples:
    """Choose samples, the same for the same frames and seed."""
    rng = np.random.default_rng(seed)
    dropped = rng.permutation(np.flatnonzero(frames.representative != ABSENT))[: PAIR_COUNTS["dropped"]]
    equal = np.array(leaks.equal, np.int64).reshape(-1, 2)
    return DuplicateSamples(
        groups=_choose_groups(groups, rng),
        dropped=np.stack((dropped, frames.representative[dropped]), 1),
        leaks=np.concatenate((equal, leaks.pairs[:, :2]))[: PAIR_COUNTS["leaks"]],
        widest=_choose_widest(frames, rng),
        unselected=_choose_unselected(frames, rng),
        kept=nearest.pairs[:, :2],
    )


def _choose_widest(frames: HashedFrames, rng: np.random.Generator) -> np.ndarray:
    """The dropped frames that are farthest from their representatives, equally far ones at random, (pairs, 2)."""
    places = rng.permutation(np.flatnonzero(frames.representative != ABSENT))
    places = places[np.argsort(-frames.distance[places], kind="stable")][: PAIR_COUNTS["widest"]]
    return np.stack((places, frames.representative[places]), 1)


def _choose_unselected(frames: HashedFrames, rng: np.random.Generator) -> np.ndarray:
    """Random unselected frames, each with the nearest selected frame of its video, (pairs, 2)."""
    places = rng.permutation(np.flatnonzero(frames.status == UNSELECTED))[: PAIR_COUNTS["unselected"]]
    selected = np.flatnonzero(frames.compared_across_videos & np.isin(frames.video, frames.video[places]))
    pairs = []
    for place in places:
        of_video = selected[frames.video[selected] == frames.video[place]]
        if len(of_video):
            pairs.append((place, of_video[np.argmin(measure_distance(frames, of_video, place))]))
    return np.array(pairs, np.int64).reshape(-1, 2)


def _choose_groups(groups: DuplicateGroups, rng: np.random.Generator) -> list[int]:
    """The largest groups, the widest, those whose labels disagree most, and random ones; the largest first."""
    orders = [np.lexsort((-groups.size, -values)) for values in (groups.size, groups.widest, groups.disagreeing)]
    orders[2] = orders[2][groups.disagreeing[orders[2]] > 0]
    orders.append(rng.permutation(len(groups.size)))
    chosen = np.unique(np.concatenate([order[:_GROUPS_OF_EACH_ORDER] for order in orders]))
    return chosen[np.argsort(-groups.size[chosen], kind="stable")].tolist()


def order_members(frames: HashedFrames, groups: DuplicateGroups, group: int) -> np.ndarray:
    """Places of a group's members, the farthest from their direct representative first."""
    members = groups.list_members(group)
    return members[np.argsort(-frames.distance[members], kind="stable")]


def list_pictured_frames(frames: HashedFrames, groups: DuplicateGroups, samples: DuplicateSamples) -> set[int]:
    """Places of all frames that the page shows with a picture."""
    places = {int(place) for name in PAIR_COUNTS for place in getattr(samples, name).ravel()}
    for group in samples.groups:
        places.add(int(groups.representative[group]))
        places.update(order_members(frames, groups, group)[:PICTURED_MEMBERS].tolist())
    return places
