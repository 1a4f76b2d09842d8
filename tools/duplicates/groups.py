"""What was dropped as a near-copy, and whose copy it is: groups of a representative and all that it stands for."""

from typing import NamedTuple

import numpy as np

from shards.emotions import KOREAN
from shards.errors import DataError
from tools.duplicates.hashed_frames import ABSENT, HashedFrames


class DuplicateGroups(NamedTuple):
    """A representative with all that it stands for: arrays over groups, in the manifest's order, unless stated.

    `members[starts[g]:starts[g + 1]]` are the places of group g's duplicates, direct or not.
    """

    representative: np.ndarray  # place among the frames
    members: np.ndarray  # (duplicates,)
    starts: np.ndarray  # (groups + 1,)
    widest: np.ndarray  # bits, the greatest distance of a member to its direct representative
    moods: np.ndarray  # (groups, 6) frames of each annotated mood, the representative's too

    @property
    def size(self) -> np.ndarray:
        """Duplicates of each group; the representative is not one of them."""
        return np.diff(self.starts)

    @property
    def disagreeing(self) -> np.ndarray:
        """Frames of each group whose mood is not the group's commonest; 0 where its labels agree."""
        return self.moods.sum(1) - self.moods.max(1, initial=0)

    def of_group(self, group: int) -> np.ndarray:
        return self.members[self.starts[group] : self.starts[group + 1]]


def find_roots(frames: HashedFrames) -> np.ndarray:
    """(n,) int32: the representative that stands for a frame in the end; a frame that is none's duplicate is its own.

    Raises DataError where representatives stand for each other in a ring.
    """
    roots = np.where(frames.of == ABSENT, np.arange(len(frames), dtype=np.int32), frames.of)
    for _ in range(8):  # twice as far each time; one step within a video and one across in life
        roots = roots[roots]
    strays = np.flatnonzero(frames.of[roots] != ABSENT)
    if len(strays):
        raise DataError(
            f"duplicates stand for each other in a ring, as {frames.key(strays[0])}; make the dataset again"
        )
    return roots


def find_duplicate_groups(frames: HashedFrames) -> DuplicateGroups:
    """The groups of all representatives that have a duplicate."""
    roots = find_roots(frames)
    members = np.flatnonzero(frames.of != ABSENT)
    members = members[np.argsort(roots[members], kind="stable")]
    representative, first = np.unique(roots[members], return_index=True)
    starts = np.append(first, len(members)).astype(np.int64)
    widest = np.maximum.reduceat(frames.distance[members], first) if len(first) else np.empty(0, np.int16)
    group = np.repeat(np.arange(len(first)), np.diff(starts))
    moods = _count_moods(len(first), group, frames.mood[members])
    moods += _count_moods(len(first), np.arange(len(first)), frames.mood[representative])
    return DuplicateGroups(representative, members, starts, widest, moods)


def _count_moods(groups: int, group: np.ndarray, mood: np.ndarray) -> np.ndarray:
    known, width = mood != ABSENT, len(KOREAN)
    return np.bincount(group[known] * width + mood[known], minlength=groups * width).reshape(groups, width)
