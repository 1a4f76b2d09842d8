"""The figures about near-copies: how many stay and go, by what, how far apart, and what an epoch saves."""

from typing import Any, NamedTuple

import numpy as np

from preprocess.settings import CROSS_DISTANCES
from shards.emotions import EMOTIONS
from shards.manifest import SPLITS
from tools.duplicates.distance_curves import Curve, Selection, count_across, count_in_videos, measure_selection
from tools.duplicates.groups import DuplicateGroups, find_duplicate_groups
from tools.duplicates.hashed_frames import (
    ABSENT,
    DROP_REASONS,
    OUTCOMES,
    VAL,
    HashedFrames,
    number_outcomes,
    read_hashed_frames,
)
from tools.duplicates.leak_check import Leaks, check_leaks
from tools.duplicates.samples import NearestKept, find_nearest_kept
from tools.source_pictures import Opened


class Findings(NamedTuple):
    """All that the manifest tells of near-copies."""

    frames: HashedFrames
    groups: DuplicateGroups
    settings: dict[str, Any]
    in_videos: Curve
    across: dict[str, Curve]
    selection: Selection
    nearest: NearestKept
    leaks: Leaks


def inspect_dataset(opened: Opened, seed: int) -> Findings:
    """Read the manifest and compute what the page tells.

    Raises DataError where the manifest has no hashes or contradicts itself.
    """
    settings = opened.dataset.settings
    frames = read_hashed_frames(opened.folder)
    return Findings(
        frames,
        find_duplicate_groups(frames),
        settings,
        count_in_videos(frames, settings),
        count_across(frames, settings),
        measure_selection(frames, settings),
        find_nearest_kept(frames, settings["dedupe"]["min_detail"], seed),
        check_leaks(opened.folder, frames, settings, promised_distance(settings, frames.bits)),
    )


def promised_distance(settings: dict[str, Any], bits: int) -> int:
    """Bits within which no training frame may be near a validation frame: the dataset's, today's default where it was
    made before there was such a promise."""
    return settings["dedupe"].get("cross_distance", CROSS_DISTANCES[bits])


def count_outcomes(frames: HashedFrames, values: np.ndarray, names: list[Any]) -> list[dict[str, Any]]:
    """For each name, by its number in `values`: frames with each outcome. Numbers of -1 are the last, unnamed line."""
    outcomes = number_outcomes(frames)
    slots = np.where(values == ABSENT, len(names), values).astype(np.int64)
    counts = np.bincount(slots * len(OUTCOMES) + outcomes, minlength=(len(names) + 1) * len(OUTCOMES))
    lines = counts.reshape(-1, len(OUTCOMES)).tolist()
    named = zip([*names, None], lines, strict=True)
    return [{"name": name, **dict(zip(OUTCOMES, line, strict=True)), "all": sum(line)} for name, line in named]


def make_duplicate_totals(found: Findings, opened: Opened, images_per_second: float) -> dict[str, Any]:
    """All figures of the page, as JSON has them."""
    frames, counts = found.frames, opened.dataset.counts
    moods, splits = [emotion.english for emotion in EMOTIONS], list(SPLITS)
    whole = count_outcomes(frames, np.zeros(len(frames), np.int8), ["all"])[0]
    return {
        "dry_run": opened.is_dry_run,
        "settings": {name: found.settings.get(name) for name in ("dedupe", "hash", "select")} | {"bits": frames.bits},
        "totals": {"rows": counts["rows"], "rejected_before": counts["rows"] - len(frames)} | whole,
        "epoch": _count_epoch(frames, images_per_second),
        "by": {
            "mood": [line for line in count_outcomes(frames, frames.label, moods) if line["name"] or line["all"]],
            "species": [line for line in count_outcomes(frames, frames.species, frames.kinds) if line["all"]],
            "split": [line for line in count_outcomes(frames, frames.split, splits) if line["name"] or line["all"]],
        },
        "distances": _count_distances(frames),
        "curves": {
            "in_videos": found.in_videos._asdict(),
            "across": {scope: curve._asdict() for scope, curve in found.across.items()},
            "selection": found.selection._asdict(),
        },
        "groups": _count_groups(found.groups),
        "nearest_kept": {name: value for name, value in found.nearest._asdict().items() if name != "pairs"},
        "leaks": _count_leaks(found.leaks, frames),
    }


def _count_epoch(frames: HashedFrames, images_per_second: float) -> dict[str, Any]:
    train = frames.split != VAL
    before, after = int(np.count_nonzero(train)), int(np.count_nonzero(train & frames.kept))
    seconds = {"seconds_before": before / images_per_second, "seconds_after": after / images_per_second}
    return {"images_per_second": images_per_second, "before": before, "after": after} | seconds


def _count_distances(frames: HashedFrames) -> dict[str, list[int]]:
    """Dropped frames by the bits to their direct representative, for each reason; up to the greatest there is."""
    dropped = frames.of != ABSENT
    width = int(frames.distance[dropped].max(initial=0)) + 1
    return {
        reason: np.bincount(frames.distance[dropped & (frames.reason == number)], minlength=width).tolist()
        for number, reason in enumerate(DROP_REASONS)
        if np.any(dropped & (frames.reason == number))
    }


def _count_groups(groups: DuplicateGroups) -> dict[str, Any]:
    at_odds = groups.disagreeing > 0
    return {
        "groups": len(groups.size),
        "largest": int(groups.size.max(initial=0)),
        "widest": int(groups.widest.max(initial=0)),
        "label_conflicts": int(np.count_nonzero(at_odds)),
        "frames_in_label_conflicts": int(groups.moods[at_odds].sum()),
        "frames_that_disagree": int(groups.disagreeing.sum()),
    }


def _count_leaks(leaks: Leaks, frames: HashedFrames) -> dict[str, Any]:
    told = {name: value for name, value in leaks._asdict().items() if name not in ("pairs", "equal")}
    equal = [[frames.key(a), frames.key(b)] for a, b in leaks.equal]
    return told | {"near": leaks.near, "equal": equal, "found": leaks.found}
