"""Batches of decoded squares: the pixels that TensorFlow decodes, in their places, and what is no JPEG."""

import cv2
import numpy as np
import pytest
import tensorflow as tf

from tests.trees import make_image, make_jpeg
from trainer.input.batch_decoding import choose_window_corners, decode_squares, decode_whole, decode_windows


@pytest.mark.parametrize("ratio", [1, 2, 4, 8])
@pytest.mark.parametrize("side", [64, 100, 250, 256, 301])
def test_pixels_are_those_of_tensorflow(side, ratio):
    grey = cv2.imencode(".jpg", make_image(9, side, side)[..., 0])[1].tobytes()
    full_colour = make_jpeg(8, side, side, (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444))
    jpegs = tf.constant([*(make_jpeg(seed, side, side) for seed in range(3)), full_colour, grey])
    expected = np.stack(decode_squares(jpegs, 5, ratio))
    assert (decode_whole(jpegs, 5, -(-side // ratio)).numpy() == expected).all()


def test_windows_lie_where_they_should_and_some_are_mirrored():
    jpegs = tf.constant([make_jpeg(seed, 64, 64) for seed in range(4)])
    corners = [(0, 0), (7, 1), (16, 16), (3, 10)]
    mirrored = [False, True, False, True]

    @tf.function
    def decode(data: tf.Tensor) -> tf.Tensor:
        return decode_windows(data, tf.constant(corners), 48, 64, mirrored)

    squares = np.stack(decode_squares(jpegs, 4))
    batch = decode(jpegs)
    assert batch.shape == (4, 48, 48, 3) and batch.dtype == tf.uint8
    for picture, square, (row, column), mirror in zip(batch.numpy(), squares, corners, mirrored, strict=True):
        window = square[row : row + 48, column : column + 48]
        assert (picture == (window[:, ::-1] if mirror else window)).all()


def test_corners_are_all_places_alike():
    numbers = np.linspace(0, 1, 5000, endpoint=False, dtype=np.float32)
    corners = choose_window_corners(tf.constant(np.stack([numbers, numbers[::-1]], axis=1)), 4).numpy()
    assert np.bincount(corners[:, 0]).tolist() == [1000] * 5 and np.bincount(corners[:, 1]).tolist() == [1000] * 5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no JPEG",
        make_jpeg(0, 64, 64)[:900],
        make_jpeg(0, 64, 64)[:-2],  # without its end mark
        make_jpeg(0, 65, 65),
        make_jpeg(0, 60, 60),
        make_jpeg(0, 64, 32),
    ],
    ids=["empty", "text", "cut", "no end", "larger", "smaller", "not square"],
)
def test_what_is_no_such_jpeg_fails_as_other_data_does(data):
    batches = tf.data.Dataset.from_tensors([make_jpeg(0, 64, 64), data]).map(lambda jpegs: decode_whole(jpegs, 2, 64))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid JPEG data"):
        next(iter(batches))
