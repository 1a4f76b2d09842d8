"""Augmentation on the device: zoom, shift and colour jitter of each picture, in keras.ops alone.

The random numbers come with the batch from the input pipeline, so that a resumed run repeats them. Zoom and shift are
two matrix products, since bilinear interpolation is separable: unlike affine warps, every backend and XLA compile them.
"""

import keras
from keras import ops

# Uniform in [0, 1), for each picture: zoom, aspect, x, y, brightness, contrast, saturation, warmth.
AUGMENTATION_NUMBERS = 8

_ZOOM, _ASPECT, _SHIFT = 0.25, 0.1, 0.08  # zoomed by up to 2**±0.25, a side by 2**±0.1 more; moved by 8% of the side
_BRIGHTNESS, _CONTRAST, _SATURATION, _WARMTH = 25.0, 0.25, 0.3, 0.1


class Augmentation(keras.layers.Layer):
    """Augment pictures (batch, side, side, 3) in 0..255 by numbers (batch, AUGMENTATION_NUMBERS); float32 in 0..255."""

    def call(self, pictures, numbers):
        pictures = ops.cast(pictures, "float32")
        centred = ops.cast(numbers, "float32") * 2 - 1
        return jitter_colours(zoom_and_shift(pictures, centred), centred)


def zoom_and_shift(pictures, numbers):
    """Zoom and move pictures by numbers in [-1, 1). Pixels from outside repeat the edge."""
    zoom, aspect = 2.0 ** (numbers[:, 0] * _ZOOM), 2.0 ** (numbers[:, 1] * _ASPECT)
    side = pictures.shape[1]
    rows = make_resampling_weights(side, zoom * aspect, numbers[:, 3] * _SHIFT * side)
    columns = make_resampling_weights(side, zoom / aspect, numbers[:, 2] * _SHIFT * side)
    return ops.einsum("bkx,byxc->bykc", columns, ops.einsum("bky,byxc->bkxc", rows, pictures))


def make_resampling_weights(side: int, zoom, shift):
    """The weight (batch, side, side) of each input pixel of a line for each output pixel.

    Args:
        side: pixels of a line.
        zoom: (batch,), above 1 enlarges.
        shift: (batch,), in pixels.
    """
    pixels = ops.arange(side, dtype="float32")
    centres = (pixels[None] + 0.5 - side / 2) / zoom[:, None] + side / 2 - 0.5 + shift[:, None]
    centres = ops.clip(centres, 0.0, side - 1.0)
    # Bilinear interpolation is a triangle filter; it is wider where it shrinks, so that no pixel is skipped.
    width = ops.maximum(1.0, 1.0 / zoom)[:, None, None]
    weights = ops.relu(1.0 - ops.abs(centres[:, :, None] - pixels[None, None]) / width)
    return weights / ops.sum(weights, axis=-1, keepdims=True)


def jitter_colours(pictures, numbers):
    """Change brightness, contrast, saturation and warmth by numbers in [-1, 1); never invert or turn grey."""
    brightness, contrast, saturation, warmth = (numbers[:, i, None, None, None] for i in range(4, AUGMENTATION_NUMBERS))
    mean = ops.mean(pictures, axis=(1, 2, 3), keepdims=True)
    pictures = (pictures - mean) * (1 + _CONTRAST * contrast) + mean + _BRIGHTNESS * brightness
    grey = ops.mean(pictures, axis=-1, keepdims=True)
    pictures = (pictures - grey) * (1 + _SATURATION * saturation) + grey
    tint = ops.convert_to_tensor([1.0, 0.0, -1.0]) * (_WARMTH * warmth)
    return ops.clip(pictures * (1 + tint), 0.0, 255.0)
