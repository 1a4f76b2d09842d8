"""JPEG pictures of a dataset's rows for the report pages: thumbnails of crops, and whole frames with their box.

Thumbnails of kept frames come from the shards; all other pictures are cut again from the source. A picture that cannot
be made is None and never an error, because the page is useful without it; FramePictures counts the reasons.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import cv2
import numpy as np

from shards.crop_geometry import Box
from shards.record_reader import RecordReader
from shards.storage.stores.remote_path import AnyPlace
from shards.tfrecord import DamagedRecord
from tools.reporting.opened_dataset import OpenedDataset
from tools.reporting.source_frames import PictureUnavailable, SourceFrames

# The manifest's columns that a picture of a row needs.
PICTURE_COLUMNS = ("key", "source", "image_file", "width", "height", "status", "shard", "offset")
PICTURE_COLUMNS += ("crop_x", "crop_y", "crop_size", "box_x", "box_y", "box_width", "box_height")

THUMBNAIL_SIDE = 112  # pixels
_JPEG_QUALITY = 80
_SOURCE_REASONS = ("no source", "image missing", "image changed since")  # reasons that another --source can remove

_MARGIN_COLOUR = (226, 232, 240)  # RGB, around an image where the box leaves it
_BOX_COLOUR, _BOX_EDGE = (229, 62, 62), (255, 255, 255)  # RGB; the edge makes the box visible on any picture


class FramePictures:
    """Makes pictures of a dataset's rows, which are dicts with at least PICTURE_COLUMNS.

    `missing` counts the pictures that could not be made, by reason.
    """

    def __init__(self, opened: OpenedDataset, sources: list[AnyPlace]):
        self.sources = sources
        self.missing: Counter[str] = Counter()
        self._requested = 0
        self._opened = opened
        self._source_frames = SourceFrames(sources)

    def explain_missing(self) -> str | None:
        """One line about the pictures that another --source could give; None where there are none."""
        reasons = [reason for reason in _SOURCE_REASONS if self.missing[reason]]
        if not reasons:
            return None
        missing = sum(self.missing[reason] for reason in reasons)
        where = f" in {', '.join(map(str, self.sources))}" if self.sources else ""
        what = f"no picture for {missing:,} of {self._requested:,} frames ({', '.join(reasons)}){where}"
        return f"{what}; give the folders that preprocess was given as --source"

    def make_thumbnails(self, rows: Iterable[dict[str, Any]]) -> dict[str, bytes | None]:
        """JPEGs of crops, THUMBNAIL_SIDE pixels wide and high, by key; None where a crop cannot be had.

        Each shard is read in one forward pass. Where two rows share a key, the thumbnail is that of the kept one.
        """
        stored, others = [], []
        for row in rows:
            (stored if row["status"] == "kept" and not self._opened.is_dry_run else others).append(row)
        others.sort(key=lambda row: (row["status"] == "kept", row["source"], row["image_file"] or ""))
        found = {row["key"]: self._try(self._cut_thumbnail, row) for row in others}
        return found | self._read_stored(stored)

    def decode_crops(self, rows: Iterable[dict[str, Any]], size: int) -> dict[str, np.ndarray]:
        """Crops as a network takes them, (size, size, 3) uint8 RGB, by key; those that cannot be had are left out."""
        stored = sorted(rows, key=lambda row: (row["shard"] or "", row["offset"] or 0))
        found: dict[str, np.ndarray] = {}
        with RecordReader(self._opened.folder) as reader:
            for row in stored:
                with suppress(PictureUnavailable):
                    if self._opened.is_dry_run:
                        found[row["key"]] = self._source_frames.decode_crop(row, size)
                    else:
                        found[row["key"]] = _resize(_decode_stored(row, reader), size, size)
        return found

    def draw_frame_with_box(self, row: dict[str, Any], side: int) -> bytes | None:
        """A JPEG of the whole frame, scaled to `side` pixels on its longer side, with the annotated box.

        Where the box leaves the image, a margin of at most half of the image's width and height shows it. None where
        the frame cannot be had.
        """
        return self._try(lambda row: self._draw_frame(row, side), row)

    def _read_stored(self, rows: list[dict[str, Any]]) -> dict[str, bytes | None]:
        rows = sorted(rows, key=lambda row: (row["shard"], row["offset"]))
        with RecordReader(self._opened.folder) as reader:
            return {row["key"]: self._try(lambda row: _read_thumbnail(row, reader), row) for row in rows}

    def _cut_thumbnail(self, row: dict[str, Any]) -> bytes:
        return _encode(self._source_frames.decode_crop(row, THUMBNAIL_SIDE))

    def _draw_frame(self, row: dict[str, Any], side: int) -> bytes:
        pixels, header = self._source_frames.decode_whole(row, side)
        scale = side / max(header)
        pixels = _resize(pixels, *(max(1, round(extent * side / max(header))) for extent in header))
        box = [row[name] for name in ("box_x", "box_y", "box_width", "box_height")]
        return _encode(pixels if None in box else _draw_box(pixels, Box(*box), scale))

    def _try(self, make: Callable[[dict[str, Any]], bytes], row: dict[str, Any]) -> bytes | None:
        """The picture that `make` returns; None where it raises PictureUnavailable, whose reason is counted."""
        self._requested += 1
        try:
            return make(row)
        except PictureUnavailable as reason:
            self.missing[str(reason)] += 1
            return None


def measure_picture(jpeg: bytes) -> tuple[float, float]:
    """The brightness of a JPEG, which is the mean of its luma from 0 to 255, and its sharpness.

    The sharpness is the variance of the Laplacian of the luma: the less, the more blurred.
    """
    luma = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    return float(luma.mean()), float(cv2.Laplacian(luma, cv2.CV_64F).var())


def _read_thumbnail(row: dict[str, Any], reader: RecordReader) -> bytes:
    return _encode(_resize(_decode_stored(row, reader), THUMBNAIL_SIDE, THUMBNAIL_SIDE))


def _decode_stored(row: dict[str, Any], reader: RecordReader) -> np.ndarray:
    """The stored crop of a row, RGB. Raises PictureUnavailable."""
    if row["shard"] is None:
        raise PictureUnavailable("shard missing")
    try:
        image = reader.read_image(row["shard"], row["offset"])
    except (FileNotFoundError, PermissionError) as error:
        raise PictureUnavailable("shard missing") from error
    except DamagedRecord as error:
        raise PictureUnavailable("record damaged: run tools.verify") from error
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise PictureUnavailable("record damaged: run tools.verify")
    return pixels


def _encode(pixels: np.ndarray) -> bytes:
    flags = (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY)
    return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), flags)[1].tobytes()


def _resize(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    smaller = pixels.shape[0] >= height and pixels.shape[1] >= width
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def _draw_box(pixels: np.ndarray, box: Box, scale: float) -> np.ndarray:
    """Draw a box of the frame on the frame scaled by `scale`, with a margin where the box leaves the image."""
    height, width = pixels.shape[:2]
    corners = np.array([[box.x, box.y], [box.x + box.width, box.y + box.height]], np.float64) * scale
    low, high = np.sort(corners, axis=0)
    limit = np.array([width, height])
    before = np.clip(-low + 2, 0, limit / 2).astype(int) * (low < 0)
    after = np.clip(high - limit + 2, 0, limit / 2).astype(int) * (high > limit)
    margins = before[1], after[1], before[0], after[0]
    pixels = cv2.copyMakeBorder(pixels, *map(int, margins), cv2.BORDER_CONSTANT, value=_MARGIN_COLOUR)
    ends = np.clip(np.stack([low, high]) + before, -10, np.array(pixels.shape[1::-1]) + 10).round().astype(int).tolist()
    for colour, thickness in ((_BOX_EDGE, 4), (_BOX_COLOUR, 2)):
        pixels = cv2.rectangle(pixels, *ends, colour, thickness)
    return pixels
