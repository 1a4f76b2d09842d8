"""The statistics of tools.dedupe_report: frames by outcome, distances, groups, leaks, and the time of an epoch."""

from typing import Any, NamedTuple

import numpy as np

from preprocess.settings import CROSS_DISTANCES
from shards.emotions import EMOTIONS
from shards.manifest import SPLITS
from tools.duplicates.duplicate_groups import DuplicateGroups, find_duplicate_groups
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
from tools.duplicates.nearest_kept import NearestKept, find_nearest_kept
from tools.duplicates.setting_sweeps import (
    DistanceSweep,
    SelectionSweep,
    sweep_distance_across_videos,
    sweep_distance_within_videos,
    sweep_frames_per_video,
)
from tools.reporting.opened_dataset import OpenedDataset


class DuplicateAnalysis(NamedTuple):
    """All that is computed from a manifest for the report."""

    frames: HashedFrames
    groups: DuplicateGroups
    settings: dict[str, Any]  # of the dataset
    within_videos: DistanceSweep
    across_videos: dict[str, DistanceSweep]  # by dedupe.scope
    selection: SelectionSweep
    nearest: NearestKept
    leaks: Leaks


def analyze_duplicates(opened: OpenedDataset, seed: int) -> DuplicateAnalysis:
    """Read the manifest and compute everything for the report.

    Raises DataError where the manifest has no hashes or contradicts itself.
    """
    settings = opened.dataset.settings
    frames = read_hashed_frames(opened.folder)
    return DuplicateAnalysis(
        frames,
        find_duplicate_groups(frames),
        settings,
        sweep_distance_within_videos(frames, settings),
        sweep_distance_across_videos(frames, settings),
        sweep_frames_per_video(frames, settings),
        find_nearest_kept(frames, settings["dedupe"]["min_detail"], seed),
        check_leaks(opened.folder, frames, settings, _find_promised_distance(settings, frames.bits)),
    )


def _find_promised_distance(settings: dict[str, Any], bits: int) -> int:
    """The distance within which no training frame may be of a validation frame: the dataset's dedupe.cross_distance.

    Datasets from before that setting existed are measured by its default.
    """
    return settings["dedupe"].get("cross_distance", CROSS_DISTANCES[bits])


def _count_outcomes(frames: HashedFrames, values: np.ndarray, names: list[Any]) -> list[dict[str, Any]]:
    """Frames by outcome, one line for each of `names` and a last one, named None, for frames of none.

    `values`, (n,), holds the place in `names` of each frame, or ABSENT.
    """
    outcomes = number_outcomes(frames)
    slots = np.where(values == ABSENT, len(names), values).astype(np.int64)
    counts = np.bincount(slots * len(OUTCOMES) + outcomes, minlength=(len(names) + 1) * len(OUTCOMES))
    lines = counts.reshape(-1, len(OUTCOMES)).tolist()
    named = zip([*names, None], lines, strict=True)
    return [{"name": name, **dict(zip(OUTCOMES, line, strict=True)), "all": sum(line)} for name, line in named]


def compute_duplicate_statistics(
    analysis: DuplicateAnalysis, opened: OpenedDataset, images_per_second: float
) -> dict[str, Any]:
    """All statistics of the report, of types that JSON has. `images_per_second` is the speed of training."""
    frames, counts = analysis.frames, opened.dataset.counts
    moods, splits = [emotion.english for emotion in EMOTIONS], list(SPLITS)
    whole = _count_outcomes(frames, np.zeros(len(frames), np.int8), ["all"])[0]
    return {
        "dry_run": opened.is_dry_run,
        "settings": {name: analysis.settings.get(name) for name in ("dedupe", "hash", "select")}
        | {"bits": frames.bits},
        "totals": {"rows": counts["rows"], "rejected_before": counts["rows"] - len(frames)} | whole,
        "epoch": _count_epoch(frames, images_per_second),
        "by": {
            "mood": [line for line in _count_outcomes(frames, frames.label, moods) if line["name"] or line["all"]],
            "species": [line for line in _count_outcomes(frames, frames.species, frames.species_names) if line["all"]],
            "split": [line for line in _count_outcomes(frames, frames.split, splits) if line["name"] or line["all"]],
        },
        "distances": _count_distances(frames),
        "curves": {
            "in_videos": analysis.within_videos._asdict(),
            "across": {scope: sweep._asdict() for scope, sweep in analysis.across_videos.items()},
            "selection": analysis.selection._asdict(),
        },
        "groups": _count_groups(analysis.groups),
        "nearest_kept": {name: value for name, value in analysis.nearest._asdict().items() if name != "pairs"},
        "leaks": _count_leaks(analysis.leaks, frames),
    }


def _count_epoch(frames: HashedFrames, images_per_second: float) -> dict[str, Any]:
    train = frames.split != VAL
    before, after = int(np.count_nonzero(train)), int(np.count_nonzero(train & frames.is_kept))
    seconds = {"seconds_before": before / images_per_second, "seconds_after": after / images_per_second}
    return {"images_per_second": images_per_second, "before": before, "after": after} | seconds


def _count_distances(frames: HashedFrames) -> dict[str, list[int]]:
    """Histograms of the distances in bits from dropped frames to their direct representatives, by reason."""
    dropped = frames.representative != ABSENT
    width = int(frames.distance[dropped].max(initial=0)) + 1
    return {
        reason: np.bincount(frames.distance[dropped & (frames.reason == number)], minlength=width).tolist()
        for number, reason in enumerate(DROP_REASONS)
        if np.any(dropped & (frames.reason == number))
    }


def _count_groups(groups: DuplicateGroups) -> dict[str, Any]:
    disagree = groups.disagreeing > 0
    return {
        "groups": len(groups.size),
        "largest": int(groups.size.max(initial=0)),
        "widest": int(groups.widest.max(initial=0)),
        "label_conflicts": int(np.count_nonzero(disagree)),
        "frames_in_label_conflicts": int(groups.moods[disagree].sum()),
        "frames_that_disagree": int(groups.disagreeing.sum()),
    }


def _count_leaks(leaks: Leaks, frames: HashedFrames) -> dict[str, Any]:
    statistics = {name: value for name, value in leaks._asdict().items() if name not in ("pairs", "equal")}
    equal = [[frames.key(a), frames.key(b)] for a, b in leaks.equal]
    return statistics | {"near": leaks.near, "equal": equal, "found": leaks.found}
