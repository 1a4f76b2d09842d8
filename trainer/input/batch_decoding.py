"""Batches of stored squares -> pixels, of each its window alone or all of it.

Graph functions of TensorFlow; what they cost is what the pipeline costs, so each says why it is written as it is.
"""

from functools import partial

import numpy as np
import tensorflow as tf

from shards.record_fields import FIELDS

# A window that begins within a JPEG's 16 pixel blocks of colour (4:2:0) decodes the columns to its left as well, at a
# fifth of the rate. So random windows begin at multiples of it: at three places instead of 33 across, for 224 of 256
# pixels. Lines are decoded from the top one by one, and may begin anywhere.
_BLOCK_PIXELS = 16

# In training and validation alike: the same with and without SIMD, as preprocess and inference decode, for a fiftieth
# of the decoder's time. TensorFlow's default differs from it by 1 of 255 on average.
DCT_METHOD = "INTEGER_ACCURATE"


def parse_records(records: tf.Tensor, *names: str) -> list[tf.Tensor]:
    """The named fields of a batch of serialised records, each (batch,)."""
    kinds = {name: tf.io.FixedLenFeature([], tf.int64 if FIELDS[name] is int else tf.string) for name in names}
    parsed = tf.io.parse_example(records, kinds)
    return [parsed[name] for name in names]


def choose_window_corners(numbers: tf.Tensor, free: int, ratio: int) -> tf.Tensor:
    """Top left corners, int32 (batch, 2), from numbers in [0, 1): down anywhere in 0..free, to the right in blocks.

    Where not even one block is free they begin anywhere to the right too, or none would leave the left edge.
    """
    block = _BLOCK_PIXELS // ratio
    steps = np.array([1, block if free >= block else 1])
    return tf.cast(numbers * (free // steps + 1), tf.int32) * steps.astype(np.int32)


def decode_squares(images: tf.Tensor, batch: int, ratio: int = 1) -> list[tf.Tensor]:
    """Stored squares, whole, at 1 / ratio of their side."""
    return [
        tf.io.decode_jpeg(image, channels=3, ratio=ratio, dct_method=DCT_METHOD) for image in tf.unstack(images, batch)
    ]


def decode_windows(images: tf.Tensor, corners: tf.Tensor, size: int, batch: int, ratio: int) -> list[tf.Tensor]:
    """Of each stored square only a window: what lies below it is never decoded, what is beside it in part.

    Corners and size count in pixels of the square at 1 / ratio.
    """
    windows = tf.concat([corners, tf.fill([batch, 2], size)], axis=1)
    pairs = zip(tf.unstack(images, batch), tf.unstack(windows, batch), strict=True)
    decode = partial(tf.io.decode_and_crop_jpeg, channels=3, ratio=ratio, dct_method=DCT_METHOD)
    return [decode(image, window) for image, window in pairs]


def flip_every_second(pictures: list[tf.Tensor]) -> list[tf.Tensor]:
    """Every second one turned left to right: which pictures these are was drawn with the order of the batch.

    A condition for each picture would cost a fiftieth of the rate, and reversing all of them more than decoding them.
    """
    return [tf.reverse(picture, [1]) if place % 2 else picture for place, picture in enumerate(pictures)]


def stack_batch(pictures: list[tf.Tensor], size: int) -> tf.Tensor:
    """uint8 (batch, size, size, 3), all four known to the graph."""
    images = tf.stack(pictures)
    images.set_shape([len(pictures), size, size, 3])
    return images
