"""model.keras: one file with the network, its preprocessing, and what a user of the model has to know.

    uint8 squares of any size -> float32 -> Resizing (bilinear) -> the network in float32 -> logits, for equal priors
                                                                                          -> probabilities

It consists of Keras' own layers, so that keras.saving.load_model opens it without this package. The zip that Keras
writes gets one more member, mood.json (see trainer.model.mood_json), which Keras ignores.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers

from trainer.model.keras_archive import load_keras_archive, write_keras_archive
from trainer.model.model_copy import copy_model
from trainer.model.mood_json import MOOD_JSON, Metadata, encode_metadata, read_metadata
from trainer.model.network import POOL_LAYER, apply_network


def write_model(path: Path, network: keras.Model, offset: np.ndarray, metadata: Metadata) -> None:
    """Write a trained network as a model file, whole or not at all.

    Args:
        path: ends in .keras.
        network: as build_network makes it, in any dtype policy; it is not changed.
        offset: (6,), subtracted from the bias of the last Dense, so that the logits are those for equal priors.
        metadata: goes into mood.json; the model itself uses its temperature and image sizes.

    Raises CallError where the path has another ending, ValueError where offset or metadata hold unusable numbers.
    """
    text = encode_metadata(metadata)
    write_keras_archive(path, build_serving_model(network, offset, metadata), MOOD_JSON, text)


def build_serving_model(network: keras.Model, offset: np.ndarray, metadata: Metadata) -> keras.Model:
    """The model that a file holds: uint8 squares (batch, side, side, 3) of any size -> logits and probabilities.

    Its outputs are `logits` (batch, 6) for equal priors and `probabilities` = softmax(logits / temperature). It is a
    copy of the network in float32.
    """
    balanced = copy_model(network, "float32")
    _subtract_offset(balanced, offset)
    size = metadata.network_size or metadata.image_size
    pictures = keras.Input((None, None, 3), dtype="uint8", name="pictures")
    # Pixels become float before they are resized, since Resizing keeps the dtype and would cut off the fractions.
    # Resizing needs training=False: its default is True, which it would pass on to the layers behind it, so that
    # model(pictures) would normalise by the batch and move BatchNormalization's statistics.
    x = layers.Rescaling(1.0, dtype="float32", name="to_float")(pictures)
    resize = layers.Resizing(size, size, interpolation="bilinear", dtype="float32", name="resize")
    x = resize(x, training=False)
    logits = apply_network(balanced, x)
    sharpened = layers.Rescaling(1 / metadata.temperature, dtype="float32", name="sharpen")(logits)
    probabilities = layers.Softmax(dtype="float32", name="probabilities")(sharpened)
    return keras.Model(pictures, {"logits": logits, "probabilities": probabilities}, name="pet_mood")


def read_model(path: Path, jit: bool = False) -> tuple[keras.Model, Metadata]:
    """The model in a file (see build_serving_model), compiled with or without XLA, and the file's metadata.

    Raises CallError where it is no model file of this project or the installed Keras is too old for it, DataError where
    it is damaged or of another format version.
    """
    metadata = read_metadata(path)
    return load_keras_archive(path, jit, metadata.keras), metadata


def read_feature_model(path: Path) -> keras.Model:
    """The part of a file's model that makes features: uint8 squares (batch, side, side, 3) -> (batch, width) float32.

    The features are the backbone's, averaged over the picture. Raises the errors of read_model.
    """
    model, _ = read_model(path)
    return keras.Model(model.input, model.get_layer(POOL_LAYER).output)


def _subtract_offset(network: keras.Model, offset: np.ndarray) -> None:
    last = network.layers[-1]
    offset = np.asarray(offset, np.float32)
    if offset.shape != tuple(last.bias.shape) or not np.isfinite(offset).all():
        raise ValueError(f"the offset {offset} is not {last.bias.shape[0]} finite numbers")
    last.bias.assign(last.bias - offset)
