"""What a user names to be looked at: pictures, folders of them, videos."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from trainer.answering import photo, video_clips


class PictureFile(NamedTuple):
    """One file to be answered, or `problem`: why there is nothing to look at."""

    path: Path
    is_video: bool = False
    problem: str | None = None


def list_sources(named: list[Path]) -> list[PictureFile]:
    """Files as named, videos by their suffix; of a folder all pictures below it, in the order in which one counts."""
    return [source for path in named for source in _look_into(path)]


def _look_into(path: Path) -> Iterator[PictureFile]:
    if not path.is_dir():  # whatever its name: frames of a video lie in a folder that is called .mp4
        yield PictureFile(
            path, path.suffix.lower() in video_clips.VIDEO_SUFFIXES, None if path.exists() else "there is no such file"
        )
        return
    pictures = sorted(_walk(path), key=_count)
    yield from map(PictureFile, pictures)
    if not pictures:
        yield PictureFile(path, problem=f"a folder without pictures ({', '.join(photo.PHOTO_SUFFIXES)})")


def _walk(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            if Path(name).suffix.lower() in photo.PHOTO_SUFFIXES and not name.startswith("."):  # macOS leaves ._ files
                yield Path(place, name)


def _count(path: Path) -> list[list[tuple[int, int, str]]]:
    """A sorting key under which frame_9 comes before frame_10."""
    return [
        [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in re.findall(r"\d+|\D+", part)]
        for part in path.parts
    ]
