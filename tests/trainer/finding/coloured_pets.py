"""Pictures with red and blue rectangles, and an SSD of the real one's shape that takes them for dogs and cats.

A rectangle has a fifth of the picture's width and height, and its centre is one of 10 x 10 places, of which 1 to 8 lie
far enough inside. The network is a LiteRT file as MediaPipe's is, so that all of SsdFinder runs where that is absent.
"""

from collections.abc import Sequence

import numpy as np

from shards.crop_geometry import Box
from trainer.finding.ssd_anchors import INPUT_SIDE, make_anchors

PLACES, SHARE = 10, 0.2
_LOWEST_LAYER = 19 * 19 * 3  # anchors before those of the 10 x 10 places
_SHAPES = 6  # anchors at each place; the first is a square of 0.35 of the picture
_CELL = 5  # pixels over which colours are averaged first
_COLOURS = {"dog": (230, 20, 20), "cat": (20, 20, 230)}


def find_box(row: int, column: int, width: int = 320, height: int = 240) -> Box:
    side_x, side_y = round(SHARE * width), round(SHARE * height)
    return Box(
        round((column + 0.5) / PLACES * width - side_x / 2),
        round((row + 0.5) / PLACES * height - side_y / 2),
        side_x,
        side_y,
    )


def paint(pets: Sequence[tuple[str, int, int]], width: int = 320, height: int = 240, seed: int = 0) -> np.ndarray:
    """Pets (species, row, column) on grey noise, (height, width, 3) uint8 RGB."""
    picture = np.random.default_rng(seed).integers(80, 150, (height, width, 1), np.uint8).repeat(3, axis=2)
    for species, row, column in pets:
        box = find_box(row, column, width, height)
        picture[box.y : box.y + box.height, box.x : box.x + box.width] = _COLOURS[species]
    return picture


def make_colour_finder() -> bytes:
    import tensorflow as tf

    side = PLACES * _SHAPES
    window, step = round(SHARE * side), side // PLACES
    anchors = make_anchors()
    encodings = np.zeros((1, len(anchors), 4), np.float32)
    encodings[..., 2:] = 5 * np.log(SHARE / anchors[:, 2:])  # every box shrinks or grows to a fifth

    @tf.function(input_signature=[tf.TensorSpec((1, INPUT_SIDE, INPUT_SIDE, 3), tf.float32)])
    def find(pixels):
        colours = tf.nn.avg_pool2d(pixels, _CELL, _CELL, "VALID")
        red, green, blue = tf.unstack(colours, axis=-1)
        dog, cat = red - tf.maximum(green, blue), blue - tf.maximum(red, green)
        both = tf.pad(
            tf.stack([cat, dog], -1) / 1.6, [[0, 0], [window // 2, window // 2], [window // 2, window // 2], [0, 0]]
        )
        shares = tf.nn.avg_pool2d(both, window, 1, "VALID")[:, step // 2 :: step, step // 2 :: step][
            :, :PLACES, :PLACES
        ]
        logits = tf.reshape(8 * (shares - 0.7), (1, PLACES * PLACES, 1, 2))
        others = tf.fill((1, PLACES * PLACES, _SHAPES - 1, 2), -9.0)
        placed = tf.reshape(tf.concat([logits, others], 2), (1, PLACES * PLACES * _SHAPES, 2))
        rest = len(anchors) - _LOWEST_LAYER - PLACES * PLACES * _SHAPES
        column = tf.pad(placed, [[0, 0], [_LOWEST_LAYER, rest], [0, 0]], constant_values=-9.0)
        cats, dogs = column[..., :1], column[..., 1:]
        sure = tf.fill((1, len(anchors), 1), 9.0)  # of some other class, which is never read
        classes = tf.concat([tf.repeat(sure, 8, 2), cats, tf.repeat(sure, 11, 2), dogs, tf.repeat(sure, 3, 2)], 2)
        return {"boxes": tf.constant(encodings) + 0 * classes[..., :4], "classes": classes}

    return tf.lite.TFLiteConverter.from_concrete_functions([find.get_concrete_function()]).convert()
