"""The network behind its input: models that take pictures as the pipeline decodes them."""

import keras

from trainer.input.augmentation import AUGMENTATION_NUMBERS, Augmentation
from trainer.input.picture_sizes import PictureSizes
from trainer.model.network import apply_network, resize_pictures


def build_window_model(network: keras.Model, sizes: PictureSizes, frozen_backbone: bool, augment: bool) -> keras.Model:
    """The network on the windows that training decodes, (batch, sizes.window, sizes.window, 3) uint8.

    With `augment` the inputs are the windows and the random numbers of their augmentation, (batch, NUMBERS) float32.
    """
    windows = keras.Input((sizes.window, sizes.window, 3), dtype="uint8", name="pictures")
    pictures = resize_pictures(windows, sizes.resolution)
    if not augment:
        return keras.Model(windows, apply_network(network, pictures, frozen_backbone))
    numbers = keras.Input((AUGMENTATION_NUMBERS,), name="numbers")
    changed = Augmentation(dtype="float32")(pictures, numbers)
    return keras.Model([windows, numbers], apply_network(network, changed, frozen_backbone))


def build_whole_crop_model(network: keras.Model, sizes: PictureSizes) -> keras.Model:
    """The network on whole crops as validation decodes them, (batch, sizes.whole, sizes.whole, 3) uint8."""
    pictures = keras.Input((sizes.whole, sizes.whole, 3), dtype="uint8")
    return keras.Model(pictures, apply_network(network, resize_pictures(pictures, sizes.network)))
