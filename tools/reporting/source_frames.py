"""Frames of a dataset's sources, found and decoded again by what the manifest says of them.

They are decoded by the code of preprocess, so that a crop has the pixels that the dataset has or would have.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from preprocess.archives.byte_source import FilePath, is_there
from preprocess.archives.zip_directory import DamagedArchive
from preprocess.sources.aihub_tree import is_archive_source
from preprocess.sources.data_file import DataFile, UnreadableFile, read_data_file
from preprocess.sources.path_names import resolve_written_path
from shards.crop_geometry import Crop
from shards.errors import DataError
from shards.jpeg_headers import MAX_FRAME_PIXELS, Header, UnreadableImage, read_header
from shards.storage.stores.remote_path import AnyPlace, RemotePath
from tools.reporting.archived_frames import find_archived_frame
from trainer.tensorflow_startup import without_notes


class PictureUnavailable(Exception):
    """A row has no picture. The message is a reason of a few words, which a report counts."""


class SourceFrames:
    """The frames of some sources, in the order of the manifest's column `source`.

    A source, here or in a store, is a folder with frames or archives of frames, an archive, or a CSV. Rows are dicts
    with the manifest's columns. File names in the manifest are in Unicode's composed form; on the disk they may be
    decomposed or in another encoding than UTF-8, in a store they are looked for as they stand.
    """

    def __init__(self, sources: list[AnyPlace]):
        self._sources = [source if isinstance(source, RemotePath) else os.fsencode(source) for source in sources]

    def decode_crop(self, row: dict[str, Any], size: int) -> np.ndarray:
        """The crop of a row, (size, size, 3) uint8 RGB. Raises PictureUnavailable."""
        if row["crop_size"] is None:
            raise PictureUnavailable("never cut")
        data, crop = self.read_jpeg(row), Crop(row["crop_x"], row["crop_y"], row["crop_size"])
        with _report_unreadable():
            return _load_codec().decode_crop(data, _read_header(data, row), crop, size)

    def decode_whole(self, row: dict[str, Any], size: int) -> tuple[np.ndarray, Header]:
        """The whole frame of a row and its size in the file. Raises PictureUnavailable.

        The pixels, (height, width, 3) uint8 RGB, are those of the smallest scale of the codec at which the longer side
        has at least `size` pixels.
        """
        data = self.read_jpeg(row)
        with _report_unreadable():
            codec, header = _load_codec(), _read_header(data, row)
            window = codec.find_region(Crop(0, 0, max(header)), header, size)
            return codec.decode_region(data, window), header

    def read_jpeg(self, row: dict[str, Any]) -> bytes:
        """The bytes of a row's whole frame as its source has them. Raises PictureUnavailable."""
        image_file = row["image_file"]
        if image_file is None:
            raise PictureUnavailable("image missing")
        if row["source"] >= len(self._sources):
            raise PictureUnavailable("no source")
        try:
            return read_data_file(_find_image(self._sources[row["source"]], image_file))
        except (FileNotFoundError, DataError) as error:  # DataError: an archive was changed or removed
            raise PictureUnavailable("image missing") from error
        except (OSError, UnreadableFile, DamagedArchive) as error:
            raise PictureUnavailable("image unreadable") from error


def find_image_folder(source: RemotePath) -> RemotePath:
    """The folder that image paths are relative to: that of a CSV or a COCO JSON, else the source itself."""
    return source.parent if source.name.lower().endswith((".csv", ".json")) else source


def _find_image(source: FilePath, image_file: str) -> DataFile:
    """The frame that the manifest writes as `image_file`: on the disk or in the store, or else in an archive.

    Raises FileNotFoundError where the name leads out of the source, and as find_archived_frame does.
    """
    if isinstance(source, RemotePath):
        path = find_image_folder(source).resolve(image_file)
        return path if is_there(path) else find_archived_frame(source, image_file) or path
    is_csv = os.path.isfile(source) and not is_archive_source(os.fsdecode(source))
    if is_csv:  # its images may lie anywhere
        return resolve_written_path(os.path.dirname(source), image_file)
    if ".." in image_file.split("/") or image_file.startswith("/"):
        raise FileNotFoundError(image_file)
    path = resolve_written_path(source, image_file)
    return path if os.path.lexists(path) else find_archived_frame(source, image_file) or path


def _load_codec() -> ModuleType:
    """The module preprocess.cutting.jpeg_crop.

    It is imported, and TensorFlow with it, when the first frame is decoded: that takes 5 s. Most reports show crops of
    the shards only and never need it.
    """
    with without_notes():
        from preprocess.cutting import jpeg_crop, jpeg_decoder

        jpeg_decoder.load_decoder()
    return jpeg_crop


@contextmanager
def _report_unreadable() -> Iterator[None]:
    """Turn UnreadableImage into PictureUnavailable."""
    try:
        yield
    except UnreadableImage as error:
        raise PictureUnavailable("image unreadable") from error


def _read_header(data: bytes, row: dict[str, Any]) -> Header:
    """The size of a JPEG. Raises PictureUnavailable where it is not the size in the manifest, or too large."""
    header = read_header(data)
    if None not in (row["width"], row["height"]) and header != (row["width"], row["height"]):
        raise PictureUnavailable("image changed since")
    if header.width * header.height > MAX_FRAME_PIXELS:
        raise PictureUnavailable("image too large")
    return header
