"""Frames of a dataset's sources, found and decoded again by what the manifest says of them.

They are decoded by the code of preprocess, so that a crop has the pixels that the dataset has or would have.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from preprocess.sources.path_names import resolve_written_path
from shards.crop_geometry import Crop
from shards.jpeg_headers import MAX_FRAME_PIXELS, Header, UnreadableImage, read_header
from shards.storage.files import read_file
from trainer.tensorflow_startup import without_notes


class PictureUnavailable(Exception):
    """A row has no picture. The message is a reason of a few words, which a report counts."""


class SourceFrames:
    """The frames of some sources, in the order of the manifest's column `source`.

    Rows are dicts with the manifest's columns. File names in the manifest are in Unicode's composed form; on the disk
    they may be decomposed or in another encoding than UTF-8.
    """

    def __init__(self, sources: list[Path]):
        self._sources = [os.fsencode(source) for source in sources]

    def decode_crop(self, row: dict[str, Any], size: int) -> np.ndarray:
        """The crop of a row, (size, size, 3) uint8 RGB. Raises PictureUnavailable."""
        if row["crop_size"] is None:
            raise PictureUnavailable("never cut")
        data, crop = self._read(row), Crop(row["crop_x"], row["crop_y"], row["crop_size"])
        with _report_unreadable():
            return _load_codec().decode_crop(data, _read_header(data, row), crop, size)

    def decode_whole(self, row: dict[str, Any], size: int) -> tuple[np.ndarray, Header]:
        """The whole frame of a row and its size in the file. Raises PictureUnavailable.

        The pixels, (height, width, 3) uint8 RGB, are those of the smallest scale of the codec at which the longer side
        has at least `size` pixels.
        """
        data = self._read(row)
        with _report_unreadable():
            codec, header = _load_codec(), _read_header(data, row)
            window = codec.find_region(Crop(0, 0, max(header)), header, size)
            return codec.decode_region(data, window), header

    def _read(self, row: dict[str, Any]) -> bytes:
        image_file = row["image_file"]
        if image_file is None:
            raise PictureUnavailable("image missing")
        if row["source"] >= len(self._sources):
            raise PictureUnavailable("no source")
        root = self._sources[row["source"]]
        if os.path.isfile(root):  # a CSV, whose images may lie anywhere
            root = os.path.dirname(root)
        elif ".." in image_file.split("/") or image_file.startswith("/"):
            raise PictureUnavailable("image missing")
        try:
            return read_file(resolve_written_path(root, image_file))
        except FileNotFoundError as error:
            raise PictureUnavailable("image missing") from error
        except OSError as error:
            raise PictureUnavailable("image unreadable") from error


def _load_codec() -> ModuleType:
    """The module preprocess.cutting.jpeg_crop.

    It is imported, and TensorFlow with it, when the first frame is decoded: that takes 5 s. Most reports show crops of
    the shards only and never need it.
    """
    with without_notes():
        from preprocess.cutting import jpeg_crop

        jpeg_crop.load_tensorflow()
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
