"""One Ray task: some consecutive videos, from label files and frames to rows and cropped records in a spill.

Every annotation becomes a row, kept or with the reason why not. Pixels never leave the process.
"""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from preprocess.duplicates import find_duplicates
from preprocess.frame import Frame, cut_frame, describe_video, encode_frame, open_frames
from preprocess.inputs import Inputs, fingerprint_inputs, read_inputs
from preprocess.labels import InvalidLabel, UnreadableLabel, parse_label
from preprocess.settings import Settings, fingerprint_of
from preprocess.source import Video
from preprocess.spill import Item, TaskSummary, VideoSummary, read_summary, write_spill

# The pixels of this many frames wait for the end of their video (100 MB); those of a longer one are cut again.
_HELD_CROPS = 512


class _Made(NamedTuple):
    """What became of one video."""

    items: list[Item]
    summary: VideoSummary | None  # None where its label cannot be used
    unannotated: int  # frames on the disk that no annotation of a readable label names


def run_video_task(videos: list[Video], settings: Settings, folder: Path) -> TaskSummary:
    """Do a task, or find that it is done: a spill in `folder` carries the fingerprint of its inputs as its name."""
    inputs = [read_inputs(video) for video in videos]
    name = fingerprint_inputs(inputs, settings)
    if summary := read_summary(folder, name):
        return summary
    made: list[_Made] = []
    for item in inputs:  # of several labels of one name the first that can be used counts; none is in another task
        used = any(video.summary and video.summary.name == item.video.name for video in made)
        made.append(_make_video(item, settings, used))
    items = [item for video in made for item in video.items]
    # Rows of a repeated video lie among those of the first of its name: the manifest's order.
    items.sort(key=lambda item: (item.row["video"], item.row.get("frame_number", -1)))
    summary = TaskSummary(
        name=name,
        rows=len(items),
        counts=dict(Counter(item.row["status"] for item in items)),
        reasons=dict(Counter(item.row["reason"] for item in items if item.row["status"] == "rejected")),
        record_bytes=sum(len(item.record or b"") for item in items),
        unannotated_frames=sum(video.unannotated for video in made),
        empty_labels=sum(not video.items for video in made),
        videos=[video.summary for video in made if video.summary],
    )
    write_spill(folder, summary, items, settings.seed)
    return summary


def _make_video(inputs: Inputs, settings: Settings, repeated: bool) -> _Made:
    """A video's rows and the records of the frames that it keeps: none where it is `repeated`."""
    video = inputs.video
    try:
        if inputs.label is None:
            raise UnreadableLabel(inputs.fault)
        label = parse_label(inputs.label)
    except (UnreadableLabel, InvalidLabel) as error:
        reason = "label_unreadable" if isinstance(error, UnreadableLabel) else "label_invalid"
        row = {"key": video.name, "status": "rejected", "reason": reason, "note": str(error)}
        return _Made([Item(describe_video(video) | row, None)], None, 0)
    frames = open_frames(inputs, label, repeated)
    unannotated = 0 if repeated else len(inputs.images.keys() - _annotated(frames))
    good = _cut_frames(frames, (label.metadata.width, label.metadata.height), settings)
    _mark_duplicates(good, settings)
    items = [Item(frame.row, encode_frame(frame, settings) if _is_kept(frame) else None) for frame in frames]
    if not frames or frames[0].row["label"] is None or repeated:
        return _Made(items, None, unannotated)
    kept = sum(map(_is_kept, frames))
    return _Made(
        items, VideoSummary(video.name, video.split, frames[0].row["label"], _animal(frames[0]), kept), unannotated
    )


def _is_kept(frame: Frame) -> bool:
    return frame.row["status"] == "kept"


def _annotated(frames: list[Frame]) -> set[tuple[int, int]]:
    return {(frame.row["frame_number"], frame.row["timestamp"]) for frame in frames}


def _cut_frames(frames: list[Frame], stated: tuple[int | None, int | None], settings: Settings) -> list[Frame]:
    """Cut all frames that are not rejected yet; those that stay."""
    good = []
    for frame in filter(_is_kept, frames):
        cut_frame(frame, stated, settings)
        if frame.candidate:
            good.append(frame)
            if len(good) > _HELD_CROPS:
                frame.pixels = None
    return good


def _mark_duplicates(frames: list[Frame], settings: Settings) -> None:
    for frame, duplicate in zip(
        frames, find_duplicates([frame.candidate for frame in frames], settings.dedupe), strict=True
    ):
        if duplicate:
            frame.row |= {"status": "duplicate", "reason": "near_in_video", "distance": duplicate.distance}
            frame.row["duplicate_of"] = frames[duplicate.of].row["key"]
            frame.pixels = None


def _animal(frame: Frame) -> str:
    """A proxy for the animal, so that one of them never lies in both splits; a label that tells nothing is its own."""
    traits = ("species", "breed", "gender", "age", "neuter", "location", "date")
    told = [frame.row.get(trait) for trait in traits]
    return fingerprint_of(told if any(told[1:]) else frame.row["video"])
