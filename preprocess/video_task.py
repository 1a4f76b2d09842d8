"""One Ray task: some consecutive videos, from label files and frames to rows and cropped records in a spill.

Every annotation becomes a row, kept or with the reason why not. Pixels never leave the process.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from preprocess.duplicates import find_duplicates, select_frames
from preprocess.frame import Frame, cut_frame, describe_video, encode_frame, open_frames
from preprocess.hashes import Look, read_looks, write_looks
from preprocess.inputs import Inputs, fingerprint_inputs, read_inputs
from preprocess.labels import InvalidLabel, UnreadableLabel, parse_label
from preprocess.settings import Settings, fingerprint_of
from preprocess.source import Video
from preprocess.spill import Item, TaskSummary, VideoSummary, read_summary, write_spill

# The pixels of this many frames wait for the end of their video (100 MB); those of a longer one are cut again.
_HELD_CROPS = 512


def run_video_task(videos: list[Video], settings: Settings, folder: Path, hashes: Path | None = None) -> TaskSummary:
    """Do a task, or find that it is done: a spill in `folder` carries the fingerprint of its inputs as its name.

    A dry run leaves what it sees in the folder `hashes`, where another run takes it from. It writes rows, no records.
    """
    inputs = [read_inputs(video) for video in videos]
    name = fingerprint_inputs(inputs, settings.fingerprint())
    if summary := read_summary(folder, name):
        return summary
    looks, made = _find_looks(inputs, settings, hashes), []
    unannotated = 0
    for look in looks:
        made.append(_make_video(look, settings))
        unannotated += look.unannotated
    items = [item for found, _ in made for item in found]
    items.sort(key=_place_row)
    summary = TaskSummary(
        name=name,
        rows=len(items),
        counts=dict(Counter(item.row["status"] for item in items)),
        reasons=dict(Counter(item.row["reason"] for item in items if item.row["status"] == "rejected")),
        record_bytes=sum(len(item.record or b"") for item in items),
        unannotated_frames=unannotated,
        empty_labels=sum(not found for found, _ in made),
        videos=[video for _, video in made if video],
    )
    write_spill(folder, summary, items, settings)
    return summary


def _place_row(item: Item) -> tuple[str, int]:
    """The manifest's order: rows of a repeated video lie among those of the first of its name."""
    number = item.row.get("frame_number")
    return item.row["video"], -1 if number is None else number


def _find_looks(inputs: list[Inputs], settings: Settings, hashes: Path | None) -> Iterable[Look]:
    """What an earlier dry run saw, or a look of our own, which a dry run leaves for the next."""
    if hashes is None:
        return _look_at(inputs, settings)
    name = fingerprint_inputs(inputs, settings.hash_fingerprint())
    looks = read_looks(hashes, name, inputs)
    if looks is None and settings.dry_run:
        looks = list(_look_at(inputs, settings))
        write_looks(hashes, name, looks, settings.hash.bits)
    return _look_at(inputs, settings) if looks is None else looks


def _look_at(inputs: list[Inputs], settings: Settings) -> Iterator[Look]:
    """What labels and images say, one video at a time: its pixels go before the next one's come."""
    used: set[str] = set()
    for video in inputs:  # of several labels of one name the first that can be used counts; none is in another task
        look = _look_at_video(video, settings, video.video.name in used)
        if look.summary:
            used.add(look.summary.name)
        yield look


def _look_at_video(inputs: Inputs, settings: Settings, repeated: bool) -> Look:
    video = inputs.video
    try:
        if inputs.label is None:
            raise UnreadableLabel(inputs.fault)
        label = parse_label(inputs.label)
    except (UnreadableLabel, InvalidLabel) as error:
        reason = "label_unreadable" if isinstance(error, UnreadableLabel) else "label_invalid"
        row = {"key": video.name, "status": "rejected", "reason": reason, "note": str(error)}
        return Look([Frame(describe_video(video) | row, None, None)], None, 0)
    frames = open_frames(inputs, label, repeated)
    unannotated = 0 if repeated else len(inputs.images.keys() - _annotated(frames))
    _cut_frames(frames, (label.metadata.width, label.metadata.height), settings)
    if not frames or frames[0].row["label"] is None or repeated:
        return Look(frames, None, unannotated)
    summary = VideoSummary(video.name, video.split, frames[0].row["label"], _animal(frames[0]), 0)
    return Look(frames, summary, unannotated)


def _annotated(frames: list[Frame]) -> set[tuple[int, int]]:
    return {(frame.row["frame_number"], frame.row["timestamp"]) for frame in frames}


def _cut_frames(frames: list[Frame], stated: tuple[int | None, int | None], settings: Settings) -> None:
    """Cut and hash all frames that are not rejected yet."""
    held = 0
    for frame in filter(_is_kept, frames):
        cut_frame(frame, stated, settings)
        held += frame.candidate is not None
        if held > _HELD_CROPS or settings.dry_run:
            frame.pixels = None


def _make_video(look: Look, settings: Settings) -> tuple[list[Item], VideoSummary | None]:
    """A video's rows, and the records of the frames that it keeps."""
    good = [frame for frame in look.frames if frame.candidate]
    _mark_duplicates(good, settings)
    if settings.select.per_video:
        _mark_unselected([frame for frame in good if _is_kept(frame)], settings)
    items = []
    for frame in look.frames:
        record = encode_frame(frame, settings) if _is_kept(frame) and not settings.dry_run else None
        items.append(Item(frame.row, record))
        frame.pixels = None
    kept = sum(map(_is_kept, look.frames))
    return items, look.summary and msgspec.structs.replace(look.summary, kept=kept)


def _is_kept(frame: Frame) -> bool:
    return frame.row["status"] == "kept"


def _mark_duplicates(frames: list[Frame], settings: Settings) -> None:
    found = find_duplicates([frame.candidate for frame in frames], settings.dedupe)
    for frame, duplicate in zip(frames, found, strict=True):
        if duplicate:
            frame.row |= {"status": "duplicate", "reason": "near_in_video", "distance": duplicate.distance}
            frame.row["duplicate_of"] = frames[duplicate.of].row["key"]
            frame.pixels = None


def _mark_unselected(frames: list[Frame], settings: Settings) -> None:
    chosen = select_frames([frame.candidate for frame in frames], settings.select.per_video, settings.dedupe)
    for place, frame in enumerate(frames):
        if place not in chosen:
            frame.row["status"] = "unselected"


def _animal(frame: Frame) -> str:
    """A proxy for the animal, so that one of them never lies in both splits; a label that tells nothing is its own."""
    traits = ("species", "breed", "gender", "age", "neuter", "location", "date")
    told = [frame.row.get(trait) for trait in traits]
    return fingerprint_of(told if any(told[1:]) else frame.row["video"])
