"""One Ray task: some consecutive videos, from label files and frames to rows and cropped records in a spill.

Every annotation becomes a row, kept or with the reason why not. Pixels never leave the process.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from preprocess.cutting.frame import (
    ChangedFrame,
    Frame,
    cut_frame,
    describe_video,
    encode_frame,
    open_frames,
    read_image,
)
from preprocess.near_duplicates.within_video import find_duplicates, select_frames
from preprocess.settings import PreprocessSettings, fingerprint_of
from preprocess.sources.input_fingerprint import Inputs, fingerprint_inputs, read_inputs, stamp_inputs
from preprocess.sources.source_kinds import parse_label
from preprocess.sources.video import InvalidLabel, UnreadableLabel, Video
from preprocess.writing.dry_run_hashes import HashedVideo, read_hashed_videos, write_hashed_videos
from preprocess.writing.spill import (
    DamagedWork,
    Item,
    Origin,
    TaskSummary,
    VideoSummary,
    discard_task,
    read_summary,
    write_spill,
    write_summary,
)
from shards.jpeg_headers import UnreadableImage

# The pixels of this many frames wait for the end of their video (100 MB); those of a longer one are cut again.
_HELD_CROPS = 512


def run_video_task(
    videos: list[Video], settings: PreprocessSettings, folder: Path, hashes: Path | None = None
) -> TaskSummary:
    """Do a task, or find that it is done: a spill in `folder` carries the fingerprint of its inputs as its name.

    A dry run leaves what it sees in the folder `hashes`, where another run takes it from. It writes rows, no records.
    """
    inputs = [read_inputs(video) for video in videos]
    name, damage = fingerprint_inputs(inputs, settings.fingerprint()), ""
    try:
        summary = read_summary(folder, name)
    except DamagedWork as error:
        summary, damage = None, str(error)
    if summary and (origin := renew_origin(summary.origin, inputs)):
        if origin != summary.origin:
            summary = msgspec.structs.replace(summary, origin=origin)
            write_summary(folder, summary)
        return summary
    try:
        found = _make_videos(inputs, settings, hashes)
    except (DamagedWork, ChangedFrame) as error:
        if hashes is None:
            raise
        # What an earlier run left does not hold: it is looked at again, and only what changes then is a fault.
        discard_task(hashes, fingerprint_inputs(inputs, settings.hash_fingerprint()))
        found, damage = _make_videos(inputs, settings, hashes), damage or str(error)
    made, unannotated, contents = found
    items = [item for found, _ in made for item in found]
    items.sort(key=_place_row)
    summary = TaskSummary(
        name=name,
        origin=Origin(stamp_inputs(inputs), fingerprint_of(contents)),
        rows=len(items),
        counts=dict(Counter(item.row["status"] for item in items)),
        reasons=dict(Counter(item.row["reason"] for item in items if item.row["status"] == "rejected")),
        record_bytes=sum(len(item.record or b"") for item in items),
        unannotated_frames=unannotated,
        videos=[video for _, video in made if video],
    )
    return msgspec.structs.replace(write_spill(folder, summary, items, settings), damage=damage)


def _make_videos(
    inputs: list[Inputs], settings: PreprocessSettings, hashes: Path | None
) -> tuple[list[tuple[list[Item], VideoSummary | None]], int, list[list[Any]]]:
    """Rows and records of each video, the number of frames without annotation, and the frames' checksums."""
    made, unannotated, contents = [], 0, []
    for look in _find_looks(inputs, settings, hashes):
        contents += _list_contents(look.frames)
        made.append(_make_video(look, settings))
        unannotated += look.unannotated
    return made, unannotated, contents


def check_videos(videos: list[Video], fingerprint: str, name: str, noted: Origin) -> Origin | None:
    """The state of some videos as it is now where a task over them would make what `name` was made from; else None.

    `fingerprint` is that of the settings.
    """
    inputs = [read_inputs(video) for video in videos]
    return renew_origin(noted, inputs) if fingerprint_inputs(inputs, fingerprint) == name else None


def renew_origin(noted: Origin, inputs: list[Inputs]) -> Origin | None:
    """The state of the inputs as it is now where work that was made from them as noted is still right; else None.

    Frames whose times of change are others are read again: copied or touched ones hold the same bytes.
    """
    stamps = stamp_inputs(inputs)
    if stamps == noted.stamps or _read_contents(inputs) == noted.contents:
        return Origin(stamps, noted.contents)
    return None


def _read_contents(inputs: list[Inputs]) -> str:
    """The fingerprint of all frames' bytes, as a task would find it; nothing is decoded."""
    contents = []
    for opened in _open_videos(inputs):
        for frame in filter(_is_kept, opened.look.frames):
            with suppress(UnreadableImage):
                read_image(frame)
        contents += _list_contents(opened.look.frames)
    return fingerprint_of(contents)


