"""Augmentation: nothing for numbers in the middle, what each number does, and the same on every backend by design."""

import numpy as np
import pytest
from keras import ops

from tests.trees import make_image
from trainer.input.augmentation import AUGMENTATION_NUMBERS, Augmentation, make_resampling_weights

PICTURE = make_image(3, 48, 48).astype(np.float32)


def augment(**numbers: float) -> np.ndarray:
    names = ("scale", "aspect", "x", "y", "brightness", "contrast", "saturation", "warmth")
    row = np.full((1, AUGMENTATION_NUMBERS), 0.5, np.float32)
    for name, number in numbers.items():
        row[0, names.index(name)] = number
    return np.asarray(ops.convert_to_numpy(Augmentation(dtype="float32")(PICTURE[None].astype(np.uint8), row)))[0]


def test_the_middle_changes_nothing():
    np.testing.assert_allclose(augment(), PICTURE, atol=1e-3)


@pytest.mark.parametrize("zoom", [0.8, 1.0, 1.3])
def test_weights_of_a_line_add_up(zoom):
    weights = np.asarray(make_resampling_weights(20, np.array([zoom], np.float32), np.array([3.0], np.float32)))[0]
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    assert (weights >= 0).all()


def test_moving_moves():
    moved = augment(x=1.0)  # by 8% of 48 pixels: 3.84 to the left
    whole = np.roll(PICTURE, -4, axis=1)
    assert np.abs(moved - whole)[:, 5:-5].mean() < np.abs(moved - PICTURE)[:, 5:-5].mean() / 3
    np.testing.assert_allclose(augment(y=0.0)[:3], np.broadcast_to(PICTURE[:1], (3, 48, 3)), atol=1e-3)  # edges repeat


def test_zooming_in_keeps_the_centre():
    zoomed = augment(scale=1.0)
    np.testing.assert_allclose(zoomed[23:25, 23:25], PICTURE[23:25, 23:25], atol=4)
    assert np.abs(zoomed - PICTURE).mean() > 2


def test_light():
    assert augment(brightness=1.0).mean() > PICTURE.mean() + 15
    assert augment(contrast=0.0).std() < PICTURE.std() * 0.85
    grey = augment(saturation=0.0)
    assert np.ptp(grey, axis=2).mean() < np.ptp(PICTURE, axis=2).mean() * 0.8
    warm = augment(warmth=1.0) - PICTURE
    assert warm[..., 0].mean() > 0 > warm[..., 2].mean()
    extreme = augment(brightness=1.0, contrast=1.0)
    assert extreme.min() >= 0 and extreme.max() <= 255
