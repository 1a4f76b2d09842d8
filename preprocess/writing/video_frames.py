"""The frames of a task's videos, from label files and images: checked, cut and hashed, before deduplication."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from preprocess.cutting.frame import Frame, cut_frames, open_frames, reject_label
from preprocess.cutting.jpeg_window import TOGETHER
from preprocess.fingerprint import fingerprint_of
from preprocess.settings import PreprocessSettings
from preprocess.sources.data_file import fetch_ahead
from preprocess.sources.input_fingerprint import Inputs
from preprocess.sources.source_kinds import parse_label
from preprocess.sources.video import InvalidLabel, Label, UnreadableLabel
from preprocess.writing.finished_work import VideoSummary
from shards.manifest_row import ManifestRow

# The crops of so many frames are held in memory until the end of their video (100 MB); the others are cut again.
_HELD_CROPS = 512


class VideoFrames(NamedTuple):
    """The frames of one label file."""

    frames: list[Frame]
    summary: VideoSummary | None  # `kept` is not set yet; None where the label cannot be used
    unannotated: int  # images that no annotation of the label names


def cut_videos(inputs: list[Inputs], settings: PreprocessSettings) -> Iterator[VideoFrames]:
    """Open, cut and hash all frames, one video at a time, or some small ones, so that few crops are in memory.

    All labels are read before the first frame: between frames, whose decoding empties the processor's caches, reading a
    label takes three times as long, and then counts where videos have few frames.
    """
    videos = list(open_videos(inputs))
    with fetch_ahead(frame.image.file for video in videos for frame in video.frames if frame.is_kept):
        for group in _group_videos(videos):
            _cut_frames(group, settings)
            yield from group


def open_videos(inputs: list[Inputs]) -> Iterator[VideoFrames]:
    """The frames as their labels describe them; no image is opened.

    Of several labels for videos of one name, which are always in one task, the first that can be used counts.
    """
    used: dict[str, str] = {}  # label file by video name
    for one in inputs:
        opened = _open_video(one, used.get(one.video.name))
        if opened.summary:
            used[one.video.name] = one.video.label_file
        yield opened


def _open_video(inputs: Inputs, first_label: str | None) -> VideoFrames:
    try:
        label = _read_label(inputs)
    except UnreadableLabel as error:
        return VideoFrames([reject_label(inputs.video, "label_unreadable", str(error))], None, 0)
    except InvalidLabel as error:
        return VideoFrames([reject_label(inputs.video, "label_invalid", str(error))], None, 0)
    frames = open_frames(inputs, label, first_label)
    if first_label:
        return VideoFrames(frames, None, 0)
    unannotated = inputs.images.keys() - {annotation.image for annotation in label.annotations}
    return VideoFrames(frames, _summarize_video(inputs, frames), len(unannotated))


def _read_label(inputs: Inputs) -> Label:
    if inputs.label is None:
        raise UnreadableLabel(inputs.fault)
    return parse_label(inputs.video, inputs.label)


def _summarize_video(inputs: Inputs, frames: list[Frame]) -> VideoSummary | None:
    moods = Counter(frame.row.label for frame in frames if frame.row.label is not None)
    if not moods:
        return None
    video = inputs.video
    return VideoSummary(video.name, video.split, moods.most_common(1)[0][0], _identify_animal(frames[0].row), kept=0)


def _identify_animal(row: ManifestRow) -> str:
    """A fingerprint of what the label says of the animal, so that one animal is never in both splits.

    Where the label says nothing but the species, the video counts as an animal of its own.
    """
    traits = [row.species, row.breed, row.gender, row.age, row.neuter, row.location, row.date]
    return fingerprint_of(traits if any(traits[1:]) else row.video)


def _group_videos(videos: list[VideoFrames]) -> Iterator[list[VideoFrames]]:
    """Groups with at least as many frames as are decoded side by side: mostly of one video."""
    group: list[VideoFrames] = []
    for video in videos:
        group.append(video)
        if sum(len(one.frames) for one in group) >= TOGETHER:
            yield group
            group = []
    if group:
        yield group


def _cut_frames(videos: list[VideoFrames], settings: PreprocessSettings) -> None:
    """Cut and hash all frames that are not rejected yet. Not all crops are held, see _HELD_CROPS; of a dry run none."""
    held = 0
    kept = [frame for video in videos for frame in video.frames if frame.is_kept]
    for first in range(0, len(kept), TOGETHER):
        part = kept[first : first + TOGETHER]
        cut_frames(part, settings)
        for frame in part:
            held += frame.candidate is not None
            if held > _HELD_CROPS or settings.dry_run:
                frame.pixels = None
