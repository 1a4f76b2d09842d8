"""A folder of VOC XML and images, anywhere below a source -> a video for each XML.

An XML belongs to the image of the same name. Of several the JPEG that shares most folders with it counts. Where no
image has its name, it belongs to the one that its <filename> states.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

import msgspec

from preprocess.archives.byte_source import FilePath, name_base
from preprocess.archives.delivery import ARCHIVE_NAME
from preprocess.sources.data_file import UnreadableFile, read_data_file
from preprocess.sources.label_map import Meaning
from preprocess.sources.path_names import decode_name, find_split, is_ignored_name
from preprocess.sources.photos.photo_video import Photo, name_photo, tell_namesakes_apart
from preprocess.sources.photos.voc_xml import find_stated_image, is_voc_xml
from preprocess.sources.video import FrameDirectory, SourceListing, Video
from shards.storage.files import retry
from shards.storage.held_listing import hold_listing, take_listing
from shards.storage.stores.remote_entries import RemoteEntry
from shards.storage.stores.remote_path import AnyPlace, RemotePath, is_store_url, locate, parse_store_url

VOC_KIND = "voc"

_AIHUB_FRAME = re.compile(rb"frame_\d+_timestamp_\d+\.jpe?g", re.IGNORECASE)
_JPEG = re.compile(rb"\.jpe?g$", re.IGNORECASE)
# Other images are rejected when they are read, which says more than that the image is missing.
_IMAGE = re.compile(rb"\.(jpe?g|png|bmp|webp|tiff?)$", re.IGNORECASE)


class _AihubKeys(msgspec.Struct):
    """What AI Hub's label JSON has and other JSON has not."""

    metadata: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    file_video: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def is_voc_source(path: str) -> bool:
    """Whether a folder holds a VOC XML and nothing that AI Hub's data has: no label JSON, no frame, no archive.

    A JSON that cannot be read may be a label. Raises OSError for a failure that may be temporary.
    """
    if is_store_url(path) and parse_store_url(path).name.lower().endswith((".zip", ".tar")):
        return False  # not asked for, as a folder
    labels = []
    for file in _walk_anywhere(locate(path)):
        name = name_base(file)
        if _AIHUB_FRAME.fullmatch(name) or ARCHIVE_NAME.fullmatch(name):
            return False
        if name.lower().endswith(b".json") and _may_be_aihub_label(file):
            return False
        if name.lower().endswith(b".xml"):
            labels.append(file)
    return any(is_voc_xml(_read_or_empty(file)) for file in labels)


def list_voc_tree(sources: Sequence[tuple[int, str]], label_map: Mapping[str, Meaning]) -> SourceListing:
    """The photos in folders, each given with its number among the sources; no image is opened.

    Raises OSError where a folder cannot be listed for a reason that may be temporary.
    """
    photos: list[Photo] = []
    unlabelled: list[str] = []
    unreadable: list[str] = []
    for number, source in sources:
        root = parse_store_url(source) if is_store_url(source) else os.fsencode(os.path.abspath(source))
        labels, images = _list_files(root, unreadable)
        found = [_make_photo(number, root, label, images, label_map) for label in labels]
        photos += found
        used = {place.path for _, video in found for place in video.directories}
        jpegs = (name for names in images.values() for name in names if _JPEG.search(name))
        unlabelled += sorted(decode_name(name) for name in jpegs if _join(root, name) not in used)
    videos = tell_namesakes_apart(photos)
    alone = [video.label_file for video in videos if not video.directories]
    return SourceListing(videos, len(videos) - len(alone), alone, unlabelled, unreadable, 0, [])


def _list_files(root: FilePath, unreadable: list[str]) -> tuple[list[bytes], dict[str, list[bytes]]]:
    """The labels, and the images by their name without its suffix; paths relative to `root`, in a fixed order."""
    labels: list[bytes] = []
    images: dict[str, list[bytes]] = defaultdict(list)
    if isinstance(root, RemotePath):
        found = _list_store(take_listing(root))
    else:
        found = (os.path.relpath(file, root) for file in _walk(root, unreadable))
    for relative in found:
        if relative.lower().endswith(b".xml"):
            labels.append(relative)
        elif _IMAGE.search(relative):
            images[_find_stem(decode_name(relative))].append(relative)
    return labels, images


