"""Draws whole frames into squares on the device, each by its placement, in keras.ops alone.

As in trainer.input.augmentation, scaling and moving are two matrix products, which every backend and XLA compile.
"""

import keras
from keras import ops

from trainer.input.augmentation import jitter_colours


class FrameCanvas(keras.layers.Layer):
    """Draw pictures (batch, stored, stored, 3), each in the top left corner, into squares (batch, side, side, 3).

    The second input are placements (batch, PLACEMENT_VALUES), see trainer.input.frame_placement. Float32 in 0..255.
    """

    def __init__(self, side: int, **options):
        super().__init__(dtype="float32", **options)
        self.side = side

    def call(self, pictures, placements):
        pictures, stored = ops.cast(pictures, "float32"), pictures.shape[1]
        rows, inside_rows = weigh_pixels(self.side, stored, placements[:, 0], placements[:, 2], placements[:, 4])
        columns, inside_columns = weigh_pixels(self.side, stored, placements[:, 1], placements[:, 3], placements[:, 5])
        drawn = ops.einsum("bkx,byxc->bykc", columns, ops.einsum("bky,byxc->bkxc", rows, pictures))
        covered = (inside_rows[:, :, None] * inside_columns[:, None, :])[..., None]
        return drawn * covered + placements[:, None, None, 6:9] * (1 - covered)


class ColourJitter(keras.layers.Layer):
    """Change the colours of pictures (batch, side, side, 3) by numbers (batch, AUGMENTATION_NUMBERS) in [0, 1)."""

    def call(self, pictures, numbers):
        return jitter_colours(ops.cast(pictures, "float32"), ops.cast(numbers, "float32") * 2 - 1)


def weigh_pixels(side: int, stored: int, scale, offset, length):
    """How much of each stored pixel of a line goes into each pixel of the square.

    A pixel of the square averages what it covers of the line, as area resampling does; where the line is enlarged, it
    covers one stored pixel's length, which is linear interpolation.

    Args:
        side: pixels of a line of the square.
        stored: pixels of a stored line, of which the first `length` are the picture's.
        scale: (batch,), negative where the line is mirrored.
        offset: (batch,), where the line's start is in the square.
        length: (batch,), in pixels.

    Returns:
        Weights (batch, side, stored), whose sum over stored pixels is 1, and the part of each pixel of the square that
        lies inside the line, (batch, side), 0 or 1.
    """
    scale, offset, length = scale[:, None], offset[:, None], length[:, None]
    middles = (ops.arange(side, dtype="float32")[None] + 0.5 - offset) / scale
    half = ops.maximum(1.0, 1.0 / ops.abs(scale)) / 2
    pixels = ops.arange(stored, dtype="float32")[None, None]
    low, high = (middles - half)[:, :, None], (middles + half)[:, :, None]
    weights = ops.relu(ops.minimum(high, pixels + 1) - ops.maximum(low, pixels))
    weights = weights * ops.cast(pixels < length[:, :, None], "float32")
    inside = ops.cast(ops.logical_and(middles >= 0, middles <= length), "float32")
    return weights / ops.maximum(ops.sum(weights, axis=-1, keepdims=True), 1e-6), inside
