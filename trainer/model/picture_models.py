"""The network behind its input: models that take pictures as the pipeline decodes them."""

from typing import Any

import keras

from trainer.input.augmentation import AUGMENTATION_NUMBERS, Augmentation
from trainer.input.picture_sizes import PictureSizes
from trainer.model.network import apply_head, apply_network, apply_trunk, resize_pictures


def build_window_model(network: keras.Model, sizes: PictureSizes, frozen_backbone: bool, augment: bool) -> keras.Model:
    """The network on the windows that training decodes, (batch, sizes.window, sizes.window, 3) uint8.

    With `augment` the inputs are the windows and the random numbers of their augmentation, (batch, NUMBERS) float32.
    """
    inputs, features = _place_trunk(network, sizes, frozen_backbone, augment)
    return keras.Model(inputs, apply_head(network, features))


def build_window_halves(
    network: keras.Model, sizes: PictureSizes, frozen_backbone: bool, augment: bool
) -> tuple[keras.Model, keras.Model]:
    """The same as two models that share the network's layers: windows to features, and features to logits."""
    inputs, features = _place_trunk(network, sizes, frozen_backbone, augment)
    given = keras.Input(features.shape[1:], dtype=features.dtype, name="features")
    return keras.Model(inputs, features), keras.Model(given, apply_head(network, given))


def build_whole_crop_model(network: keras.Model, sizes: PictureSizes) -> keras.Model:
    """The network on whole crops as validation decodes them, (batch, sizes.whole, sizes.whole, 3) uint8."""
    pictures = keras.Input((sizes.whole, sizes.whole, 3), dtype="uint8")
    return keras.Model(pictures, apply_network(network, resize_pictures(pictures, sizes.network)))


def _place_trunk(network: keras.Model, sizes: PictureSizes, frozen_backbone: bool, augment: bool) -> tuple[Any, Any]:
    """The inputs of a model of windows, and the features that the network's trunk makes of them."""
    windows = keras.Input((sizes.window, sizes.window, 3), dtype="uint8", name="pictures")
    pictures = resize_pictures(windows, sizes.resolution)
    if not augment:
        return windows, apply_trunk(network, pictures, frozen_backbone)
    numbers = keras.Input((AUGMENTATION_NUMBERS,), name="numbers")
    changed = Augmentation(dtype="float32")(pictures, numbers)
    return [windows, numbers], apply_trunk(network, changed, frozen_backbone)
