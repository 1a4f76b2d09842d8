"""What can be exported: the mood network, a finder, or both as one network of whole pictures.

Each is one function of one input, made of Keras models.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from trainer.exporting.photo_network import PhotoRules, is_told_alike, judge_photo
from trainer.finding.centre_file import read_finder
from trainer.finding.finder_json import FINDER_JSON, encode_finder_metadata
from trainer.model.model_file import read_model
from trainer.model.mood_json import MOOD_JSON, encode_metadata

Outputs = dict[str, Any]  # arrays or tensors by name
LEAST_STEP = 1e-4  # between scores whose order all formats agree on


class ExportedModel(NamedTuple):
    """A model for other programs."""

    models: tuple[keras.Model, ...]
    call: Callable[..., Outputs]  # (*models, input) -> outputs, in TensorFlow's operations
    signature: tf.TensorSpec  # of the input
    texts: dict[str, bytes]  # what a user of it has to know, by file name
    tolerances: dict[str, float]  # the largest difference that a format may have from the models, by output
    ranked_by: str | None = None  # the output that orders the others: rows of which it says the same may change places
    # Whether all formats have to answer an input alike: not where rounding decides how many rows are told.
    is_settled: Callable[[np.ndarray], bool] = lambda _: True


def read_mood_export(weight_path: Path) -> ExportedModel:
    """The mood network in a model.keras. Raises as read_model does."""
    model, metadata = read_model(weight_path)
    # One side only: if it were left open, LiteRT would tell its callers to pass squares of one pixel.
    signature = tf.TensorSpec((None, metadata.image_size, metadata.image_size, 3), tf.uint8, name="pictures")
    texts = {MOOD_JSON: encode_metadata(metadata)}
    return ExportedModel((model,), _call_one, signature, texts, {"logits": 1e-3, "probabilities": 1e-3})


def read_finder_export(finder_path: Path) -> ExportedModel:
    """The network in a finder.keras. Raises as read_finder does."""
    model, metadata = read_finder(finder_path)
    signature = tf.TensorSpec((None, metadata.image_size, metadata.image_size, 3), tf.uint8, name="pictures")
    texts = {FINDER_JSON: encode_finder_metadata(metadata)}
    tolerances = {"boxes": 1e-3, "species": 0, "scores": 1e-3}
    return ExportedModel((model,), _call_one, signature, texts, tolerances, ranked_by="scores")


def read_photo_export(weight_path: Path, finder_path: Path, min_pet: float) -> ExportedModel:
    """Finder and mood network as one network of whole pictures. Raises as read_model and read_finder do.

    Args:
        weight_path: a model.keras.
        finder_path: a finder.keras.
        min_pet: the least longer side of a pet's box, as a share of the picture's shorter side.
    """
    network, metadata = read_model(weight_path)
    finder, found = read_finder(finder_path)
    rules = PhotoRules(found.image_size, metadata.image_size, metadata.crop_grow, found.min_score, min_pet)

    def call(finder: keras.Model, network: keras.Model, picture: tf.Tensor) -> Outputs:
        return judge_photo(finder, network, rules, picture)

    def is_settled(picture: np.ndarray) -> bool:
        return is_told_alike(finder, rules, tf.constant(picture), LEAST_STEP)

    texts = {MOOD_JSON: encode_metadata(metadata), FINDER_JSON: encode_finder_metadata(found)}
    signature = tf.TensorSpec((None, None, 3), tf.uint8, name="picture")
    # A box that is rounded to another pixel moves the square, so the moods may differ by more than those of squares.
    tolerances = {"count": 0, "boxes": 5e-3, "species": 0, "scores": 1e-3, "logits": 5e-2, "probabilities": 2e-2}
    return ExportedModel((finder, network), call, signature, texts, tolerances, is_settled=is_settled)


def _call_one(model: keras.Model, pictures: tf.Tensor) -> Outputs:
    return model(pictures, training=False)


def make_comparison_batches(image_size: int) -> list[np.ndarray]:
    """Make noisy pictures of coloured fields: batches of 1, 3 and 2, (batch, image_size, image_size, 3) uint8."""
    rng = np.random.default_rng(0)
    return [_make_pictures(rng, count, image_size, image_size) for count in (1, 3, 2)]


def make_comparison_pictures() -> list[np.ndarray]:
    """Make whole pictures of the same kind, of different shapes, (height, width, 3) uint8."""
    rng = np.random.default_rng(0)
    return [_make_pictures(rng, 1, height, width)[0] for height, width in ((240, 320), (500, 333), (96, 64))]


def _make_pictures(rng: np.random.Generator, count: int, height: int, width: int) -> np.ndarray:
    rows, columns = (np.arange(length) * 6 // length for length in (height, width))  # the field of each pixel
    pictures = rng.integers(0, 256, (count, 6, 6, 3))[:, rows][:, :, columns]
    return np.clip(pictures + rng.normal(0, 15, pictures.shape), 0, 255).astype(np.uint8)
