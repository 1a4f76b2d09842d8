"""Near-duplicates across videos, once the frames that each video keeps are known: which of them are dropped, and why.

The rule is greedy leader clustering in rank order, see preprocess.near_duplicates.hamming_join. Rank is validation
before training, then detail, then crop size, both descending, then the manifest's order. So no frame of validation is
dropped for one of training, and no training frame is kept that is near a kept frame of validation. The latter holds
also where the settings switch the comparison of all videos off: then training frames are still compared with those of
validation.

Frames under the detail gate (black, featureless) have no meaningful code and are compared by equal pixels only.

Where the frames of a cluster have different moods, the settings say whether the representative is kept with its own
mood, dropped, or given the mood of most of the cluster's videos.
"""

from typing import NamedTuple

import numpy as np

from preprocess.near_duplicates.hamming_join import cluster_codes, find_nearest
from preprocess.near_duplicates.matches import NO_MATCH, Matches
from preprocess.settings import DedupeSettings
from shards.emotions import EMOTIONS
from shards.manifest import DUPLICATIONS, REJECTIONS

# The reasons of the manifest by number: in memory, each frame has only the number.
REASON_CODES = (None, *DUPLICATIONS, *REJECTIONS)
_ACROSS, _VALIDATION, _CONFLICT = map(REASON_CODES.index, ("near_across_videos", "near_validation", "label_conflict"))


class ComparedFrames(NamedTuple):
    """The n frames that their videos keep, in the manifest's order."""

    codes: np.ndarray  # uint64 (n, words)
    detail: np.ndarray  # int32
    crop_size: np.ndarray  # int32, pixels
    pixels: dict[int, bytes]  # digest of the stored picture, by position, of the frames under the detail gate
    video: np.ndarray  # int32, position in the list of videos
    is_val: np.ndarray  # bool
    label: np.ndarray  # int8, number of the mood


class FrameOutcomes(NamedTuple):
    """What is decided on each frame; arrays (n,)."""

    reason: np.ndarray  # int8, position in REASON_CODES; 0 where the frame is kept
    representative: np.ndarray  # int64, position of the frame that is kept in its place, or NO_MATCH
    distance: np.ndarray  # int16, bits between the two
    label: np.ndarray  # int8, number of the mood; not the frame's own where a majority of videos decided otherwise
    votes: np.ndarray  # int32, the videos that voted where they changed the frame's mood, else 0

    @property
    def is_kept(self) -> np.ndarray:
        return self.reason == 0


def decide_outcomes(frames: ComparedFrames, settings: DedupeSettings) -> FrameOutcomes:
    """Decide which frames are dropped as near-duplicates of other videos' frames, and resolve conflicting labels."""
    matches = _match_codes(frames, settings)
    _match_featureless(frames, settings, matches)
    is_duplicate = matches.nearest != NO_MATCH
    is_near_validation = is_duplicate & ~frames.is_val & frames.is_val[matches.nearest]
    reason = np.where(is_near_validation, _VALIDATION, np.where(is_duplicate, _ACROSS, 0)).astype(np.int8)
    outcomes = FrameOutcomes(reason, *matches, frames.label.copy(), np.zeros(len(reason), np.int32))
    if settings.conflicts != "keep":
        _resolve_label_conflicts(frames, outcomes, settings.conflicts)
    return outcomes


def _compares_all(settings: DedupeSettings) -> bool:
    """Whether all videos are compared with one another, not only training with validation."""
    return settings.enabled and settings.scope == "all"


def _rank(frames: ComparedFrames, positions: np.ndarray) -> np.ndarray:
    """Positions, given in ascending order, in rank order."""
    keys = (-frames.crop_size[positions], -frames.detail[positions], ~frames.is_val[positions])
    return positions[np.lexsort(keys)]  # stable, so equal frames stay in the manifest's order


def _match_codes(frames: ComparedFrames, settings: DedupeSettings) -> Matches:
    """The representative of each frame above the detail gate; arrays over all frames."""
    ranked = _rank(frames, np.flatnonzero(frames.detail >= settings.min_detail))
    if _compares_all(settings):
        # Frames that a video keeps differ by more than `distance`. Only where `cross_distance` is greater must the
        # join be told not to compare frames of one video.
        videos = frames.video[ranked] if settings.cross_distance > settings.distance else None
        queries, targets = ranked, ranked
        found = cluster_codes(frames.codes[ranked], settings.cross_distance, videos)
    else:
        is_val = frames.is_val[ranked]
        queries, targets = ranked[~is_val], ranked[is_val]
        found = find_nearest(frames.codes[queries], frames.codes[targets], settings.cross_distance)
    matches = Matches(np.full(len(frames.codes), NO_MATCH, np.int64), np.zeros(len(frames.codes), np.int16))
    has_match = found.nearest != NO_MATCH
    matches.nearest[queries[has_match]] = targets[found.nearest[has_match]]
    matches.distance[queries[has_match]] = found.distance[has_match]
    return matches


def _match_featureless(frames: ComparedFrames, settings: DedupeSettings, matches: Matches) -> None:
    """Fill in the frames under the detail gate: of those with equal pixels the highest ranked one is kept."""
    first: dict[bytes, int] = {}
    for position in _rank(frames, np.array(sorted(frames.pixels), np.int64)).tolist():
        representative = first.setdefault(frames.pixels[position], position)
        is_near_validation = frames.is_val[representative] and not frames.is_val[position]
        if representative != position and (_compares_all(settings) or is_near_validation):
            matches.nearest[position] = representative


def _resolve_label_conflicts(frames: ComparedFrames, outcomes: FrameOutcomes, policy: str) -> None:
    """Where the frames of a cluster have different moods, drop the representative, or let the videos vote on its mood.

    Each video has one vote for each mood of its frames in the cluster, because frames of one video are no independent
    opinions. Only videos of the representative's split vote, so that labels of training do not change validation. In a
    tie the representative's own mood wins if it is among the tied ones, else the first of these.
    """
    members = np.flatnonzero(outcomes.representative != NO_MATCH)
    representatives = np.unique(outcomes.representative[members])
    voters = np.concatenate((representatives, members))
    own_cluster = np.arange(len(representatives))
    cluster = np.concatenate((own_cluster, np.searchsorted(representatives, outcomes.representative[members])))
    ballots = np.stack((cluster, frames.video[voters], frames.label[voters]), axis=1)
    if policy == "drop":
        moods = np.count_nonzero(_count_votes(ballots, len(representatives)), axis=1)
        outcomes.reason[representatives[moods > 1]] = _CONFLICT
        return
    is_same_split = frames.is_val[voters] == frames.is_val[representatives][cluster]
    votes = _count_votes(ballots[is_same_split], len(representatives))
    own = frames.label[representatives]
    winner = np.where(votes[own_cluster, own] == votes.max(axis=1), own, votes.argmax(axis=1))
    is_outvoted = winner != own
    outcomes.label[representatives[is_outvoted]] = winner[is_outvoted]
    outcomes.votes[representatives[is_outvoted]] = votes[is_outvoted].sum(axis=1)


def _count_votes(ballots: np.ndarray, clusters: int) -> np.ndarray:
    """The number of videos for each mood, int32 (clusters, moods), from rows of (cluster, video, mood)."""
    votes = np.zeros((clusters, len(EMOTIONS)), np.int32)
    distinct = np.unique(ballots, axis=0)
    np.add.at(votes, (distinct[:, 0], distinct[:, 2]), 1)
    return votes
