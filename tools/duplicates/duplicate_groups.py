"""Groups of near-duplicates: a representative that stays, and all frames that were dropped in its favour."""

from typing import NamedTuple

import numpy as np

from shards.emotions import KOREAN
from shards.errors import DataError
from tools.duplicates.hashed_frames import ABSENT, HashedFrames


class DuplicateGroups(NamedTuple):
    """All groups, in the manifest's order of their representatives. Places are those among the frames.

    A group's members are the duplicates of its representative and, in turn, their duplicates; those of group g are
    members[starts[g] : starts[g + 1]].
    """

    representative: np.ndarray  # (groups,) places
    members: np.ndarray  # (duplicates,) places
    starts: np.ndarray  # (groups + 1,)
    widest: np.ndarray  # (groups,) bits, the greatest distance from a member to its direct representative
    moods: np.ndarray  # (groups, 6) frames of each annotated mood, the representative included

    @property
    def size(self) -> np.ndarray:
        """The number of each group's frames, (groups,): its members and their representative."""
        return np.diff(self.starts) + 1

    @property
    def disagreeing(self) -> np.ndarray:
        """The frames of each group that have another mood than most of the group, (groups,); 0 where all agree."""
        return self.moods.sum(1) - self.moods.max(1, initial=0)

    def list_members(self, group: int) -> np.ndarray:
        return self.members[self.starts[group] : self.starts[group + 1]]


def find_roots(frames: HashedFrames) -> np.ndarray:
    """The representative of each frame's group, (n,) int32 places. A frame that is no duplicate is its own.

    Raises DataError where frames are duplicates of each other in a circle.
    """
    roots = np.where(frames.representative == ABSENT, np.arange(len(frames), dtype=np.int32), frames.representative)
    for _ in range(8):  # each time twice as many steps; real datasets have two, one within a video and one across
        roots = roots[roots]
    unresolved = np.flatnonzero(frames.representative[roots] != ABSENT)
    if len(unresolved):
        raise DataError(
            f"duplicates stand for each other in a ring, as {frames.key(unresolved[0])}; make the dataset again"
        )
    return roots


def find_duplicate_groups(frames: HashedFrames) -> DuplicateGroups:
    """The groups of all representatives that have at least one duplicate. Raises DataError like find_roots."""
    roots = find_roots(frames)
    members = np.flatnonzero(frames.representative != ABSENT)
    members = members[np.argsort(roots[members], kind="stable")]
    representative, first = np.unique(roots[members], return_index=True)
    starts = np.append(first, len(members)).astype(np.int64)
    widest = np.maximum.reduceat(frames.distance[members], first) if len(first) else np.empty(0, np.int16)
    group = np.repeat(np.arange(len(first)), np.diff(starts))
    moods = _count_moods(len(first), group, frames.mood[members])
    moods += _count_moods(len(first), np.arange(len(first)), frames.mood[representative])
    return DuplicateGroups(representative, members, starts, widest, moods)


def _count_moods(groups: int, group: np.ndarray, mood: np.ndarray) -> np.ndarray:
    """(groups, 6) frames by group and mood, from the group and the mood of each frame."""
    known, width = mood != ABSENT, len(KOREAN)
    return np.bincount(group[known] * width + mood[known], minlength=groups * width).reshape(groups, width)
