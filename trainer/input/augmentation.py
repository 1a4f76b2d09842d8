"""Augmentation on the device: another scale, place and light for each picture, in keras.ops alone.

Its random numbers come with the batch, from the pipeline, so that a run that goes on repeats them. Scaling and moving
is two matrix products (interpolation is separable), which every backend and XLA compile, unlike affine warps.
"""

import keras
from keras import ops

AUGMENTATION_NUMBERS = (
    8  # uniform in [0, 1), for each picture: scale, aspect, x, y, brightness, contrast, saturation, warmth
)

_SCALE, _ASPECT, _SHIFT = 0.25, 0.1, 0.08  # zoom by up to 2**±0.25, sides by 2**±0.1, moved by 8% of the side
_BRIGHTNESS, _CONTRAST, _SATURATION, _WARMTH = 25.0, 0.25, 0.3, 0.1


class Augmentation(keras.layers.Layer):
    """((batch, side, side, 3) pictures in 0..255, (batch, NUMBERS)) -> float32 pictures in 0..255."""

    def call(self, pictures, numbers):
        pictures = ops.cast(pictures, "float32")
        around_zero = ops.cast(numbers, "float32") * 2 - 1
        return jitter_colours(zoom_and_shift(pictures, around_zero), around_zero)


def zoom_and_shift(pictures, numbers):
    """Zoomed and moved; what comes in from outside repeats the edge. `numbers` are in [-1, 1)."""
    zoom, aspect = 2.0 ** (numbers[:, 0] * _SCALE), 2.0 ** (numbers[:, 1] * _ASPECT)
    side = pictures.shape[1]
    rows = make_resampling_weights(side, zoom * aspect, numbers[:, 3] * _SHIFT * side)
    columns = make_resampling_weights(side, zoom / aspect, numbers[:, 2] * _SHIFT * side)
    return ops.einsum("bkx,byxc->bykc", columns, ops.einsum("bky,byxc->bkxc", rows, pictures))


def make_resampling_weights(side: int, zoom, shift):
    """(batch, side, side) weights of each input for each output of a line, for (batch,) zooms and shifts in pixels."""
    places = ops.arange(side, dtype="float32")
    centres = (places[None] + 0.5 - side / 2) / zoom[:, None] + side / 2 - 0.5 + shift[:, None]
    centres = ops.clip(centres, 0.0, side - 1.0)
    width = ops.maximum(1.0, 1.0 / zoom)[:, None, None]  # a wider triangle where it shrinks, so that nothing is skipped
    weights = ops.relu(1.0 - ops.abs(centres[:, :, None] - places[None, None]) / width)
    return weights / ops.sum(weights, axis=-1, keepdims=True)


def jitter_colours(pictures, numbers):
    """Brighter or darker, more or less contrast and colour, warmer or colder; never inverted or turned grey."""
    brightness, contrast, saturation, warmth = (numbers[:, i, None, None, None] for i in range(4, AUGMENTATION_NUMBERS))
    mean = ops.mean(pictures, axis=(1, 2, 3), keepdims=True)
    pictures = (pictures - mean) * (1 + _CONTRAST * contrast) + mean + _BRIGHTNESS * brightness
    grey = ops.mean(pictures, axis=-1, keepdims=True)
    pictures = (pictures - grey) * (1 + _SATURATION * saturation) + grey
    tint = ops.convert_to_tensor([1.0, 0.0, -1.0]) * (_WARMTH * warmth)
    return ops.clip(pictures * (1 + tint), 0.0, 255.0)
