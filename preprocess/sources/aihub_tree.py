"""AI Hub's data as a tree of folders: finds label files and frame directories anywhere below, pairs them by name.

Paths are kept as the bytes that the disk holds; names are compared as they are written down, see
preprocess.sources.path_names.
"""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from preprocess.sources.path_names import find_split, write_name
from preprocess.sources.video import FrameDirectory, ImageFile, SourceListing, Video
from shards.errors import DataError
from shards.storage.files import IrregularFile, open_file, retry

_IGNORED = {"__MACOSX", "@eaDir", "$RECYCLE.BIN"}  # and hidden ones: ._name, .DS_Store, .Trash-0
_FRAME = re.compile(rb"frame_(\d+)_timestamp_(\d+)\.jpe?g", re.IGNORECASE)
_ARCHIVE = re.compile(rb"\.(zip|part\d*)$", re.IGNORECASE)


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


def list_tree(roots: Sequence[tuple[int, str]]) -> SourceListing:
    """Walk folders, each with its number among the sources, and pair label files with frame directories: directory name
    = file name less `.json`.

    Raises OSError where a folder cannot be listed for a reason that may pass.
    """
    listing = _Listing()
    for number, root in roots:
        path = os.fsencode(os.path.abspath(root))
        _walk(number, path, path, listing)
    while listing.links:  # after all real folders, so that what is found does not depend on the disk's order
        links, listing.links = sorted(listing.links), []
        for link in links:
            _walk(*link, listing)
    videos = _pair(listing, {number: find_split(os.path.basename(os.path.abspath(root))) for number, root in roots})
    named = {video.name for video in videos}
    without = [d.relative for name in sorted(listing.directories.keys() - named) for d in listing.directories[name]]
    return SourceListing(
        videos,
        listing.frames,
        [video.label_file for video in videos if not video.directories],
        without,
        sorted(listing.unreadable),
        listing.archives,
    )


def list_tree_images(video: Video) -> dict[tuple[int, int], ImageFile]:
    """The frames in a video's directories, by number and timestamp; none is opened.

    Raises DataError where a directory has gone since it was listed, OSError where it cannot be read now.
    """
    images: dict[tuple[int, int], ImageFile] = {}
    for directory in video.directories:
        try:
            found = retry(lambda path=directory.path: sorted(_list_frames(path)), directory.path)
        except FileNotFoundError:
            gone = os.fsdecode(directory.path)
            raise DataError(f"{gone} was there and is gone; bring it back and run the same command again") from None
        for name, numbers in found:
            relative = os.path.join(directory.relative, write_name(name))
            if image := look_at_image(os.path.join(directory.path, name), relative):
                images.setdefault(numbers, image)  # of two directories with one name, the first that has a frame
    return images


def look_at_image(path: bytes, relative: str) -> ImageFile | None:
    """What the disk says of a frame; None where there is nothing, or a link that leads nowhere.

    Raises OSError for a reason that may pass.
    """
    try:
        state = retry(lambda: os.stat(path), path)
    except FileNotFoundError:
        return None
    except PermissionError:
        return ImageFile(path, relative, 0, 0, False)
    is_readable = os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids) or _can_open(path)
    return ImageFile(path, relative, state.st_size, state.st_mtime_ns, is_readable)


def _can_open(path: bytes) -> bool:
    """Asked where access says no, which it also says of a disk that does not answer. Raises OSError for that."""
    try:
        open_file(path).close()
    except (FileNotFoundError, PermissionError):
        return False
    except IrregularFile:
        return True
    return True


def _list_frames(directory: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """(name, (frame_number, timestamp)) of every frame in a directory."""
    for name in os.listdir(directory):
        if match := _FRAME.fullmatch(name):
            yield name, (int(match[1]), int(match[2]))


def _walk(source: int, root: bytes, start: bytes, listing: _Listing) -> None:
    pending = [start]
    while pending:
        directory = pending.pop()
        try:
            state = retry(lambda path=directory: os.stat(path), directory)
            if not stat.S_ISDIR(state.st_mode):  # a link to something else
                listing.unreadable.append(write_name(os.path.relpath(directory, root)))
                continue
            if (state.st_dev, state.st_ino) in listing.walked:
                continue
            listing.walked.add((state.st_dev, state.st_ino))
            entries = retry(lambda path=directory: _scan(path), directory)
        except (FileNotFoundError, PermissionError):
            listing.unreadable.append(write_name(os.path.relpath(directory, root)))
            continue
        pending += _sort_entries(source, root, directory, entries, listing)


def _scan(directory: bytes) -> list[os.DirEntry]:
    with os.scandir(directory) as found:
        return list(found)


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


def _pair(listing: _Listing, root_splits: dict[int, str | None]) -> list[Video]:
    return [
        Video(
            name=label.name,
            source=label.source,
            label_path=label.path,
            label_file=label.relative,
            split=find_split(os.path.dirname(label.relative)) or root_splits[label.source],
            directories=tuple(sorted(listing.directories.get(label.name, ()))),
        )
        for label in sorted(listing.labels)
    ]
