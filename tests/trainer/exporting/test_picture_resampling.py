"""Squares of a picture by tensor operations are those that OpenCV cuts, to a rounding."""

import cv2
import numpy as np
import pytest
import tensorflow as tf

from shards.crop_geometry import Box, place_crop
from trainer.answering.box_crop import crop_square
from trainer.exporting.picture_resampling import Span, resample_squares, sum_rows
from trainer.finding.centre_finder import letterbox_picture
from trainer.finding.letterbox import plan_letterbox


def make_picture(height: int, width: int) -> np.ndarray:
    noise = np.random.default_rng(height).integers(0, 256, (height // 3 + 1, width // 3 + 1, 3), dtype=np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


def make_span(*values: float) -> Span:
    return Span(*(tf.constant([float(value)]) for value in values))


def assert_near(found: np.ndarray, expected: np.ndarray) -> None:
    difference = np.abs(found.astype(int) - expected.astype(int))
    assert difference.max() <= 1 and difference.mean() < 0.05


@pytest.mark.parametrize("height, width", [(240, 320), (540, 960), (50, 40)])
def test_crops_of_any_size_and_place(height, width):
    picture = make_picture(height, width)
    boxes = (
        Box(0, 0, width, height),
        Box(width // 3, height // 4, width // 5, height // 4),
        Box(width - 9, height - 12, 9, 12),  # enlarged, at the edge
        Box(0, 0, width, height // 2),  # leaves the picture
    )
    spans, expected = [], []
    for box in boxes:
        crop = place_crop(box, width, height, 1.1)
        spans.append((make_span(crop.y, crop.size, 0, 64), make_span(crop.x, crop.size, 0, 64)))
        expected.append(crop_square(picture, box, 1.1, 64))
    rows, columns = (
        Span(*(tf.concat(values, 0) for values in zip(*axis, strict=True))) for axis in zip(*spans, strict=True)
    )
    assert_near(resample_squares(sum_rows(picture), rows, columns, 64).numpy(), np.stack(expected))


@pytest.mark.parametrize("height, width", [(240, 320), (900, 301), (20, 31), (1, 400)])
def test_the_letterbox(height, width):
    picture, side = make_picture(height, width), 96
    placed = plan_letterbox(float(height), float(width), side)
    rows = make_span(0, height, placed.offset_y, round(placed.scale_y * height))
    columns = make_span(0, width, placed.offset_x, round(placed.scale_x * width))
    (found,) = resample_squares(sum_rows(picture), rows, columns, side).numpy()
    expected = letterbox_picture(picture, side)
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1
    assert ((found == 0).all(axis=-1) >= (expected == 0).all(axis=-1)).all()  # nothing shines into the margins


def test_sums_of_a_large_white_picture_are_exact():
    white = np.full((9000, 4, 3), 255, np.uint8)
    squares = resample_squares(sum_rows(white), make_span(8990, 5, 0, 32), make_span(0, 4, 0, 32), 32)
    assert (squares.numpy() == 255).all()
