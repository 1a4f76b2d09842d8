import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shards.crop_geometry import Box, Crop, fit_size, measure_box, place_crop


@pytest.mark.parametrize(
    ("box", "image", "crop"),
    [
        (Box(100, 100, 200, 100), (1920, 1080), Crop(90, 40, 220)),  # around the centre, 1.1 times the longer side
        (Box(0, 0, 200, 100), (1920, 1080), Crop(0, 0, 220)),  # moved inside at the top left
        (Box(1720, 980, 200, 100), (1920, 1080), Crop(1700, 860, 220)),  # and at the bottom right
        (Box(200, 0, 1050, 900), (1920, 1080), Crop(185, 0, 1080)),  # grown past the short side: held to it
        (Box(100, 300, 1500, 300), (1920, 1080), Crop(100, -300, 1500)),  # longer than it: padded, and no larger
        (Box(0, 0, 1920, 1080), (1920, 1080), Crop(0, -420, 1920)),
        (Box(0, 0, 1, 1), (1, 1), Crop(0, 0, 1)),
    ],
)
def test_place_crop(box, image, crop):
    assert place_crop(box, *image, grow=1.1) == crop


@given(st.data())
def test_crop_holds_its_box_and_is_inside_or_covers_the_image(data):
    width, height = data.draw(st.integers(1, 2000)), data.draw(st.integers(1, 2000))
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Box(x, y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y)))
    crop = place_crop(box, width, height, 1.1)
    for start, size, extent, box_start, box_size in (
        (crop.x, crop.size, width, box.x, box.width),
        (crop.y, crop.size, height, box.y, box.height),
    ):
        assert start <= box_start and box_start + box_size <= start + size
        assert 0 <= start <= extent - size or (start <= 0 and start + size >= extent)


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (1920, 1080, (320, 180)),
        (1080, 1920, (180, 320)),
        (320, 320, (320, 320)),
        (321, 200, (320, 199)),
        (640, 481, (320, 241)),  # 240.5
        (100, 4, (100, 4)),
        (4000, 3, (320, 1)),
    ],
)
def test_fit_size(width, height, size):
    assert fit_size(width, height, 320) == size


@pytest.mark.parametrize(
    ("box", "edges"),
    [
        (Box(20, 10, 60, 20), (0.1, 0.1, 0.3, 0.4)),
        (Box(0, 0, 200, 100), (0, 0, 1, 1)),
        (Box(-50, 90, 100, 40), (0.9, 0, 1, 0.25)),  # what of it lies inside
    ],
)
def test_measure_box(box, edges):
    measured = measure_box(box, 200, 100)
    assert measured == pytest.approx(edges) and measured == tuple(float(np.float32(edge)) for edge in measured)
