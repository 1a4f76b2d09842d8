"""A network that tells moods, from whichever file holds it: the model.keras of a run, or what was exported as ONNX."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from console.progress import show_waiting
from trainer.model.onnx_network import ONNX_SUFFIX, OnnxNetwork
from trainer.tensorflow_startup import without_notes


class MoodNetwork(Protocol):
    """One thread may use it at a time."""

    def predict_logits(self, squares: np.ndarray) -> np.ndarray:
        """Balanced logits (batch, 6) float32 of squares, (batch, side, side, 3) uint8, see Metadata.image_size."""
        ...


class KerasNetwork:
    """A model as trainer.model.model_file.read_model gives it."""

    def __init__(self, model: Any):
        self._model = model

    def predict_logits(self, squares: np.ndarray) -> np.ndarray:
        """See MoodNetwork."""
        return self._model.predict_on_batch(squares)["logits"]


def open_mood_network(path: Path) -> MoodNetwork:
    """Open a file whose metadata read_metadata has read. A .keras file starts TensorFlow, which takes seconds.

    Raises CallError where it is no model of this project, DataError where it is damaged.
    """
    if path.suffix == ONNX_SUFFIX:
        return OnnxNetwork(path)
    with show_waiting("loading TensorFlow and the model", is_short=True), without_notes():
        from trainer.model.model_file import read_model  # starts TensorFlow

        return KerasNetwork(read_model(path)[0])
