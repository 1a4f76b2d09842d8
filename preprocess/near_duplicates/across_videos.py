"""Near-copies across videos: which frames go once all videos are known, why, and what mood the others get.

Rank is validation before training, then detail, then crop area, both descending, then the manifest's order. So a frame
of validation is never given up for one of training, and no training frame stays that is near a kept one of validation.
"""

from typing import NamedTuple

import numpy as np

from preprocess.near_duplicates.hamming_join import find_groups, find_nearest
from preprocess.near_duplicates.hamming_join_loops import NO_MATCH, Matches
from preprocess.settings import DedupeSettings
from shards.emotions import EMOTIONS
from shards.manifest import DUPLICATIONS, REJECTIONS

# Reasons as numbers: one for each frame is kept in memory.
REASON_CODES = (None, *DUPLICATIONS, *REJECTIONS)
_ACROSS, _VALIDATION, _CONFLICT = map(REASON_CODES.index, ("near_across_videos", "near_validation", "label_conflict"))


class ComparedFrames(NamedTuple):
    """What the rule asks of the frames that their videos keep; n of them, in the manifest's order."""

    codes: np.ndarray  # uint64 (n, words)
    detail: np.ndarray  # int32
    crop_size: np.ndarray  # int32, pixels
    pixels: dict[int, bytes]  # of frames under the detail gate, by place: digest of the picture that is stored
    video: np.ndarray  # int32, place in the list of videos
    is_val: np.ndarray  # bool
    label: np.ndarray  # int8, the number of its mood


class Fate(NamedTuple):
    """What becomes of each frame."""

    reason: np.ndarray  # int8, place in REASONS; 0: it is kept
    of: np.ndarray  # int64, place of the frame that stands for it, NONE where there is none
    distance: np.ndarray  # int16, bits between the two
    label: np.ndarray  # int8, its mood: another than its label's only by the majority of its near-copies
    votes: np.ndarray  # int32, videos that took part where a frame's mood was outvoted, else 0

    @property
    def is_kept(self) -> np.ndarray:
        return self.reason == 0


def find_fates(frames: ComparedFrames, settings: DedupeSettings) -> Fate:
    """Apply the one rule across videos, between the splits at the least, and the policy for conflicting labels."""
    near = _group_codes(frames, settings)
    _group_featureless(frames, settings, near)
    lost = near.of != NO_MATCH
    leaks = lost & ~frames.is_val & frames.is_val[near.of]
    reason = np.where(leaks, _VALIDATION, np.where(lost, _ACROSS, 0)).astype(np.int8)
    fate = Fate(reason, near.of, near.distance, frames.label.copy(), np.zeros(len(reason), np.int32))
    if settings.conflicts != "keep":
        _settle_conflicts(frames, fate, settings.conflicts)
    return fate


def _joins_all(settings: DedupeSettings) -> bool:
    return settings.enabled and settings.scope == "all"


def _rank(frames: ComparedFrames, places: np.ndarray) -> np.ndarray:
    """Some frames' places, which ascend, the highest ranked first."""
    keys = (-frames.crop_size[places], -frames.detail[places], ~frames.is_val[places])
    return places[np.lexsort(keys)]  # stable: then the manifest's order


def _group_codes(frames: ComparedFrames, settings: DedupeSettings) -> Matches:
    """For each frame above the detail gate the one that stands for it."""
    of, distance = np.full(len(frames.codes), NO_MATCH, np.int64), np.zeros(len(frames.codes), np.int16)
    ranked = _rank(frames, np.flatnonzero(frames.detail >= settings.min_detail))
    if _joins_all(settings):
        # Representatives of one video differ by more than `distance`: only beyond that must they be told apart.
        owners = frames.video[ranked] if settings.cross_distance > settings.distance else None
        asked, stand, found = ranked, ranked, find_groups(frames.codes[ranked], settings.cross_distance, owners)
    else:
        val = frames.is_val[ranked]
        asked, stand = ranked[~val], ranked[val]
        found = find_nearest(frames.codes[asked], frames.codes[stand], settings.cross_distance)
    lost = found.of != NO_MATCH
    of[asked[lost]], distance[asked[lost]] = stand[found.of[lost]], found.distance[lost]
    return Matches(of, distance)


def _group_featureless(frames: ComparedFrames, settings: DedupeSettings, near: Matches) -> None:
    """Frames under the detail gate: the highest ranked stands for all with the same picture."""
    first: dict[bytes, int] = {}
    for place in _rank(frames, np.array(sorted(frames.pixels), np.int64)).tolist():
        head = first.setdefault(frames.pixels[place], place)
        if head != place and (_joins_all(settings) or (frames.is_val[head] and not frames.is_val[place])):
            near.of[place] = head


def _settle_conflicts(frames: ComparedFrames, fate: Fate, policy: str) -> None:
    """Drop the representatives whose near-copies have other moods, or give them the mood that most of the videos have.

    Videos have votes, not frames: those are near-copies; and only videos of the representative's own split, for labels
    of training do not belong into validation. In a tie the representative's own mood stays, where it is one of the tied
    ones, else it is the first of them.
    """
    members = np.flatnonzero(fate.of != NO_MATCH)
    heads = np.unique(fate.of[members])
    voters = np.concatenate((heads, members))
    group = np.concatenate((np.arange(len(heads)), np.searchsorted(heads, fate.of[members])))
    ballots = np.stack((group, frames.video[voters], frames.label[voters]), axis=1)
    if policy == "drop":
        fate.reason[heads[(_count_votes(ballots, len(heads)) > 0).sum(axis=1) > 1]] = _CONFLICT
        return
    votes = _count_votes(ballots[frames.is_val[voters] == frames.is_val[heads][group]], len(heads))
    own = frames.label[heads]
    winner = np.where(votes[np.arange(len(heads)), own] == votes.max(axis=1), own, votes.argmax(axis=1))
    outvoted = winner != own
    fate.label[heads[outvoted]], fate.votes[heads[outvoted]] = winner[outvoted], votes[outvoted].sum(axis=1)


def _count_votes(ballots: np.ndarray, groups: int) -> np.ndarray:
    """(groups, moods) int32, videos for each mood, from rows of (group, video, mood)."""
    votes = np.zeros((groups, len(EMOTIONS)), np.int32)
    once = np.unique(ballots, axis=0)
    np.add.at(votes, (once[:, 0], once[:, 2]), 1)
    return votes
