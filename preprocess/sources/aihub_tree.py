"""AI Hub's data as a tree of folders: label JSON and frame directories, anywhere below a source.

A label belongs to the frame directory of the same name, less `.json`. Paths are kept as the bytes that the disk holds;
names are compared in the form that the manifest writes, see preprocess.sources.path_names.
"""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from preprocess.archives.byte_source import name_base, name_path
from preprocess.archives.delivery import ARCHIVE_NAME, ArchiveFile
from preprocess.archives.zip_directory import DamagedArchive
from preprocess.archives.zip_listing import ZipFolder
from preprocess.sources.aihub_archives import list_aihub_archives, list_zip_frames
from preprocess.sources.data_file import explain_changed_archive, is_file_named
from preprocess.sources.image_files import stat_image
from preprocess.sources.label_pairing import LabelFile, pair_labels
from preprocess.sources.path_names import decode_name, find_split, is_ignored_name
from preprocess.sources.video import FrameDirectory, ImageFile, SourceListing, Video
from shards.errors import DataError
from shards.storage.files import retry
from shards.storage.held_listing import take_listing
from shards.storage.stores.remote_files import list_remote_folder
from shards.storage.stores.remote_path import RemotePath, is_store_url, parse_store_url

AIHUB_KIND = "aihub_tree"

_SEPARATOR = os.fsencode(os.sep)
_FRAME_NAME = re.compile(rb"frame_(\d+)_timestamp_(\d+)\.jpe?g", re.IGNORECASE)


class _Root(NamedTuple):
    """A source's number and its folder, absolute."""

    source: int
    path: bytes


class _Findings:
    """What the walk has found so far."""

    def __init__(self) -> None:
        self.labels: list[LabelFile] = []
        self.directories: dict[str, list[FrameDirectory]] = {}  # by name
        self.unreadable: list[str] = []
        self.archive_files: list[ArchiveFile] = []
        self.visited: set[tuple[int, int]] = set()  # device and inode: links may form a cycle, or share a target
        self.links: list[tuple[_Root, bytes]] = []  # links that have not been followed yet


def is_aihub_source(path: str) -> bool:
    """Whether a path is a folder, or an archive that can be read like one; a URL of either is one."""
    return is_store_url(path) or os.path.isdir(path) or is_archive_source(path)


def is_archive_source(path: str) -> bool:
    """Whether a path is a zip or tar file; a piece of one is none."""
    return is_file_named(path, (".zip", ".tar"))


def list_aihub_tree(sources: Sequence[tuple[int, str]]) -> SourceListing:
    """Walk sources, each given with its number, and pair their labels with their frames.

    A source is a folder, or a zip or tar, which is read as a folder that holds nothing else.

    Raises OSError where a folder cannot be listed for a reason that may be temporary.
    """
    findings = _Findings()
    for number, folder in sources:
        path = parse_store_url(folder) if is_store_url(folder) else os.fsencode(os.path.abspath(folder))
        if is_archive_source(folder):
            findings.archive_files.append(ArchiveFile(number, decode_name(name_base(path)), path))
        elif isinstance(path, RemotePath):
            _list_store(number, path, findings)
        else:
            _walk(_Root(number, path), path, findings)
    while findings.links:  # after all real folders, and sorted, so that the result does not depend on the disk's order
        links, findings.links = sorted(findings.links), []
        for root, path in links:
            _walk(root, path, findings)
    in_archives = list_aihub_archives(findings.archive_files)
    for name, found in in_archives.directories.items():
        findings.directories.setdefault(name, []).extend(found)
    source_splits = {number: find_split(_name_source(folder)) for number, folder in sources}
    labels = findings.labels + in_archives.labels
    pairs = pair_labels(labels, findings.directories, AIHUB_KIND, source_splits)
    return SourceListing(
        videos=pairs.videos,
        frames=sum(directory.frames for found in findings.directories.values() for directory in found),
        labels_without_frames=pairs.labels_without_frames,
        directories_without_label=pairs.directories_without_label,
        unreadable=sorted(findings.unreadable + in_archives.unread),
        archives=in_archives.archives,
        problems=in_archives.problems,
        contents=tuple(in_archives.contents),
    )


def _name_source(folder: str) -> str:
    return parse_store_url(folder).name if is_store_url(folder) else os.path.basename(os.path.abspath(folder))


def _list_store(source: int, root: RemotePath, findings: _Findings) -> None:
    """Add everything in a store's folder to the findings. One listing shows it all."""
    frames: Counter[str] = Counter()
    for entry in take_listing(root):
        *folders, name = entry.name.split("/")
        if entry.is_folder or any(map(is_ignored_name, (*folders, name))):
            continue
        base, path = _encode(name), root / entry.name
        if _FRAME_NAME.fullmatch(base):
            frames["/".join(folders)] += 1
        elif name.lower().endswith(".json"):
            findings.labels.append(LabelFile(decode_name(base[:-5]), source, decode_name(_encode(entry.name)), path))
        elif ARCHIVE_NAME.fullmatch(base):
            findings.archive_files.append(ArchiveFile(source, decode_name(_encode(entry.name)), path))
    for folder, count in frames.items():
        place = root / folder if folder else root
        found = FrameDirectory(source, place, decode_name(_encode(folder or ".")), count)
        findings.directories.setdefault(decode_name(name_base(place)), []).append(found)


