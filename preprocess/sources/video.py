"""The one form that every kind of source is brought to: videos with frame files, and what their labels say."""

from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from shards.crop_geometry import Box

_TASK_FRAMES = 2000  # about 10 s of one core's work: long enough for Ray, short enough to lose
_LEAST_TASKS = 64  # so that a small source still keeps many cores busy
_LABEL_FRAMES = 100  # what a label counts for when its frames are not there: it has rows all the same


class FrameDirectory(NamedTuple):
    source: int
    path: bytes  # absolute
    relative: str
    frames: int


class Video(NamedTuple):
    """One label and the directories, usually one, that hold its frames."""

    name: str
    source: int
    label_path: bytes  # absolute
    label_file: str  # relative to the source
    split: str | None  # what the source says
    directories: tuple[FrameDirectory, ...]
    rows: bytes | None = None  # of a CSV: its rows of this video, see preprocess.sources.csv_rows

    @property
    def weight(self) -> int:
        """About how many frames of work it is."""
        return sum(directory.frames for directory in self.directories) or _LABEL_FRAMES


class SourceListing(NamedTuple):
    """All that was found: videos in the manifest's order, and what has no partner."""

    videos: list[Video]
    frames: int  # image files in frame directories, rows of a CSV
    labels_without_frames: list[str]
    directories_without_label: list[str]
    unreadable: list[str]  # folders and links
    archives: int  # .zip and .part files


class ImageFile(NamedTuple):
    """A frame's JPEG: where it is, and what shows that it has changed."""

    path: bytes
    relative: str
    size: int
    modified: int  # ns
    is_readable: bool  # may be read, by whoever runs this


class Annotation(NamedTuple):
    """What a label says of one frame."""

    frame_number: int | None
    timestamp: int | None  # milliseconds
    image: Hashable  # its key among the video's images
    box: Box | None  # None where it, or one of its numbers, is missing
    emotion: str | None = None  # where each frame has its own; else the label's holds
    fault: str | None = None  # why it cannot be used: what in it, and its value


class Label(NamedTuple):
    """What is read of one video's label; everything else in it is ignored."""

    annotations: list[Annotation]
    emotion: str | None = None
    emotion_owner: str | None = None
    size: tuple[int | None, int | None] = (None, None)  # width and height that it states of its images
    traits: Mapping[str, Any] = MappingProxyType({})  # columns of the manifest that it tells: species, breed, date ..


class UnreadableLabel(Exception):
    """Nothing that could be parsed: damaged, empty, or in another encoding."""


class InvalidLabel(Exception):
    """Parsed, but no label; the message names the path inside it."""


def group_into_tasks(source: SourceListing) -> list[list[Video]]:
    """Consecutive videos with about a fixed number of frames together; videos of one name are never parted.

    The grouping follows from the source alone, so that a restart with other workers finds its finished tasks.
    """
    limit = max(1, min(_TASK_FRAMES, sum(video.weight for video in source.videos) // _LEAST_TASKS))
    groups: list[list[Video]] = [[]]
    weight = 0
    for video in source.videos:
        if weight >= limit and groups[-1][-1].name != video.name:
            groups.append([])
            weight = 0
        groups[-1].append(video)
        weight += video.weight
    return groups


def order_videos(videos: Sequence[Video], val_first: bool) -> list[Video]:
    """The manifest's order. Of several labels of one name the first counts: the first file, or with `val_first` that of
    validation, so that no frame of a validation video is trained on.
    """
    return sorted(
        videos,
        key=lambda video: (
            video.name,
            val_first and video.split != "val",
            video.source,
            video.label_file,
            video.label_path,
        ),
    )
