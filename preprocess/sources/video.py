"""What every kind of source is turned into: videos with their frame files, and what their labels say."""

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from preprocess.archives.byte_source import FilePath
from preprocess.archives.contents import ArchiveContents
from preprocess.archives.zip_listing import ZipFolder
from preprocess.sources.data_file import DataFile
from preprocess.sources.label_map import Meaning
from shards.crop_geometry import Box

_FRAMES_OF_LABEL = 100  # assumed size of a video whose frames are missing: its label still makes rows


class FrameDirectory(NamedTuple):
    """A folder that holds frames of one video; of a photo, which is a video of its own, the image itself."""

    source: int  # number of the source that it was found in
    path: FilePath | ZipFolder  # absolute, or a folder in an archive
    relative: str  # to the source, as the manifest writes it
    frames: int


class Video(NamedTuple):
    """One label and the directories, usually one, that hold its frames."""

    name: str
    kind: str  # of its source: a key of preprocess.sources.source_kinds.SOURCE_KINDS
    source: int  # number of the label's source
    label_path: DataFile
    label_file: str  # relative to the source
    split: str | None  # `train` or `val` where the source's own names say so
    directories: tuple[FrameDirectory, ...]
    label_data: bytes | None = None  # the label itself, where the file at label_path holds more than this video's
    label_map: Mapping[str, Meaning] | None = None  # what its label's categories mean, where parsing needs to know it

    @property
    def weight(self) -> int:
        """About how many frames' worth of work the video is."""
        return sum(directory.frames for directory in self.directories) or _FRAMES_OF_LABEL


class SourceListing(NamedTuple):
    """Everything that was found in the sources, and the labels and directories that have no counterpart."""

    videos: list[Video]
    frames: int  # image files in frame directories, rows of a CSV, boxes of a COCO JSON
    labels_without_frames: list[str]
    directories_without_label: list[str]
    unreadable: list[str]  # folders, links, and what archives hold that cannot be read in place; each says why
    archives: int  # that are read where they lie
    problems: list[str]  # one line for each archive or CSV that cannot be read
    contents: tuple[ArchiveContents, ...] = ()  # of every archive, read or not


class ImageFile(NamedTuple):
    """A frame's JPEG, with the metadata that shows whether it has changed."""

    file: DataFile
    relative: str
    size: int  # bytes
    modified: int | str  # ns; of a file in an archive its CRC-32, of a photo in a store its version
    is_readable: bool  # by the user who runs this
    others: int = 0  # files of the same frame in other places, which are left alone


class Annotation(NamedTuple):
    """What a label says about one frame."""

    frame_number: int | None
    timestamp: int | None  # milliseconds
    image: Hashable  # its key among the video's images
    box: Box | None  # None where the box, or one of its numbers, is missing
    emotion: str | None = None  # the frame's own mood; None where the label's applies
    fault: str | None = None  # why the annotation cannot be used: the path of the wrong value, and the value
    species: str | None = None  # the frame's own, CAT or DOG; None where the label's or the name's applies


class Label(NamedTuple):
    """The parts of one video's label that are used; everything else in it is ignored."""

    annotations: list[Annotation]
    emotion: str | None = None
    emotion_owner: str | None = None
    size: tuple[int | None, int | None] = (None, None)  # width and height that the label states for its images
    traits: Mapping[str, Any] = MappingProxyType({})  # manifest columns that the label gives: species, breed, date ..


class UnreadableLabel(Exception):
    """The label cannot be parsed: it is damaged, empty, or in another encoding."""


class InvalidLabel(Exception):
    """The label was parsed but lacks what every label has; the message names the path inside it."""
