"""What the page about near-copies shows of millions: some groups and pairs, by the seed alone, and their pictures."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from console.html_page import encode_data_uri
from preprocess.near_duplicates.hamming_join import find_nearest_others
from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from shards.emotions import EMOTIONS
from shards.manifest import SPLITS, STATUSES, take_rows
from tools.duplicates.groups import DuplicateGroups
from tools.duplicates.hashed_frames import ABSENT, DROP_REASONS, UNSELECTED, HashedFrames, measure_distance
from tools.duplicates.leak_check import Leaks
from tools.source_pictures import PICTURE_COLUMNS, Pictures

OF_EACH_ORDER = 40  # groups that are largest, widest, most at odds, and at random
FACES = 12  # members of a group with pictures; the next ones are named
NAMED = 40
PAIRS = {"dropped": 60, "leaks": 24, "widest": 24, "unselected": 32, "kept": 32}  # pictures in this order
PICTURE_BYTES = 13_000_000  # as they stand in the page: the rest of it is at most a third of 20 MB


class NearestKept(NamedTuple):
    """How near kept frames are to the nearest other kept frame; featureless ones are left out."""

    compared: int
    histogram: list[int]  # frames by that distance, 0 to the code's limit
    beyond: int  # frames that have none within the limit
    pairs: np.ndarray  # (pairs, 3) two frames and their bits: the closest, equally close ones at random


class DuplicateSamples(NamedTuple):
    """What is shown; pairs are (pairs, 2) places among the frames, the second what the first is held against."""

    groups: list[int]
    dropped: np.ndarray  # at random: what is wrong with them estimates what is wrong with all
    leaks: np.ndarray
    widest: np.ndarray  # dropped frames with the most bits
    unselected: np.ndarray  # each beside the nearest of its video that select.per_video left
    kept: np.ndarray


def find_nearest_kept(frames: HashedFrames, min_detail: int, seed: int) -> NearestKept:
    """Hold every kept frame against every other one."""
    places = np.flatnonzero(frames.kept & (frames.detail >= min_detail))
    near = find_nearest_others(frames.codes[places], JOIN_LIMITS[frames.bits])
    found = np.flatnonzero(near.nearest >= 0)
    distances = near.distance[found]
    closest = np.lexsort((np.random.default_rng(seed).random(len(found)), distances))[: 4 * PAIRS["kept"]]
    ends = np.sort(np.stack((places[found], places[near.nearest[found]]), 1)[closest], axis=1)  # each other's: one pair
    _, first = np.unique(ends, axis=0, return_index=True)
    first = np.sort(first)[: PAIRS["kept"]]
    histogram = np.bincount(distances, minlength=JOIN_LIMITS[frames.bits] + 1).tolist()
    pairs = np.column_stack((ends, distances[closest]))[first].astype(np.int64)
    return NearestKept(len(places), histogram, len(places) - len(found), pairs)


def choose_samples(
    frames: HashedFrames, groups: DuplicateGroups, nearest: NearestKept, leaks: Leaks, seed: int
) -> DuplicateSamples:
    random = np.random.default_rng(seed)
    dropped = random.permutation(np.flatnonzero(frames.of != ABSENT))[: PAIRS["dropped"]]
    equal = np.array(leaks.equal, np.int64).reshape(-1, 2)
    return DuplicateSamples(
        groups=_choose_groups(groups, random),
        dropped=np.stack((dropped, frames.of[dropped]), 1),
        leaks=np.concatenate((equal, leaks.pairs[:, :2]))[: PAIRS["leaks"]],
        widest=_choose_widest(frames, random),
        unselected=_choose_unselected(frames, random),
        kept=nearest.pairs[:, :2],
    )


def _choose_widest(frames: HashedFrames, random: np.random.Generator) -> np.ndarray:
    """(pairs, 2) dropped frames that are farthest from what stands for them, of equally far ones some at random."""
    places = random.permutation(np.flatnonzero(frames.of != ABSENT))
    places = places[np.argsort(-frames.distance[places], kind="stable")][: PAIRS["widest"]]
    return np.stack((places, frames.of[places]), 1)


def _choose_unselected(frames: HashedFrames, random: np.random.Generator) -> np.ndarray:
    """(pairs, 2) some unselected frames, each with the nearest selected one of its video."""
    places = random.permutation(np.flatnonzero(frames.status == UNSELECTED))[: PAIRS["unselected"]]
    selected = np.flatnonzero(frames.leaves_video & np.isin(frames.video, frames.video[places]))
    pairs = []
    for place in places:
        mine = selected[frames.video[selected] == frames.video[place]]
        if len(mine):
            pairs.append((place, mine[np.argmin(measure_distance(frames, mine, place))]))
    return np.array(pairs, np.int64).reshape(-1, 2)


def _choose_groups(groups: DuplicateGroups, random: np.random.Generator) -> list[int]:
    """The first groups of each order, and some at random, the largest first."""
    orders = [np.lexsort((-groups.size, -values)) for values in (groups.size, groups.widest, groups.disagreeing)]
    orders[2] = orders[2][groups.disagreeing[orders[2]] > 0]
    chosen = np.concatenate([order[:OF_EACH_ORDER] for order in (*orders, random.permutation(len(groups.size)))])
    chosen = np.unique(chosen)
    return chosen[np.argsort(-groups.size[chosen], kind="stable")].tolist()


class Shown:
    """Frames as the page shows them, with pictures for as long as there is room."""

    def __init__(self, folder: Path, frames: HashedFrames, pictures: Pictures, places: Iterable[int], min_detail: int):
        self._frames, self._room, self.left_out = frames, PICTURE_BYTES, 0
        self._min_detail = min_detail
        wanted = sorted({int(place) for place in places})
        rows = take_rows(folder, frames.row[wanted].tolist(), list(PICTURE_COLUMNS))
        self._thumbnails = pictures.thumbnails(rows.values())

    def frame(self, place: int, seen: bool = True) -> dict[str, Any]:
        """What the page says of a frame; `picture` is a data URI, None where there is no picture or `seen` is false."""
        frames, place = self._frames, int(place)
        mood, label = int(frames.mood[place]), int(frames.label[place])
        return {
            "key": frames.key(place),
            "korean": EMOTIONS[mood].korean if mood != ABSENT else "",
            "mood": EMOTIONS[mood].english if mood != ABSENT else "unknown",
            "relabelled": EMOTIONS[label] if ABSENT != label != mood else None,
            "species": name_of(frames.kinds, frames.species[place]),
            "split": name_of(SPLITS, frames.split[place]),
            "status": STATUSES[frames.status[place]],
            "reason": name_of(DROP_REASONS, frames.reason[place]),
            "picture": self._embed(frames.key(place)) if seen else None,
        }

    def _embed(self, key: str) -> str | None:
        data = self._thumbnails.get(key)
        if data is None:
            return None
        uri = encode_data_uri("image/jpeg", data)
        if len(uri) > self._room:
            self.left_out += 1
            return None
        self._room -= len(uri)
        return uri

    def pair(self, first: int, second: int) -> dict[str, Any]:
        bits = measure_distance(self._frames, np.array([first]), np.array([second]))[0]
        featureless = bool(self._frames.detail[[first, second]].min() < self._min_detail)
        told = {"bits": int(bits), "featureless": featureless}
        return {"first": self.frame(first), "second": self.frame(second)} | told

    def group(self, groups: DuplicateGroups, group: int) -> dict[str, Any]:
        """A group with its widest members first: those that are most in doubt."""
        frames, root = self._frames, int(groups.representative[group])
        members = order_members(frames, groups, group)
        moods = groups.moods[group]
        return {
            "representative": self.frame(root),
            "members": [self._member(place, root) for place in members[:FACES]],
            "named": [self._member(place, root, seen=False) for place in members[FACES : FACES + NAMED]],
            "unnamed": max(0, len(members) - FACES - NAMED),
            "size": len(members),
            "widest": int(groups.widest[group]),
            "disagreeing": int(groups.disagreeing[group]),
            "moods": [(EMOTIONS[i], int(moods[i])) for i in np.argsort(-moods, kind="stable") if moods[i]],
        }

    def _member(self, place: int, root: int, seen: bool = True) -> dict[str, Any]:
        direct = int(self._frames.of[place])
        to_root = int(measure_distance(self._frames, np.array([place]), np.array([root]))[0])
        told = {"bits": int(self._frames.distance[place]), "to_representative": to_root}
        return self.frame(place, seen) | told | {"direct": None if direct == root else self._frames.key(direct)}


def order_members(frames: HashedFrames, groups: DuplicateGroups, group: int) -> np.ndarray:
    """Places of a group's duplicates, the farthest from their direct representative first."""
    members = groups.of_group(group)
    return members[np.argsort(-frames.distance[members], kind="stable")]


def list_places(frames: HashedFrames, groups: DuplicateGroups, samples: DuplicateSamples) -> set[int]:
    """Places of all frames whose pictures the page shows."""
    places = {int(place) for name in PAIRS for place in getattr(samples, name).ravel()}
    for group in samples.groups:
        places.add(int(groups.representative[group]))
        places.update(order_members(frames, groups, group)[:FACES].tolist())
    return places


def name_of(names: Sequence[str], number: int) -> str:
    return names[number] if number != ABSENT else ""