def _list_contents(frames: list[Frame]) -> list[list[Any]]:
    rows = [frame.row for frame in frames]
    return [[row["image_file"], row["content"]] for row in rows if row.get("content") is not None]


def _place_row(item: Item) -> tuple[str, int]:
    """The manifest's order: rows of a repeated video lie among those of the first of its name."""
    number = item.row.get("frame_number")
    return item.row["video"], -1 if number is None else number


def _find_looks(inputs: list[Inputs], settings: PreprocessSettings, hashes: Path | None) -> Iterable[HashedVideo]:
    """What an earlier dry run saw, or a look of our own, which a dry run leaves for the next."""
    if hashes is None:
        return _look_at(inputs, settings)
    name = fingerprint_inputs(inputs, settings.hash_fingerprint())
    found = read_hashed_videos(hashes, name, inputs)
    if found and renew_origin(found[1], inputs):
        return found[0]
    if not settings.dry_run:
        return _look_at(inputs, settings)
    looks = list(_look_at(inputs, settings))
    contents = [content for look in looks for content in _list_contents(look.frames)]
    origin = Origin(stamp_inputs(inputs), fingerprint_of(contents))
    write_hashed_videos(hashes, name, looks, origin, settings.hash.bits)
    return looks


def _look_at(inputs: list[Inputs], settings: PreprocessSettings) -> Iterator[HashedVideo]:
    """What labels and images say, one video at a time: its pixels go before the next one's come."""
    for opened in _open_videos(inputs):
        _cut_frames(opened.look.frames, opened.stated_size, settings)
        yield opened.look


class _Opened(NamedTuple):
    """A video whose label is read and whose images are not."""

    look: HashedVideo
    stated_size: tuple[int | None, int | None]


def _open_videos(inputs: list[Inputs]) -> Iterator[_Opened]:
    used: dict[str, str] = {}
    for video in inputs:  # of several labels of one name the first that can be used counts; none is in another task
        opened = _open_video(video, used.get(video.video.name))
        if opened.look.summary:
            used[video.video.name] = video.video.label_file
        yield opened


def _open_video(inputs: Inputs, first: str | None) -> _Opened:
    video = inputs.video
    try:
        if inputs.label is None:
            raise UnreadableLabel(inputs.fault)
        label = parse_label(video, inputs.label)
    except (UnreadableLabel, InvalidLabel) as error:
        reason = "label_unreadable" if isinstance(error, UnreadableLabel) else "label_invalid"
        row = {"key": video.name, "status": "rejected", "reason": reason, "note": str(error)}
        return _Opened(HashedVideo([Frame(describe_video(video) | row, None, None)], None, 0), (None, None))
    frames = open_frames(inputs, label, first)
    unannotated = 0 if first else len(inputs.images.keys() - {annotation.image for annotation in label.annotations})
    labels = Counter(frame.row["label"] for frame in frames if frame.row["label"] is not None)
    summary = None
    if labels and not first:
        summary = VideoSummary(video.name, video.split, labels.most_common(1)[0][0], _animal(frames[0]), 0)
    return _Opened(HashedVideo(frames, summary, unannotated), label.size)


def _cut_frames(frames: list[Frame], stated: tuple[int | None, int | None], settings: PreprocessSettings) -> None:
    """Cut and hash all frames that are not rejected yet."""
    held = 0
    for frame in filter(_is_kept, frames):
        cut_frame(frame, stated, settings)
        held += frame.candidate is not None
        if held > _HELD_CROPS or settings.dry_run:
            frame.pixels = None


def _make_video(look: HashedVideo, settings: PreprocessSettings) -> tuple[list[Item], VideoSummary | None]:
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


def _mark_duplicates(frames: list[Frame], settings: PreprocessSettings) -> None:
    found = find_duplicates([frame.candidate for frame in frames], settings.dedupe)
    for frame, duplicate in zip(frames, found, strict=True):
        if duplicate:
            frame.row |= {"status": "duplicate", "reason": "near_in_video", "distance": duplicate.distance}
            frame.row["duplicate_of"] = frames[duplicate.representative].row["key"]
            frame.pixels = None


def _mark_unselected(frames: list[Frame], settings: PreprocessSettings) -> None:
    chosen = select_frames([frame.candidate for frame in frames], settings.select.per_video, settings.dedupe)
    for place, frame in enumerate(frames):
        if place not in chosen:
            frame.row["status"] = "unselected"


def _animal(frame: Frame) -> str:
    """A proxy for the animal, so that one of them never lies in both splits; a label that tells nothing is its own."""
    traits = ("species", "breed", "gender", "age", "neuter", "location", "date")
    told = [frame.row.get(trait) for trait in traits]
    return fingerprint_of(told if any(told[1:]) else frame.row["video"])
