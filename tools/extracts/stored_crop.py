"""The crop of a kept frame, as its shard holds it."""

from typing import Any

import cv2
import numpy as np

from shards.errors import DataError
from shards.record_reader import RecordReader
from shards.storage.stores.remote_path import AnyPlace
from shards.tfrecord import DamagedRecord


def read_crop(folder: AnyPlace, row: dict[str, Any]) -> np.ndarray:
    """The stored picture of a kept frame, (size, size, 3) uint8 RGB. Raises DataError where it cannot be read."""
    path = folder / row["shard"]
    try:
        with RecordReader(folder) as reader:
            image = reader.read_image(row["shard"], row["offset"])
    except (FileNotFoundError, DamagedRecord) as error:
        what = "missing" if isinstance(error, FileNotFoundError) else error
        raise DataError(f"{path}: {what}; run python -m tools.verify {folder}") from error
    return cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR_RGB)
