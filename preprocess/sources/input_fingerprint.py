"""All that a video is made from, as the disk holds it now, and the fingerprints by which a change is noticed."""

import hashlib
import os
from collections.abc import Hashable
from typing import NamedTuple

from preprocess.fingerprint import fingerprint_of
from preprocess.sources.source_kinds import list_images
from preprocess.sources.video import ImageFile, Video
from shards.errors import DataError
from shards.storage.files import IrregularFile, read_file


class Inputs(NamedTuple):
    """A video, its label's bytes, or why they cannot be read, and its images by what annotations call them."""

    video: Video
    label: bytes | None
    fault: str | None
    images: dict[Hashable, ImageFile]


def read_inputs(video: Video) -> Inputs:
    """Read the label and look at every frame's name, size and time of change; no frame is opened.

    Raises OSError for what may pass, DataError where a folder or a label has gone since it was listed.
    """
    images = list_images(video)
    if video.rows is not None:
        return Inputs(video, video.rows, None, images)
    try:
        return Inputs(video, read_file(video.label_path), None, images)
    except FileNotFoundError as error:
        if not os.path.lexists(video.label_path):
            gone = os.fsdecode(video.label_path)
            raise DataError(f"{gone} was there and is gone; bring it back and run the same command again") from error
        return Inputs(video, None, "a link that leads nowhere", images)
    except (PermissionError, IrregularFile) as error:
        return Inputs(video, None, error.strerror, images)


def fingerprint_inputs(inputs: list[Inputs], fingerprint: str) -> str:
    """32 hexadecimal digits for what some videos are made from, and for a fingerprint of settings and versions.

    Labels count by their content, frames by name and size and by whether they may be read; what else may change in
    frames is in stamp_inputs.
    """
    parts: list = [fingerprint]
    for video, label, fault, images in inputs:
        directories = [[directory.source, directory.relative] for directory in video.directories]
        parts.append([video.name, video.source, video.label_file, video.split, directories])
        parts.append(fault if label is None else hashlib.blake2b(label, digest_size=16).hexdigest())
        parts.append([[image.relative, image.size, image.is_readable] for image in images.values()])
    return fingerprint_of(parts)


def stamp_inputs(inputs: list[Inputs]) -> str:
    """The same for the frames' times of change: as long as it is the same, so are their bytes."""
    return fingerprint_of([[image.modified for image in found.images.values()] for found in inputs])
