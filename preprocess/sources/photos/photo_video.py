"""Photos as videos: where their images lie, and what they are called."""

import os
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from preprocess.sources.image_files import stat_image
from preprocess.sources.path_names import name_directories, resolve_written_path
from preprocess.sources.photos.photo_label import PHOTO
from preprocess.sources.video import ImageFile, Video
from shards.storage.files import retry
from shards.storage.stores.remote_path import RemotePath


class Photo(NamedTuple):
    """A photo's video, named by its path in its folder of photos, without the suffix."""

    folder: str  # absolute, or the path of a place in a store; that of all photos of its source
    video: Video


def name_photo(relative: str) -> str:
    """The name of the photo at a path as the manifest writes it."""
    parts = os.path.splitext(relative)[0].split("/")
    return "/".join(part for part in parts if part not in ("", ".", ".."))


def tell_namesakes_apart(photos: Sequence[Photo]) -> list[Video]:
    """The videos, each name preceded by its folder's where another folder has a photo of that name.

    What is left with one name is one photo that is labelled twice.
    """
    folders: dict[str, set[str]] = defaultdict(set)
    for folder, video in photos:
        folders[video.name].add(folder)
    prefixes = name_directories({folder for folder, _ in photos})
    return [
        video._replace(name=f"{prefixes[folder]}/{video.name}") if len(folders[video.name]) > 1 else video
        for folder, video in photos
    ]


def list_photo_image(video: Video) -> dict[str, ImageFile]:
    """A photo's image, if it is there, by its key PHOTO; it is not opened."""
    images = {}
    for place in video.directories:  # one, or none where the label names no image
        path = place.path
        if not isinstance(path, RemotePath):
            path = retry(lambda place=place: resolve_written_path(b"/", os.fsdecode(place.path)), place.path)
        if image := stat_image(path, place.relative):
            images[PHOTO] = image
    return images
