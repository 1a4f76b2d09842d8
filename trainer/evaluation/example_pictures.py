"""The pictures of a report's frames: small JPEGs of the crops that the validation shards hold."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from shards.errors import DataError
from trainer.input.dataset_split import DatasetSplit, name_file, read_whole_records

PICTURE_SIDE = 128  # pixels
_QUALITY = 80  # of the JPEGs, which then have about 5 KB


class ExamplePicture(NamedTuple):
    """A frame's key, which is video/frame_number, its crop as a JPEG of PICTURE_SIDE pixels, and when it was taken."""

    key: str
    jpeg: bytes
    timestamp: int  # milliseconds from the start of the video


def read_thumbnails(split: DatasetSplit, places: list[int]) -> dict[int, ExamplePicture]:
    """Read the pictures at some places of a split. Only these are held in memory.

    Raises DataError where a shard is missing or damaged, or where a picture cannot be decoded.
    """
    try:
        records = read_whole_records(split, places)
    except OSError as error:
        name = name_file(split, Path(error.filename))
        raise DataError(f"{name}: {error.strerror}; run python -m tools.verify {split.name}") from error
    return {
        place: ExamplePicture(
            record["key"], _shrink(record["image"], f"{split.name}: {record['key']}"), record["timestamp"]
        )
        for place, record in zip(places, records, strict=True)
    }


def _shrink(jpeg: bytes, name: str) -> bytes:
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise DataError(f"{name}: its picture cannot be decoded; make the dataset anew")
    if pixels.shape[0] > PICTURE_SIDE:
        pixels = cv2.resize(pixels, (PICTURE_SIDE, PICTURE_SIDE), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))[1].tobytes()
