"""Decode a batch of stored squares, each as a whole or only a window of it.

Functions for TensorFlow's graph. Most of the input pipeline's time is spent here. Squares are decoded by simplejpeg:
its libjpeg-turbo is newer than TensorFlow's and decodes all of a square in less time than TensorFlow's a window of it.
One call decodes a batch and writes its pictures where they stay, mirrored or not, so nothing has to be stacked. It lets
other threads run while it decodes, copies and mirrors.
"""

import math
from collections.abc import Sequence
from functools import partial

import cv2
import numpy as np
import simplejpeg
import tensorflow as tf

from shards.crop_geometry import BoxEdges
from shards.record_fields import CROPS, RecordKind

# The DCT that preprocess and inference decode with, used for training and validation. It gives the same pixels with and
# without SIMD and takes 2% more of the decoder's time; TensorFlow's default differs from it by 1 of 255 on average.
DCT_METHOD = "INTEGER_ACCURATE"
_ALIGNMENT = 64  # bytes, of tensors

_TEXT = tf.io.FixedLenFeature([], tf.string)  # of text and of bytes
_FEATURES = {int: tf.io.FixedLenFeature([], tf.int64), BoxEdges: tf.io.FixedLenFeature([4], tf.float32)}


def parse_records(records: tf.Tensor, *names: str, kind: RecordKind = CROPS) -> list[tf.Tensor]:
    """Parse the named fields of a batch of serialised records, each to (batch,), or (batch, 4) for a box."""
    parsed = tf.io.parse_example(records, {name: _FEATURES.get(kind.fields[name], _TEXT) for name in names})
    return [parsed[name] for name in names]


def decode_squares(images: tf.Tensor, batch: int, ratio: int = 1) -> list[tf.Tensor]:
    """Decode JPEGs (batch,) of any size by TensorFlow, at 1 / ratio of their side: slower, with the same pixels."""
    return [
        tf.io.decode_jpeg(image, channels=3, ratio=ratio, dct_method=DCT_METHOD) for image in tf.unstack(images, batch)
    ]


def choose_window_corners(numbers: tf.Tensor, free: int) -> tf.Tensor:
    """Choose the top left corners (row, column) of random windows.

    Args:
        numbers: (batch, 2), uniform in [0, 1).
        free: by how many pixels the decoded square is larger than the window.

    Returns:
        int32 (batch, 2), each from 0 to free.
    """
    return tf.cast(numbers * (free + 1), tf.int32)


def decode_windows(
    images: tf.Tensor, corners: tf.Tensor, window: int, whole: int, mirrored: Sequence[bool]
) -> tf.Tensor:
    """Decode a window of each JPEG of a square.

    Args:
        images: (batch,) JPEGs.
        corners: int32 (batch, 2), row and column, in pixels of the square as decoded.
        window: the window's side, in the same pixels.
        whole: the side of a square as decoded: at 1/1, 1/2, 1/4 or 1/8 of the stored side.
        mirrored: (batch,) which windows are mirrored, left to right.

    Returns:
        uint8 (batch, window, window, 3). Running the graph raises InvalidArgumentError for data that is no such JPEG.
    """
    pixels = tf.numpy_function(
        partial(_decode_batch, window=window, whole=whole, mirrored=mirrored),
        [images, corners],
        tf.uint8,
        stateful=False,
    )
    return tf.ensure_shape(pixels, [len(mirrored), window, window, 3])


def decode_whole(images: tf.Tensor, batch: int, whole: int) -> tf.Tensor:
    """Decode JPEGs (batch,) of squares to uint8 (batch, whole, whole, 3); the rest is as in decode_windows."""
    return decode_windows(images, tf.zeros([batch, 2], tf.int32), whole, whole, [False] * batch)


def _decode_batch(
    jpegs: np.ndarray, corners: np.ndarray, window: int, whole: int, mirrored: Sequence[bool]
) -> np.ndarray:
    batch = _make_aligned_array((len(jpegs), window, window, 3))
    square = np.empty((whole, whole, 3), np.uint8)
    for picture, data, (row, column), mirror in zip(batch, jpegs, corners.tolist(), mirrored, strict=True):
        if window == whole and not mirror:
            _decode_square(data, picture)
            continue
        _decode_square(data, square)
        part = square[row : row + window, column : column + window]
        if mirror:
            cv2.flip(part, 1, dst=picture)
        else:
            picture[:] = part
    return batch


def _decode_square(data: bytes, square: np.ndarray) -> None:
    side = len(square)
    try:
        decoded = simplejpeg.decode_jpeg(data, min_height=side, min_width=side, buffer=square)
    except ValueError as error:
        raise ValueError(f"Invalid JPEG data: {error}") from error
    if decoded.shape != square.shape:
        raise ValueError(f"Invalid JPEG data: {decoded.shape} instead of {square.shape}")


def _make_aligned_array(shape: tuple[int, ...]) -> np.ndarray:
    """An uninitialised uint8 array that TensorFlow takes over as it is; another one it would copy."""
    count = math.prod(shape)
    memory = np.empty(count + _ALIGNMENT, np.uint8)
    begin = -memory.ctypes.data % _ALIGNMENT
    return memory[begin : begin + count].reshape(shape)


def stack_batch(pictures: list[tf.Tensor], size: int) -> tf.Tensor:
    """Stack pictures to uint8 (batch, size, size, 3), a static shape."""
    images = tf.stack(pictures)
    images.set_shape([len(pictures), size, size, 3])
    return images
