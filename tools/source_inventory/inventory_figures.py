"""Everything that tools.inventory tells, of types that JSON has."""

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

from console.output.messages import print_message
from console.progress import show_progress
from preprocess.outcome import explain_empty_validation, explain_no_frames
from preprocess.settings import PreprocessSettings
from preprocess.sources.source_kinds import list_problems, list_sources
from preprocess.sources.video import SourceListing, Video
from preprocess.writing.validation_split import can_divide
from shards.emotions import KOREAN
from shards.storage.stores.remote_path import RemotePath
from tools.source_inventory.frame_sample import SampleTiming, choose_videos, count_sampled, time_sample
from tools.source_inventory.label_pass import FrameTally, LabelCounts, count_labels
from tools.source_inventory.run_needs import estimate_run

_TABLES = ("split", "species", "action", "mood")
SPLIT_NAMES = ("train", "val", "open")  # open: no name of a file or folder says which


def take_inventory(sources: Sequence[str], label_map: str | None = None) -> dict[str, Any]:
    """Look through the sources: directories, archives' directories, labels, and a sample of frames.

    `label_map` is a file, see preprocess.sources.label_map. What is damaged is told, and the rest is counted.
    Raises DataError where something disappears meanwhile, OSError where a folder or file cannot be read for a reason
    that may pass.
    """
    settings = PreprocessSettings(source=list(sources), out=os.curdir)
    found = list_sources(sources, label_map=label_map)
    if requests := _count_requests(found.videos):
        print_message(f"a store is asked about {requests:,} times: for labels, folders and some sampled frames")
    with show_progress(len(found.videos), "label", is_short=True) as progress:
        counts = count_labels(found, progress.update)
    videos = choose_videos(found.videos)
    with show_progress(count_sampled(videos), "sampled frame", is_short=True) as progress:
        timing = time_sample(videos, settings, progress.update)
    return {
        "sources": list(sources),
        "problems": list_problems(sources, found) or _list_empty(sources, counts, timing, settings),
        "not_read": found.unreadable,
        "archives": [content._asdict() for content in sorted(found.contents, key=lambda content: content[:2])],
        "labels": _describe_labels(found, counts),
        "frames": _describe_frames(found, counts),
        "pairs": _describe_pairs(found),
        "reasons": dict(counts.reasons.most_common()),
        "tables": {column: _list_tallies(column, counts.tables[column]) for column in _TABLES},
        "run": estimate_run(found, counts.usable, timing, settings),
    }


def _list_empty(
    sources: Sequence[str], counts: LabelCounts, timing: SampleTiming, settings: PreprocessSettings
) -> list[str]:
    """What a run would end with where no frame can be kept, or none for validation, in its words."""
    if not counts.usable or (timing.frames == counts.usable and not timing.cut):
        return [explain_no_frames(sources, counts.reasons + timing.reasons)]
    if can_divide(counts.summaries, settings):
        return []
    used = [video for video in counts.summaries if video.kept]
    is_one_video = len(used) == 1 and sum(line.usable > 0 for line in counts.tables["mood"].values()) > 1
    return [explain_empty_validation(is_one_video, counts.reasons["video_repeated"])]


def _count_requests(videos: Sequence[Video]) -> int:
    """About how many requests what follows takes: of each label two, of each folder one, of sampled frames all three.

    What lies in archives takes fewer, see preprocess.archives.read_ahead.
    """
    folders = sum(isinstance(place.path, RemotePath) for video in videos for place in video.directories)
    labels = sum(isinstance(video.label_path, RemotePath) and video.label_data is None for video in videos)
    sampled = [video for video in choose_videos(videos) if isinstance(video.directories[0].path, RemotePath)]
    return 2 * labels + folders + 3 * len(sampled) + 2 * count_sampled(sampled)


def _describe_labels(found: SourceListing, counts: LabelCounts) -> dict[str, Any]:
    names = ("source", "label_file", "reason", "note")
    faults = [dict(zip(names, fault, strict=True)) for fault in sorted(counts.label_faults)]
    return {"videos": len(found.videos), "unusable": len(faults), "faults": faults}


def _describe_frames(found: SourceListing, counts: LabelCounts) -> dict[str, Any]:
    labelled = {directory for video in found.videos for directory in video.directories}
    return {
        "files": found.frames,
        "annotated": counts.annotated,
        "usable": counts.usable,
        "missing": counts.reasons["image_missing"],
        "unannotated": counts.unannotated,
        "without_label": found.frames - sum(directory.frames for directory in labelled),
        "in_two_places": counts.doubled_frames,
        "first_in_two_places": [{"video": name, "folders": folders} for name, folders in counts.doubled_videos],
    }


def _describe_pairs(found: SourceListing) -> dict[str, Any]:
    return {
        "videos": sum(bool(video.directories) for video in found.videos),
        "labels_without_frames": _group_by_folder(found.labels_without_frames),
        "folders_without_label": _group_by_folder(found.directories_without_label),
    }


def _group_by_folder(paths: Sequence[str]) -> dict[str, Any]:
    """Paths, and how many of them lie in each folder or archive."""
    folders = Counter(os.path.dirname(path) or os.curdir for path in paths)
    return {"count": len(paths), "folders": dict(folders.most_common()), "paths": list(paths)}


def _list_tallies(column: str, table: dict[str | None, FrameTally]) -> list[dict[str, Any]]:
    """A table's lines: moods in the order that they have everywhere, other lines by usable frames, the most first."""
    order = {name: place for place, name in enumerate(KOREAN)} if column == "mood" else {}

    def rank(item: tuple[str | None, FrameTally]) -> tuple[int, int, int, str]:
        value, tally = item
        return order.get(value, len(order)), -tally.usable, -tally.annotated, str(value)

    ranked = sorted(table.items(), key=rank)
    return [
        {
            "value": value,
            "videos": tally.videos,
            "annotated": tally.annotated,
            "usable": tally.usable,
            **{split: tally.usable_by_split[split] for split in SPLIT_NAMES},
        }
        for value, tally in ranked
    ]
