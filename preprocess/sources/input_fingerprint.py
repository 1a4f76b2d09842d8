"""What a video is made from, as the disk holds it now, and the fingerprints by which a later run notices a change."""

import hashlib
import os
from collections.abc import Hashable, Mapping
from typing import NamedTuple

from preprocess.fingerprint import fingerprint_of
from preprocess.sources.data_file import UnreadableFile, name_data_file, read_data_file
from preprocess.sources.source_kinds import list_images
from preprocess.sources.video import ImageFile, Video
from shards.errors import DataError
from shards.storage.stores.remote_path import RemotePath


class Inputs(NamedTuple):
    """A video, its label's bytes or why they cannot be read, and its images by the keys that annotations use."""

    video: Video
    label: bytes | None
    fault: str | None
    images: Mapping[Hashable, ImageFile]


def read_inputs(video: Video) -> Inputs:
    """Read a video's label and every frame's name, size and modification time; no frame is opened.

    Raises OSError for a failure that may be temporary, DataError where a folder or a label has disappeared since it was
    listed.
    """
    images = list_images(video)
    if video.label_data is not None:
        return Inputs(video, video.label_data, None, images)
    try:
        return Inputs(video, read_data_file(video.label_path), None, images)
    except FileNotFoundError as error:
        gone = name_data_file(video.label_path)
        if isinstance(video.label_path, RemotePath) or not os.path.lexists(gone):
            raise DataError(f"{gone} was there and is gone; bring it back and run the same command again") from error
        return Inputs(video, None, "a link that leads nowhere", images)
    except UnreadableFile as error:
        return Inputs(video, None, str(error), images)


def fingerprint_inputs(inputs: list[Inputs], fingerprint: str) -> str:
    """32 hexadecimal digits for what some videos are made from, combined with a fingerprint of settings and versions.

    Covers the content of labels and the names, sizes and readability of frames. Modification times are left to
    stamp_inputs, because a frame that was copied or touched has a new one but the same bytes.
    """
    parts: list = [fingerprint]
    for video, label, fault, images in inputs:
        directories = [[directory.source, directory.relative] for directory in video.directories]
        parts.append([video.name, video.source, video.label_file, video.split, directories])
        if video.label_map:
            parts.append(sorted(video.label_map.items()))
        parts.append(fault if label is None else hashlib.blake2b(label, digest_size=16).hexdigest())
        parts.append([[image.relative, image.size, image.is_readable] for image in images.values()])
    return fingerprint_of(parts)


def stamp_inputs(inputs: list[Inputs]) -> str:
    """32 hexadecimal digits for the frames' modification times: while they are the same, so are the frames' bytes."""
    return fingerprint_of([[image.modified for image in found.images.values()] for found in inputs])