def _make_photo(
    number: int, root: FilePath, label: bytes, images: Mapping[str, Sequence[bytes]], label_map: Mapping[str, Meaning]
) -> Photo:
    """The photo of one label, without an image where there is none for it."""
    relative, path = decode_name(label), _join(root, label)
    image = _find_nearest(label, images.get(_find_stem(relative), ()))
    if image is None:
        stated = find_stated_image(_read_or_empty(path)) or ""
        image = _find_nearest(label, images.get(_find_stem(stated.replace("\\", "/")), ()))
    own = image if image is not None else label
    splits = [find_split(decode_name(os.path.dirname(file))) for file in (label, own)]
    place = image and FrameDirectory(number, _join(root, image), decode_name(image), 1)
    video = Video(
        name=name_photo(decode_name(own)),
        kind=VOC_KIND,
        source=number,
        label_path=path,
        label_file=relative,
        split=splits[0] or splits[1] or find_split(os.fsdecode(name_base(root))),
        directories=(place,) if place else (),
        label_map=label_map,
    )
    return Photo(root.path if isinstance(root, RemotePath) else os.fsdecode(root), video)


def _join(root: FilePath, relative: bytes) -> FilePath:
    return root / os.fsdecode(relative) if isinstance(root, RemotePath) else os.path.join(root, relative)


def _find_stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


def _find_nearest(label: bytes, images: Sequence[bytes]) -> bytes | None:
    """Of images, which are in a fixed order, the first JPEG that shares most folders with the label; None of none."""
    return max(images, key=lambda image: (_JPEG.search(image) is not None, _count_shared(label, image)), default=None)


def _count_shared(path: bytes, other: bytes) -> int:
    """The number of folders that two relative paths begin with in common."""
    folders = zip(path.split(b"/")[:-1], other.split(b"/")[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], folders))


def _may_be_aihub_label(file: FilePath) -> bool:
    data = _read_or_empty(file)
    try:
        found = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_AihubKeys)
    except msgspec.ValidationError:  # JSON, but no object
        return False
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True
    return found.metadata is not msgspec.UNSET or found.file_video is not msgspec.UNSET


def _read_or_empty(file: FilePath) -> bytes:
    """A file's bytes; none where it cannot be read and that does not pass by itself."""
    try:
        return read_data_file(file)
    except (UnreadableFile, FileNotFoundError):
        return b""


def _walk_anywhere(root: AnyPlace) -> Iterator[FilePath]:
    """Every file in a folder and below. In a store nothing where no XML is among them, for then nobody asks."""
    if not isinstance(root, RemotePath):
        yield from _walk(os.fsencode(root), [])
        return
    found = list(_list_store(hold_listing(root)))
    if any(name.lower().endswith(b".xml") for name in found):
        yield from (_join(root, name) for name in found)


def _list_store(entries: Iterable[RemoteEntry]) -> Iterator[bytes]:
    """The files of a store's listing in the order in which _walk comes upon files, those of a folder before others."""
    files = [entry.name.split("/") for entry in entries if not entry.is_folder]
    files = [parts for parts in files if not any(map(is_ignored_name, parts))]
    files.sort(key=lambda parts: [*((1, os.fsencode(part)) for part in parts[:-1]), (0, os.fsencode(parts[-1]))])
    yield from (os.fsencode("/".join(parts)) for parts in files)


def _walk(root: bytes, unreadable: list[str]) -> Iterator[bytes]:
    """Every file below a folder, in a fixed order, links followed; folders that cannot be read go to `unreadable`."""
    pending, visited = [root], set()
    while pending:
        folder = pending.pop()
        try:
            status = retry(lambda path=folder: os.stat(path), folder)
            entries = retry(lambda path=folder: _scan(path), folder)
        except (FileNotFoundError, PermissionError):
            unreadable.append(decode_name(os.path.relpath(folder, root)))
            continue
        if (status.st_dev, status.st_ino) in visited:  # links may form a cycle, or share a target
            continue
        visited.add((status.st_dev, status.st_ino))
        folders = [path for path, is_folder in entries if is_folder]
        yield from (path for path, is_folder in entries if not is_folder)
        pending += reversed(folders)


def _scan(folder: bytes) -> list[tuple[bytes, bool]]:
    """(path, whether it is a folder) of everything in a folder that is not ignored, in the order of names."""
    with os.scandir(folder) as entries:
        kept = [entry for entry in entries if not is_ignored_name(os.fsdecode(entry.name))]
    return sorted((entry.path, os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir()) for entry in kept)
