"""Where labels and frames lie: finds label files and frame directories, pairs them by name, groups videos into tasks.

Paths are kept as the bytes that the disk holds; names are compared, and written down, composed (NFC), with bytes that
are not UTF-8 as \\xNN.
"""

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shards.errors import CallError, DataError

_IGNORED = {"__MACOSX", "@eaDir", "$RECYCLE.BIN"}  # and hidden ones: ._name, .DS_Store, .Trash-0
_FRAME = re.compile(rb"frame_(\d+)_timestamp_(\d+)\.jpe?g", re.IGNORECASE)
_ARCHIVE = re.compile(rb"\.(zip|part\d*)$", re.IGNORECASE)
_SPLIT_WORDS = {"training": "train", "train": "train", "학습": "train"}
_SPLIT_WORDS |= {"validation": "val", "valid": "val", "val": "val", "검증": "val"}
_TASK_FRAMES = 2000  # about 10 s of one core's work: long enough for Ray, short enough to lose
_LEAST_TASKS = 64  # so that a small source still keeps many cores busy
_LABEL_FRAMES = 100  # what a label counts for when its frames are not there: it has rows all the same


class FrameDirectory(NamedTuple):
    source: int
    path: bytes  # absolute
    relative: str
    frames: int


class Video(NamedTuple):
    """One label file and the directories, usually one, that hold its frames."""

    name: str
    source: int
    label_path: bytes  # absolute
    label_file: str  # relative to the source
    split: str | None  # what the source's own folders say
    directories: tuple[FrameDirectory, ...]

    @property
    def weight(self) -> int:
        """About how many frames of work it is."""
        return sum(directory.frames for directory in self.directories) or _LABEL_FRAMES


class Source(NamedTuple):
    """All that was found: videos in the manifest's order, and what has no partner."""

    videos: list[Video]
    frames: int  # image files in frame directories
    labels_without_frames: list[str]
    directories_without_label: list[str]
    unreadable: list[str]  # folders and links
    archives: int  # .zip and .part files


class _Label(NamedTuple):
    name: str
    source: int
    relative: str
    path: bytes


class _Listing:
    """What a walk has met so far."""

    def __init__(self) -> None:
        self.labels: list[_Label] = []
        self.directories: dict[str, list[FrameDirectory]] = {}
        self.unreadable: list[str] = []
        self.archives = 0
        self.walked: set[tuple[int, int]] = set()  # device and inode: links may lead to one place twice, or in a ring
        self.links: list[tuple[int, bytes, bytes]] = []  # source, its root, path

    @property
    def frames(self) -> int:
        return sum(directory.frames for found in self.directories.values() for directory in found)


def find_videos(sources: Sequence[str]) -> Source:
    """Walk every source and pair label files with frame directories: directory name = file name less `.json`.

    Raises DataError where there is no label file, or no frame, at all.
    """
    listing = _Listing()
    for number, root in enumerate(sources):
        path = os.fsencode(os.path.abspath(root))
        _walk(number, path, path, listing)
    while listing.links:  # after all real folders, so that what is found does not depend on the disk's order
        links, listing.links = sorted(listing.links), []
        for link in links:
            _walk(*link, listing)
    if not listing.labels or not listing.frames:
        raise DataError(_explain_nothing(sources, listing))
    videos = _pair(listing, [_own_split(os.path.basename(os.path.abspath(root))) for root in sources])
    named = {video.name for video in videos}
    without = [d.relative for name in sorted(listing.directories.keys() - named) for d in listing.directories[name]]
    return Source(
        videos,
        listing.frames,
        [video.label_file for video in videos if not video.directories],
        without,
        sorted(listing.unreadable),
        listing.archives,
    )


def group_videos(source: Source) -> list[list[Video]]:
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


