"""One file holds the model: what it needs of a picture, its weights, and the moods' names.

    uint8 squares of any size -> float32 -> Resizing (bilinear) -> the network in float32 -> logits, for equal priors
                                                                                          -> probabilities

Keras' own layers only, so that keras.saving.load_model opens it where this package is not installed. Beside what Keras
writes lies one more member of the zip, mood.json (see trainer.model.mood_json), which Keras passes over.
"""

import re
import zipfile
from pathlib import Path

import keras
import numpy as np
from keras import layers

from shards.errors import CallError, DataError, describe_error
from shards.storage.atomic_write import make_temporary_folder, write_atomically
from trainer.model.mood_json import MEMBER, Metadata, encode_metadata, read_metadata
from trainer.model.network import connect, rebuild, set_defaults


def write_model(path: Path, network: keras.Model, offset: np.ndarray, metadata: Metadata) -> None:
    """Write a trained network as a model file, whole or not at all.

    Args:
        path: ends in .keras.
        network: as build_network makes it, in any dtype policy; it is left as it is.
        offset: (6,), subtracted from the last Dense's bias: what makes its logits those for equal priors.
        metadata: goes into the file; its temperature and image size into the model as well.

    Raises CallError where the path has another ending, ValueError where offset or metadata are unusable.
    """
    if path.suffix != ".keras":
        raise CallError(f"{path}: a model file has to end in .keras")
    text = encode_metadata(metadata)
    model = build_serving_model(network, offset, metadata)
    with make_temporary_folder(path) as folder:
        aside = folder / "model.keras"  # Keras writes to no other ending
        model.save(aside)
        with zipfile.ZipFile(aside, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MEMBER, text)
        with write_atomically(path) as file:
            file.write(aside.read_bytes())


def build_serving_model(network: keras.Model, offset: np.ndarray, metadata: Metadata) -> keras.Model:
    """The network in float32, from uint8 squares (batch, side, side, 3) of any size.

    Its outputs: `logits` (batch, 6) for equal priors, `probabilities` = softmax(logits / temperature).
    """
    trunk = _balance(rebuild(network, "float32"), offset)
    size = metadata.network_size or metadata.image_size
    pictures = keras.Input((None, None, 3), dtype="uint8", name="pictures")
    # To float before resizing, which would cut the fractions off otherwise; and Resizing is told that this is no
    # training, because it believes so by itself and then has every layer behind it believe it too: model(pictures)
    # would normalise by the batch and move BatchNormalization's statistics.
    x = layers.Rescaling(1.0, dtype="float32", name="to_float")(pictures)
    resize = layers.Resizing(size, size, interpolation="bilinear", dtype="float32", name="resize")
    x = resize(x, training=False)
    logits = connect(trunk, x)
    sharpened = layers.Rescaling(1 / metadata.temperature, dtype="float32", name="sharpen")(logits)
    probabilities = layers.Softmax(dtype="float32", name="probabilities")(sharpened)
    return keras.Model(pictures, {"logits": logits, "probabilities": probabilities}, name="pet_mood")


def _balance(network: keras.Model, offset: np.ndarray) -> keras.Model:
    last = network.layers[-1]
    offset = np.asarray(offset, np.float32)
    if offset.shape != tuple(last.bias.shape) or not np.isfinite(offset).all():
        raise ValueError(f"the offset {offset} is not {last.bias.shape[0]} finite numbers")
    last.bias.assign(last.bias - offset)
    return network


def read_model(path: Path, jit: bool = False) -> tuple[keras.Model, Metadata]:
    """The serving model of a file (see build_serving_model), compiled by XLA or not, and what the file says of itself.

    Raises CallError where it is no model file of this project or Keras is too old for it, DataError where it is
    damaged or of another version.
    """
    metadata = read_metadata(path)
    set_defaults()
    try:
        model = keras.saving.load_model(path, compile=False)
        model.compile(jit_compile=jit)  # or Keras decides by itself, and compiles for a GPU even for one picture
        return model, metadata
    except Exception as error:
        if _number(keras.__version__) < _number(metadata.keras):
            raise CallError(f"{path}: needs Keras {metadata.keras} or later, here is {keras.__version__}") from error
        raise DataError(f"{path}: Keras {keras.__version__} cannot load it: {describe_error(error)}") from error


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))
