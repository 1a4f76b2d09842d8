"""Boxes with decimals -> whole pixels, and sides that a label states."""

import pytest

from preprocess.sources.label_map import Meaning
from preprocess.sources.photos.photo_label import PhotoBox, box_between, make_photo_label, read_photo_side


@pytest.mark.parametrize(
    ("edges", "box"),
    [
        ((10, 20, 40, 60), (10, 20, 30, 40)),
        ((10.4, 20.6, 40.4, 60.4), (10, 21, 30, 39)),
        ((0.0, 0.0, 640.000001, 479.9999), (0, 0, 640, 480)),  # not outwards: it would leave the image
        ((-0.4, -0.6, 5, 5), (0, -1, 5, 6)),
        ((5.1, 5.1, 5.4, 5.7), (5, 5, 0, 1)),  # under half a pixel: box_empty
        ((5.0, 5.0, 4.9, 2.0), (5, 5, -1, -3)),  # negative stays negative, however little
    ],
)
def test_edges_are_rounded_to_the_nearest_pixel(edges, box):
    assert box_between(*edges) == box


@pytest.mark.parametrize(
    ("value", "side"),
    [(640, 640), ("640", 640), (" 640.0 ", 640), (0, None), ("", None), (None, None), (-1, None), (640.5, None)],
)
def test_sides(value, side):
    assert read_photo_side(value) == side


@pytest.mark.parametrize(
    ("categories", "count"),
    [(["happy cat"], 1), (["happy cat", "dog", "chair"], 2), (["chair", None], None), ([], None)],
)
def test_animals_are_boxes_of_a_mood_or_a_species(categories, count):
    """A dog without a mood has no record, but is an animal that a finder may find beside the cat's box."""
    boxes = [PhotoBox(category, None) for category in categories]
    label = make_photo_label(boxes, (640, 480), {"happy cat": Meaning("행복/즐거움")})
    assert label.traits["animal_count"] == count and len(label.annotations) == len(categories)
