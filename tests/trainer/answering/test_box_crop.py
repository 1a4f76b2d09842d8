"""The square around a box on a photo is the crop that preprocess would have stored."""

import cv2
import numpy as np
import pytest

from preprocess.cutting.jpeg_crop import decode_crop, encode_jpeg
from shards.crop_geometry import Box, place_crop
from shards.jpeg_headers import read_header
from tests.trainer.answering.test_photo import with_orientation
from tests.trees import make_image, make_jpeg
from trainer.answering.box_crop import crop_square
from trainer.answering.photo import decode_upright_pixels

BOXES = [
    Box(60, 40, 150, 100),
    Box(0, 0, 40, 30),  # in a corner
    Box(250, 150, 70, 90),  # in the other
    Box(0, 100, 320, 20),  # longer than the short side: padded
    Box(100, 0, 50, 240),
    Box(10, 10, 1, 1),
    None,
]


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("scale", [1, 4])
def test_squares_are_those_of_the_shards(box, scale):
    """The mean difference is below 2 of 255: preprocess decodes at 1/2, 1/4 or 1/8 and in whole numbers."""
    data = make_jpeg(3, 320 * scale, 240 * scale)
    box = box and Box(*(scale * value for value in box))
    crop = place_crop(box or Box(0, 0, 320 * scale, 240 * scale), 320 * scale, 240 * scale, 1.1 if box else 1)
    stored = decode_crop(data, read_header(data), crop, 96)
    ours = crop_square(decode_upright_pixels(data), box, 1.1, 96)
    assert ours.shape == stored.shape and ours.dtype == np.uint8
    assert np.abs(ours.astype(int) - stored).mean() < 2


def test_squares_of_real_photos(real_files):
    for path in sorted((real_files / "boxes").rglob("*.jpg"))[:12]:
        data = path.read_bytes()
        header = read_header(data)
        box = Box(header.width // 5, header.height // 4, header.width // 2, header.height // 2)
        stored = decode_crop(data, header, place_crop(box, *header, 1.1), 256)
        difference = np.abs(crop_square(decode_upright_pixels(data), box, 1.1, 256).astype(int) - stored)
        assert difference.mean() < 2, path


def test_a_stored_crop_stays_as_it_is():
    stored = encode_jpeg(make_image(7, 256, 256), 90)
    pixels = cv2.imdecode(np.frombuffer(stored, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert (crop_square(decode_upright_pixels(stored), None, 1.1, 256) == pixels).all()


def test_a_whole_picture_loses_nothing():
    pixels = np.full((30, 90, 3), 200, np.uint8)
    square = crop_square(pixels, None, 1.1, 90)
    assert (square[30:60] == 200).all() and (square[:30] == 0).all() and (square[60:] == 0).all()


def test_a_box_counts_in_turned_pixels():
    stored = np.zeros((60, 100, 3), np.uint8)
    stored[5:15, 70:90] = 255  # turned right by a quarter: rows become columns from the right
    seen = decode_upright_pixels(with_orientation(stored, ".png", 6))
    assert seen.shape == (100, 60, 3)
    assert crop_square(seen, Box(45, 70, 10, 20), 1, 20)[:, 5:15].min() == 255
