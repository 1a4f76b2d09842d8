"""The files that a user names: photos, folders of photos, videos, patterns of names, and standard input."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from glob import glob, has_magic
from pathlib import Path
from typing import NamedTuple

from console.output.counted_nouns import format_count
from shards.errors import CallError
from trainer.answering.photo import PHOTO_SUFFIXES
from trainer.answering.video_file import VIDEO_SUFFIXES

STANDARD_INPUT = Path("-")
# Pictures that cannot be read, but for those that have a wrong name: in a folder each is named as one that was given.
_OTHER_PICTURES = (
    *(".heic", ".heif", ".hif", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".jp2", ".jxl", ".psd", ".svg"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"),
)


class MediaFile(NamedTuple):
    """A photo or a video to answer. `problem` says why there is nothing to read, None if there is something."""

    path: Path
    is_video: bool = False
    problem: str | None = None
    data: bytes | None = None  # of the photo that came by standard input


class PassedOver(NamedTuple):
    """Files of a folder that nobody asked about by name, and that are not answered."""

    folder: Path
    why: str


def list_media_files(paths: list[Path]) -> tuple[list[MediaFile], list[PassedOver]]:
    """List the named files, and for a named folder all pictures below it in natural order (frame_9 before frame_10).

    The suffix of a file decides whether it is a video. Videos inside a folder are not listed. A path that does not
    exist may be a pattern (*, ?, [..], ** for folders below), as shells leave it to programs where it is quoted, and on
    Windows always. `-` is a photo from standard input, which is read here.

    Returns the files, and what was passed over in folders. Raises CallError where standard input cannot be read.
    """
    if paths.count(STANDARD_INPUT) > 1:
        raise CallError("--image -: standard input can be read only once; leave the other - out")
    files: list[MediaFile] = []
    passed_over: list[PassedOver] = []
    for path in paths:
        for found in _expand_pattern(path):
            files += _list_path(found, passed_over)
    return files, passed_over


def _expand_pattern(path: Path) -> list[Path]:
    if path.exists() or path == STANDARD_INPUT or not has_magic(str(path)):
        return [path]
    found = [Path(name) for name in glob(str(path), recursive=True)]
    return sorted(found, key=_make_natural_sort_key) or [path]


def _list_path(path: Path, passed_over: list[PassedOver]) -> Iterator[MediaFile]:
    if path == STANDARD_INPUT:
        yield MediaFile(path, data=_read_standard_input())
    elif path.is_dir():  # whatever its suffix: frames of a video may lie in a folder named *.mp4
        yield from _list_folder(path, passed_over)
    else:
        is_video = path.suffix.lower() in VIDEO_SUFFIXES
        absent = "no file fits this pattern" if has_magic(str(path)) else "there is no such file"
        yield MediaFile(path, is_video, None if path.exists() else absent)


def _list_folder(folder: Path, passed_over: list[PassedOver]) -> Iterator[MediaFile]:
    pictures, videos, others = [], [], []
    for path in sorted(_walk_files(folder), key=_make_natural_sort_key):
        suffix = path.suffix.lower()
        if suffix in PHOTO_SUFFIXES or suffix in _OTHER_PICTURES:
            pictures.append(path)
        else:
            (videos if suffix in VIDEO_SUFFIXES else others).append(path)
    yield from map(MediaFile, pictures)
    if not pictures:
        yield MediaFile(folder, False, f"a folder without pictures ({', '.join(PHOTO_SUFFIXES)})")
    if videos:
        named = f"{videos[0].relative_to(folder)}{' ..' if len(videos) > 1 else ''}"
        passed_over.append(
            PassedOver(folder, f"{format_count(len(videos), 'video')} in it ({named}): give each by its name")
        )
    if others:
        kinds = Counter(path.suffix.lower() or "without a suffix" for path in others)
        named = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common(5))
        passed_over.append(
            PassedOver(folder, f"{format_count(len(others), 'file')} in it without a picture's name ({named})")
        )


def _walk_files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        # macOS leaves a hidden ._NAME beside each file that it copies to another file system.
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _read_standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise CallError("--image -: a picture is read from standard input, which is a terminal; give it with < FILE")
    return sys.stdin.buffer.read()


def _make_natural_sort_key(path: Path) -> list[list[tuple[int, int, str]]]:
    """Split each part of a path into numbers, which sort by value and before text, and text."""
    return [
        [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in re.findall(r"\d+|\D+", part)]
        for part in path.parts
    ]
