import pytest

from preprocess.cutting.box_check import check_box
from preprocess.settings import BoxSettings
from shards.crop_geometry import Box

WIDTH, HEIGHT = 100, 50


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        (None, "box_missing"),
        (Box(0, 0, 100, 50), None),  # touches every border
        (Box(99, 49, 1, 1), None),
        (Box(-1, 0, 10, 10), "box_negative"),
        (Box(0, -1, 10, 10), "box_negative"),
        (Box(0, 0, -1, 10), "box_negative"),
        (Box(0, 0, 10, -1), "box_negative"),
        (Box(-1, 0, 0, 10), "box_negative"),  # before empty
        (Box(0, 0, 0, 10), "box_empty"),
        (Box(0, 0, 10, 0), "box_empty"),
        (Box(200, 0, 0, 10), "box_empty"),  # before outside
        (Box(91, 0, 10, 10), "box_outside"),
        (Box(0, 41, 10, 10), "box_outside"),
        (Box(100, 0, 1, 1), "box_outside"),
    ],
)
def test_drop(box, reason):
    checked = check_box(box, WIDTH, HEIGHT, BoxSettings("drop"))
    assert (checked.box, checked.reason) == ((None, reason) if reason else (box, None))


@pytest.mark.parametrize(
    ("box", "result"),
    [
        (Box(0, 0, 100, 50), Box(0, 0, 100, 50)),
        (Box(-5, 0, 10, 10), Box(0, 0, 5, 10)),  # exactly half of it is inside
        (Box(-6, 0, 10, 10), "box_negative"),
        (Box(0, -5, 10, 10), Box(0, 0, 10, 5)),
        (Box(95, 0, 10, 10), Box(95, 0, 5, 10)),
        (Box(96, 0, 10, 10), "box_outside"),
        (Box(-10, -10, 200, 200), "box_negative"),  # an eighth of it is inside
        (Box(-10, 0, 120, 50), Box(0, 0, 100, 50)),
        (Box(-5, -5, -1, 10), "box_negative"),
        (Box(-5, 0, 0, 10), "box_empty"),
        (Box(500, 500, 10, 10), "box_outside"),
        (Box(-500, 0, 10, 10), "box_negative"),
        (None, "box_missing"),
    ],
)
def test_clip(box, result):
    checked = check_box(box, WIDTH, HEIGHT, BoxSettings("clip", 0.5))
    assert (checked.box or checked.reason) == result
    assert bool(checked.note) == (checked.box is not None and checked.box != box)


def test_clip_that_asks_for_nothing_still_needs_a_pixel():
    assert check_box(Box(100, 0, 10, 10), WIDTH, HEIGHT, BoxSettings("clip", 0.0)).reason == "box_outside"