def _encode(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def list_aihub_images(video: Video) -> dict[tuple[int, int], ImageFile]:
    """The frames in a video's directories, by frame number and timestamp; no file is opened.

    Where several directories hold a frame, that of the first counts, and says how many others there are.

    Raises DataError where a directory has disappeared since it was listed, OSError where it cannot be read now.
    """
    images: dict[tuple[int, int], ImageFile] = {}
    for directory in video.directories:
        for key, image in _list_frames_anywhere(directory):
            first = images.get(key)
            images[key] = first._replace(others=first.others + 1) if first else image
    return images


def _list_frames_anywhere(directory: FrameDirectory) -> Iterator[tuple[tuple[int, int], ImageFile]]:
    """((frame number, timestamp), image) of every frame in a folder, or in a folder of an archive."""
    try:
        if isinstance(directory.path, ZipFolder):
            yield from list_zip_frames(directory)
        elif isinstance(directory.path, RemotePath):
            yield from _list_store_frames(directory)
        else:
            yield from _list_folder_frames(directory)
    except (FileNotFoundError, DamagedArchive) as error:
        if isinstance(directory.path, ZipFolder):
            raise explain_changed_archive(directory.path.archive, error) from error
        gone = name_path(directory.path)
        raise DataError(f"{gone} was there and is gone; bring it back and run the same command again") from None


def _list_folder_frames(directory: FrameDirectory) -> Iterator[tuple[tuple[int, int], ImageFile]]:
    """((frame number, timestamp), image) of every frame in a folder."""
    for name, key in retry(lambda: sorted(_list_frames(directory.path)), directory.path):
        relative = os.path.join(directory.relative, decode_name(name))
        if image := stat_image(os.path.join(directory.path, name), relative):
            yield key, image


def _list_store_frames(directory: FrameDirectory) -> Iterator[tuple[tuple[int, int], ImageFile]]:
    """The same in a store: one listing tells sizes and times of change."""
    found = [(entry, _FRAME_NAME.fullmatch(_encode(entry.name))) for entry in list_remote_folder(directory.path)]
    if not any(match for _, match in found):
        raise FileNotFoundError(directory.relative)
    for entry, match in sorted(found, key=lambda item: _encode(item[0].name)):
        if match:
            relative = os.path.join(directory.relative, decode_name(_encode(entry.name)))
            image = ImageFile(directory.path / entry.name, relative, entry.size, entry.modified, True)
            yield (int(match[1]), int(match[2])), image


def _list_frames(directory: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """(file name, (frame number, timestamp)) of every frame in a directory."""
    for name in os.listdir(directory):
        if match := _FRAME_NAME.fullmatch(name):
            yield name, (int(match[1]), int(match[2]))


def _walk(root: _Root, start: bytes, findings: _Findings) -> None:
    """Add everything at or below `start` to the findings, but for the targets of links."""
    pending = [start]
    while pending:
        directory = pending.pop()
        try:
            status = retry(lambda path=directory: os.stat(path), directory)
            if not stat.S_ISDIR(status.st_mode):  # a link to something other than a folder or a file
                findings.unreadable.append(f"{_make_relative(directory, root)}: no folder and no file")
                continue
            if (status.st_dev, status.st_ino) in findings.visited:
                continue
            findings.visited.add((status.st_dev, status.st_ino))
            entries = retry(lambda path=directory: _scan(path), directory)
        except (FileNotFoundError, PermissionError) as error:
            findings.unreadable.append(f"{_make_relative(directory, root)}: {error.strerror}")
            continue
        pending += _add_entries(root, directory, entries, findings)


def _scan(directory: bytes) -> list[os.DirEntry]:
    with os.scandir(directory) as entries:
        return list(entries)


def _add_entries(root: _Root, directory: bytes, entries: list[os.DirEntry], findings: _Findings) -> list[bytes]:
    """Add a directory's entries to the findings; returns its subdirectories."""
    frames, subdirectories = 0, []
    for entry in entries:
        name = entry.name.decode("utf-8", "replace")
        if is_ignored_name(name):
            continue
        if _FRAME_NAME.fullmatch(entry.name):
            frames += 1
        elif entry.is_dir(follow_symlinks=False):
            subdirectories.append(entry.path)
        elif entry.name.lower().endswith(b".json"):
            relative = _make_relative(entry.path, root)
            findings.labels.append(LabelFile(decode_name(entry.name[:-5]), root.source, relative, entry.path))
        elif ARCHIVE_NAME.fullmatch(entry.name) and entry.is_file():
            findings.archive_files.append(ArchiveFile(root.source, _make_relative(entry.path, root), entry.path))
        elif entry.is_symlink() and not os.path.isfile(entry.path):
            findings.links.append((root, entry.path))
    if frames:
        found = FrameDirectory(root.source, directory, _make_relative(directory, root), frames)
        findings.directories.setdefault(decode_name(os.path.basename(directory)), []).append(found)
    return subdirectories


def _make_relative(path: bytes, root: _Root) -> str:
    """A path at or below a source's folder, relative to it, as the manifest writes it."""
    return decode_name(path[len(root.path) :].lstrip(_SEPARATOR) or b".")
