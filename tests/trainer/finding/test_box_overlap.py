"""Overlap of boxes, and which of several around one pet stays."""

import numpy as np
import pytest

from shards.crop_geometry import Box
from trainer.finding.box_overlap import compute_overlaps, list_corners, suppress_overlapping


@pytest.mark.parametrize(
    ("box", "other", "overlap"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1),
        ((0, 0, 10, 10), (5, 0, 10, 10), 1 / 3),
        ((0, 0, 10, 10), (2, 3, 5, 4), 0.2),  # inside
        ((0, 0, 10, 10), (10, 0, 10, 10), 0),  # side by side
        ((0, 0, 10, 10), (50, 50, 1, 1), 0),
        ((3, 4, 0, 0), (3, 4, 0, 0), 0),  # without an area
    ],
)
def test_overlaps(box, other, overlap):
    corners, others = list_corners([Box(*box)]), list_corners([Box(*other)])
    assert compute_overlaps(corners, others) == pytest.approx(overlap)
    assert compute_overlaps(others, corners) == pytest.approx(overlap)


def test_overlaps_of_many_are_counted_pixels():
    rng = np.random.default_rng(3)
    boxes = [Box(*rng.integers(0, 20, 2), *rng.integers(1, 20, 2)) for _ in range(12)]
    masks = np.zeros((12, 40, 40), bool)
    for mask, box in zip(masks, boxes, strict=True):
        mask[box.y : box.y + box.height, box.x : box.x + box.width] = True
    expected = [[(a & b).sum() / (a | b).sum() for b in masks[:5]] for a in masks]
    np.testing.assert_allclose(compute_overlaps(list_corners(boxes), list_corners(boxes[:5])), expected)
    assert compute_overlaps(list_corners([]), list_corners(boxes)).shape == (0, 12)


def test_suppression_keeps_the_best_of_each_pet():
    boxes = [Box(0, 0, 10, 10), Box(1, 0, 10, 10), Box(50, 0, 10, 10), Box(51, 0, 10, 10), Box(6, 0, 10, 10)]
    kept = suppress_overlapping(list_corners(boxes), np.array([0.5, 0.9, 0.8, 0.7, 0.6]), np.zeros(5), 0.4)
    assert list(kept) == [1, 2, 4]  # 4 overlaps 1 by a third: it stays, though 0 between them goes
    assert list(suppress_overlapping(list_corners([]), np.empty(0), np.empty(0), 0.4)) == []


BODY, HEAD = Box(107, 23, 173, 190), Box(118, 6, 160, 101)  # what the general finder gives for a real pug


@pytest.mark.parametrize(
    ("second", "scores", "species", "kept"),
    [
        (HEAD, (0.74, 0.37), ("dog", "dog"), [0]),
        (HEAD, (0.37, 0.74), ("dog", "dog"), [1]),  # the surer one stays, whichever is larger
        (Box(150, 100, 40, 40), (0.74, 0.37), ("dog", "dog"), [0]),  # a small one, wholly inside
        (HEAD, (0.74, 0.37), ("dog", "cat"), [0, 1]),
        (HEAD, (0.74, 0.5), ("dog", "dog"), [0, 1]),  # sure by itself: in front of the other
        (HEAD, (0.74, 0.4999), ("dog", "dog"), [0]),
        (Box(118, -20, 160, 101), (0.74, 0.37), ("dog", "dog"), [0, 1]),  # 0.57 of it: two side by side
        (Box(150, 100, 0, 0), (0.74, 0.37), ("dog", "dog"), [0, 1]),  # without an area, it is in none
    ],
)
def test_a_part_of_a_pet_is_no_other_pet(second, scores, species, kept):
    corners = list_corners([BODY, second])
    assert sorted(suppress_overlapping(corners, np.array(scores), np.array(species), 0.4)) == kept
