"""Decode a batch of stored squares, each as a whole or only a window of it.

Graph functions of TensorFlow. Most of the input pipeline's time is spent here, so comments say what an alternative
costs.
"""

from functools import partial

import numpy as np
import tensorflow as tf

from shards.crop_geometry import BoxEdges
from shards.record_fields import CROPS, RecordKind

# A JPEG with 4:2:0 subsampling stores colour in blocks of 16 pixels. A window that begins within a block makes the
# decoder decode the columns to its left as well, at a fifth of the rate. Random windows therefore begin at multiples of
# 16: at 3 places across instead of 33, for 224 of 256 pixels. Rows are decoded from the top, so any row will do.
_BLOCK_PIXELS = 16

# The DCT that preprocess and inference decode with, used for training and validation. It gives the same pixels with and
# without SIMD and takes 2% more of the decoder's time; TensorFlow's default differs from it by 1 of 255 on average.
DCT_METHOD = "INTEGER_ACCURATE"

_TEXT = tf.io.FixedLenFeature([], tf.string)  # of text and of bytes
_FEATURES = {int: tf.io.FixedLenFeature([], tf.int64), BoxEdges: tf.io.FixedLenFeature([4], tf.float32)}


def parse_records(records: tf.Tensor, *names: str, kind: RecordKind = CROPS) -> list[tf.Tensor]:
    """Parse the named fields of a batch of serialised records, each to (batch,), or (batch, 4) for a box."""
    parsed = tf.io.parse_example(records, {name: _FEATURES.get(kind.fields[name], _TEXT) for name in names})
    return [parsed[name] for name in names]


def choose_window_corners(numbers: tf.Tensor, free: int, ratio: int) -> tf.Tensor:
    """Choose the top left corners (row, column) of random windows.

    Args:
        numbers: (batch, 2), uniform in [0, 1).
        free: by how many pixels the decoded square is larger than the window.
        ratio: the square is decoded at 1 / ratio of its side.

    Returns:
        int32 (batch, 2): rows from 0 to free, and columns where a block begins. If not even one block fits into
        `free`, columns may be any from 0 to free as well, or no window would ever leave the left edge.
    """
    block = _BLOCK_PIXELS // ratio
    steps = np.array([1, block if free >= block else 1])
    return tf.cast(numbers * (free // steps + 1), tf.int32) * steps.astype(np.int32)


def decode_squares(images: tf.Tensor, batch: int, ratio: int = 1) -> list[tf.Tensor]:
    """Decode JPEGs (batch,) as a whole, at 1 / ratio of their side."""
    return [
        tf.io.decode_jpeg(image, channels=3, ratio=ratio, dct_method=DCT_METHOD) for image in tf.unstack(images, batch)
    ]


def decode_windows(images: tf.Tensor, corners: tf.Tensor, size: int, batch: int, ratio: int) -> list[tf.Tensor]:
    """Decode one window of each JPEG: rows below it are never decoded, columns beside it in part.

    Args:
        images: (batch,) JPEGs.
        corners: int32 (batch, 2), row and column, in pixels of the square at 1 / ratio.
        size: the window's side, in the same pixels.
        batch: the number of images.
        ratio: the squares are decoded at 1 / ratio of their side.
    """
    windows = tf.concat([corners, tf.fill([batch, 2], size)], axis=1)
    pairs = zip(tf.unstack(images, batch), tf.unstack(windows, batch), strict=True)
    decode = partial(tf.io.decode_and_crop_jpeg, channels=3, ratio=ratio, dct_method=DCT_METHOD)
    return [decode(image, window) for image, window in pairs]


def flip_every_second(pictures: list[tf.Tensor], first: int = 0) -> list[tf.Tensor]:
    """Flip every second picture of a batch left to right; of a part of a batch, `first` is the place of its first.

    Which ones those are is random, since the records are shuffled.

    A condition for each picture would cost 2% of the rate, and tf.reverse of the whole batch more than its decoding.
    """
    return [tf.reverse(picture, [1]) if i % 2 else picture for i, picture in enumerate(pictures, first)]


def stack_batch(pictures: list[tf.Tensor], size: int) -> tf.Tensor:
    """Stack pictures to uint8 (batch, size, size, 3), a static shape."""
    images = tf.stack(pictures)
    images.set_shape([len(pictures), size, size, 3])
    return images
