"""finder.keras: one file with the network, its decoding, and what a user of it has to know (finder.json).

    uint8 squares (batch, side, side, 3) -> boxes (batch, 16, 4), species (batch, 16), scores (batch, 16)

It consists of Keras' own layers and operations, so that keras.saving.load_model opens it without this package.
"""

from pathlib import Path

import keras
from keras import layers

from trainer.finding.centre_decoding import decode_centres
from trainer.finding.finder_json import FINDER_JSON, FinderMetadata, encode_finder_metadata, read_finder_metadata
from trainer.model.keras_archive import load_keras_archive, write_keras_archive
from trainer.model.model_copy import copy_model


def write_finder(path: Path, network: keras.Model, metadata: FinderMetadata) -> None:
    """Write a network, as build_centre_network makes it, as a finder's file, whole or not at all.

    Raises CallError where the path does not end in .keras.
    """
    model = build_serving_finder(network, metadata.image_size)
    write_keras_archive(path, model, FINDER_JSON, encode_finder_metadata(metadata))


def build_serving_finder(network: keras.Model, image_size: int) -> keras.Model:
    """The model that a file holds: a copy of the network in float32, behind uint8 squares, with its heads decoded."""
    pictures = keras.Input((image_size, image_size, 3), dtype="uint8", name="pictures")
    heads = copy_model(network, "float32")(layers.Rescaling(1.0, dtype="float32", name="to_float")(pictures))
    return keras.Model(pictures, decode_centres(heads, image_size)._asdict(), name="pet_finder_file")


def read_finder(path: Path, jit: bool = False) -> tuple[keras.Model, FinderMetadata]:
    """The model in a finder's file, compiled with or without XLA, and the file's metadata.

    Raises CallError where it is no finder of this project or the installed Keras is too old for it, DataError where it
    is damaged or of another format version.
    """
    metadata = read_finder_metadata(path)
    return load_keras_archive(path, jit, metadata.keras), metadata
