"""The files that a user names: photos, folders of photos, and videos."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from trainer.answering.photo import PHOTO_SUFFIXES
from trainer.answering.video_file import VIDEO_SUFFIXES


class MediaFile(NamedTuple):
    """A photo or a video to answer. `problem` says why there is nothing to read, None if there is something."""

    path: Path
    is_video: bool = False
    problem: str | None = None


def list_media_files(paths: list[Path]) -> list[MediaFile]:
    """List the named files, and for a named folder all photos below it in natural order (frame_9 before frame_10).

    The suffix of a file decides whether it is a video. Videos inside a folder are not listed.
    """
    return [file for path in paths for file in _list_path(path)]


def _list_path(path: Path) -> Iterator[MediaFile]:
    if path.is_dir():  # whatever its suffix: frames of a video may lie in a folder named *.mp4
        photos = sorted(_walk_photos(path), key=_make_natural_sort_key)
        yield from map(MediaFile, photos)
        if not photos:
            yield MediaFile(path, problem=f"a folder without pictures ({', '.join(PHOTO_SUFFIXES)})")
    else:
        is_video = path.suffix.lower() in VIDEO_SUFFIXES
        yield MediaFile(path, is_video, None if path.exists() else "there is no such file")


def _walk_photos(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for name in names:
            # macOS leaves a hidden ._NAME beside each file that it copies to another file system.
            if Path(name).suffix.lower() in PHOTO_SUFFIXES and not name.startswith("."):
                yield Path(parent, name)


def _make_natural_sort_key(path: Path) -> list[list[tuple[int, int, str]]]:
    """Split each part of a path into numbers, which sort by value and before text, and text."""
    return [
        [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in re.findall(r"\d+|\D+", part)]
        for part in path.parts
    ]
