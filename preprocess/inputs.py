"""All that a video is made from, as the disk holds it now, and the fingerprint by which a change is noticed."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from preprocess.settings import fingerprint_of
from preprocess.source import Video, list_frames, write_name


class ImageFile(NamedTuple):
    """A frame's JPEG: where it is, and what shows that it has changed."""

    path: bytes
    relative: str
    size: int
    modified: int  # ns


class Inputs(NamedTuple):
    """A video, its label file's bytes, or why they cannot be read, and its frames by number and timestamp."""

    video: Video
    label: bytes | None
    fault: str | None
    images: dict[tuple[int, int], ImageFile]


def read_inputs(video: Video) -> Inputs:
    """Read the label and look at every frame's name, size and time of change; no frame is opened."""
    images: dict[tuple[int, int], ImageFile] = {}
    for directory in video.directories:
        for numbers, entry in sorted(list_frames(directory.path), key=lambda found: found[1].name):
            try:
                state = entry.stat()
            except OSError:  # a link that leads nowhere: as if it were not there
                continue
            relative = os.path.join(directory.relative, write_name(entry.name))
            # Of two directories with one name, the first that has a frame gives it.
            images.setdefault(numbers, ImageFile(entry.path, relative, state.st_size, state.st_mtime_ns))
    try:
        return Inputs(video, Path(os.fsdecode(video.label_path)).read_bytes(), None, images)
    except OSError as error:
        return Inputs(video, None, error.strerror or str(error), images)


def fingerprint_inputs(inputs: list[Inputs], fingerprint: str) -> str:
    """32 hexadecimal digits for what some videos are made from, and for a fingerprint of settings and versions."""
    parts: list = [fingerprint]
    for video, label, fault, images in inputs:
        directories = [[directory.source, directory.relative] for directory in video.directories]
        parts.append([video.name, video.source, video.label_file, video.split, directories])
        parts.append(fault if label is None else hashlib.blake2b(label, digest_size=16).hexdigest())
        parts.append([[image.relative, image.size, image.modified] for image in images.values()])
    return fingerprint_of(parts)


def fingerprint_videos(videos: list[Video], fingerprint: str) -> str:
    """The name under which a task over these videos leaves its work, without doing it."""
    return fingerprint_inputs([read_inputs(video) for video in videos], fingerprint)
