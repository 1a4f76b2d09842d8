"""The anchors, against figures worked out by hand from MediaPipe's options."""

import math

import numpy as np
import pytest

from trainer.finding.ssd_anchors import make_anchors

AFTER_LAYERS = np.cumsum([19 * 19 * 3, 10 * 10 * 6, 5 * 5 * 6, 3 * 3 * 6, 2 * 2 * 6, 6])


def test_there_are_as_many_as_the_network_has_outputs():
    assert make_anchors().shape == (1917, 4) and AFTER_LAYERS[-1] == 1917


@pytest.mark.parametrize(
    ("index", "anchor"),
    [
        (0, (0.5 / 19, 0.5 / 19, 0.1, 0.1)),  # the lowest layer begins with a smaller square
        (1, (0.5 / 19, 0.5 / 19, 0.2 / math.sqrt(2), 0.2 * math.sqrt(2))),  # wide
        (2, (0.5 / 19, 0.5 / 19, 0.2 * math.sqrt(2), 0.2 / math.sqrt(2))),  # high
        (3, (0.5 / 19, 1.5 / 19, 0.1, 0.1)),  # then one place to the right
        (19 * 3, (1.5 / 19, 0.5 / 19, 0.1, 0.1)),  # and the next row
        (AFTER_LAYERS[0], (0.05, 0.05, 0.35, 0.35)),
        (AFTER_LAYERS[0] + 3, (0.05, 0.05, 0.35 / math.sqrt(3), 0.35 * math.sqrt(3))),
        (AFTER_LAYERS[0] + 5, (0.05, 0.05, math.sqrt(0.35 * 0.5), math.sqrt(0.35 * 0.5))),  # between two layers
        (AFTER_LAYERS[1], (0.1, 0.1, 0.5, 0.5)),
        (1911, (0.5, 0.5, 0.95, 0.95)),
        (1916, (0.5, 0.5, math.sqrt(0.95), math.sqrt(0.95))),
    ],
)
def test_places_and_sizes(index, anchor):
    assert make_anchors()[index] == pytest.approx(anchor, abs=1e-6)