def list_frames(directory: bytes) -> Iterator[tuple[tuple[int, int], os.DirEntry]]:
    """((frame_number, timestamp), entry) of every frame in a directory, in the order of the disk."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if match := _FRAME.fullmatch(entry.name):
                yield (int(match[1]), int(match[2])), entry


def write_name(name: bytes) -> str:
    """A name from the disk as the manifest has it: NFC, and \\xNN for bytes that are not UTF-8."""
    return unicodedata.normalize("NFC", name.decode("utf-8", "backslashreplace"))


def check_sources(sources: Sequence[str]) -> None:
    """Raise CallError unless every source is a folder that can be read, named once."""
    seen: dict[str, str] = {}
    for root in sources:
        if not os.path.isdir(root):
            what = "is not a folder" if os.path.exists(root) else "does not exist"
            raise CallError(f"source {root} {what}; give the folder that holds label JSON and frames")
        if not os.access(root, os.R_OK | os.X_OK):
            raise CallError(f"source {root} cannot be read; change its permissions or the user")
        for real, other in seen.items():
            if os.path.commonpath([real, os.path.realpath(root)]) in (real, os.path.realpath(root)):
                raise CallError(f"source {root} and source {other} lie in one another; name each folder once")
        seen[os.path.realpath(root)] = root


def _walk(source: int, root: bytes, start: bytes, listing: _Listing) -> None:
    pending = [start]
    while pending:
        directory = pending.pop()
        try:
            state = os.stat(directory)
            if (state.st_dev, state.st_ino) in listing.walked:
                continue
            listing.walked.add((state.st_dev, state.st_ino))
            with os.scandir(directory) as found:
                entries = list(found)
        except OSError:
            listing.unreadable.append(write_name(os.path.relpath(directory, root)))
            continue
        pending += _sort_entries(source, root, directory, entries, listing)


def _sort_entries(
    source: int, root: bytes, directory: bytes, entries: list[os.DirEntry], listing: _Listing
) -> list[bytes]:
    """Note what a directory holds; returns the directories in it."""
    frames, below = 0, []
    for entry in entries:
        name = entry.name.decode("utf-8", "replace")
        if name.startswith(".") or name in _IGNORED:
            continue
        if _FRAME.fullmatch(entry.name):
            frames += 1
        elif entry.is_dir(follow_symlinks=False):
            below.append(entry.path)
        elif entry.name.lower().endswith(b".json"):
            relative = write_name(os.path.relpath(entry.path, root))
            listing.labels.append(_Label(write_name(entry.name[:-5]), source, relative, entry.path))
        elif _ARCHIVE.search(entry.name):
            listing.archives += 1
        elif entry.is_symlink() and not os.path.isfile(entry.path):
            listing.links.append((source, root, entry.path))
    if frames:
        found = FrameDirectory(source, directory, write_name(os.path.relpath(directory, root)), frames)
        listing.directories.setdefault(write_name(os.path.basename(directory)), []).append(found)
    return below


def _pair(listing: _Listing, root_splits: Sequence[str | None]) -> list[Video]:
    return [
        Video(
            name=label.name,
            source=label.source,
            label_path=label.path,
            label_file=label.relative,
            split=_own_split(os.path.dirname(label.relative)) or root_splits[label.source],
            directories=tuple(sorted(listing.directories.get(label.name, ()))),
        )
        for label in sorted(listing.labels)
    ]


def _own_split(path: str) -> str | None:
    """`train` or `val` where a part of the path says so, the deepest part that does; None otherwise."""
    for part in reversed(unicodedata.normalize("NFC", path).split(os.sep)):
        for word in re.findall(r"[^\W\d_]+", part.lower()):
            if word in _SPLIT_WORDS:
                return _SPLIT_WORDS[word]
    return None


def _explain_nothing(sources: Sequence[str], listing: _Listing) -> str:
    where = ", ".join(sources)
    labels, frames = f"{len(listing.labels)} label JSON", f"{listing.frames} frames"
    if listing.archives:
        return f"{where}: {labels}, {frames}, {listing.archives} archives (.zip, .part); unpack them and run again"
    if listing.frames:
        return f"{where}: {frames}, but no label JSON; add the folder of labels as a source"
    if listing.labels:
        return f"{where}: {labels}, but no frames; add the folder of frames as a source"
    return f"{where}: no label JSON and no frames; give the folder that holds them"
