"""The features that a run's model makes of frames, for a map of what looks alike to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tools.reporting.frame_pictures import FramePictures
from trainer.model.mood_json import read_metadata
from trainer.run_files.file_names import MODEL_FILE
from trainer.tensorflow_startup import without_notes

_BATCH = 64  # squares


def open_run_features(run: Path, pictures: FramePictures) -> Callable[[list[dict[str, Any]]], dict[str, np.ndarray]]:
    """A function that returns the features (width,) of rows, by key; frames without a picture are left out.

    `run` is a run's folder. Raises the errors of read_metadata, where its model cannot be used.
    """
    path = run / MODEL_FILE
    size = read_metadata(path).image_size

    def compute(rows: list[dict[str, Any]]) -> dict[str, np.ndarray]:
        with without_notes():
            from trainer.model.model_file import read_feature_model  # starts TensorFlow

            model = read_feature_model(path)
        squares = pictures.decode_crops(rows, size)
        keys = list(squares)
        found: dict[str, np.ndarray] = {}
        for first in range(0, len(keys), _BATCH):
            batch = keys[first : first + _BATCH]
            features = model.predict_on_batch(np.stack([squares[key] for key in batch]))
            found |= dict(zip(batch, np.asarray(features), strict=True))
        return found

    return compute
