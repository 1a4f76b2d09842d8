"""A whole frame scaled down is what a full decode scaled down would be, and its box lies where the animal is."""

import cv2
import numpy as np
import pytest

from preprocess.cutting.whole_frame import decode_whole_frame
from shards.crop_geometry import Box, measure_box
from shards.jpeg_headers import read_header
from tests.trees import make_image


def encode(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (1920, 1080, (320, 180)),
        (1080, 1920, (180, 320)),
        (1280, 720, (320, 180)),  # a quarter: the decoder alone
        (2560, 1440, (320, 180)),
        (641, 479, (320, 239)),
        (500, 375, (320, 240)),
        (321, 320, (320, 319)),
        (320, 240, (320, 240)),
        (57, 31, (57, 31)),  # smaller: as it is
        (4000, 900, (320, 72)),
    ],
)
def test_is_a_full_decode_scaled_down(width, height, size):
    data = encode(make_image(1, width, height))
    small = decode_whole_frame(data, read_header(data))
    assert small.shape == (size[1], size[0], 3)
    np.testing.assert_array_equal(decode_whole_frame(data, read_header(data), is_plain=True), small)
    full = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
    expected = cv2.resize(full, size, interpolation=cv2.INTER_AREA).reshape(small.shape)
    assert np.abs(small.astype(int) - expected).mean() < 1.5  # half a pixel of shift would be over 2


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1279, 717), (700, 901), (300, 200)])
def test_the_box_is_where_it_was(width, height):
    """The edges of a white box on black, in the small picture: where half of a pixel is white."""
    box = Box(width // 3 + 1, height // 4 + 1, width // 3, height // 2)
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[box.y : box.y + box.height, box.x : box.x + box.width] = 255
    data = encode(pixels)
    small = decode_whole_frame(data, read_header(data))[:, :, 1] / 255
    edges = measure_box(box, width, height)
    for axis, low, high in ((0, edges.ymin, edges.ymax), (1, edges.xmin, edges.xmax)):
        line = small[:, small.shape[1] // 2] if axis == 0 else small[small.shape[0] // 2]
        first = np.argmax(line > 0.5) + 1 - line[np.argmax(line > 0.5) - 1 : np.argmax(line > 0.5) + 1].sum()
        assert first == pytest.approx(low * len(line), abs=0.35)
        assert line.sum() == pytest.approx((high - low) * len(line), abs=0.35)
