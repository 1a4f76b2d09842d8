import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocess.cutting.area_resampling import compute_area_weights, resample_area


@given(st.integers(1, 700), st.integers(1, 300), st.integers(1, 8), st.data())
@settings(deadline=None)  # the first call compiles
def test_weights_add_up_and_stay_inside(pixels, count, ratio, data):
    unit = ratio * count
    step = data.draw(st.integers(1, pixels * ratio))  # source pixels of the unscaled window
    start = data.draw(st.integers(0, pixels * unit - step * count))
    first, weights = compute_area_weights(start, step, unit, pixels, count)
    assert (weights.sum(0) == 2**11).all() and (weights >= 0).all()
    assert first.min() >= 0 and (first + len(weights)).max() <= pixels


@pytest.mark.parametrize(("pixels", "size"), [(256, 256), (257, 256), (300, 256), (511, 256), (512, 256), (900, 224)])
@pytest.mark.parametrize("channels", [1, 3])
def test_is_opencvs_area(pixels, size, channels):
    source = np.random.default_rng(pixels).integers(0, 256, (pixels, pixels, channels), np.uint8)
    ours = resample_area(source, 0, 0, pixels, size, size)
    theirs = cv2.resize(source, (size, size), interpolation=cv2.INTER_AREA).reshape(ours.shape)
    difference = np.abs(ours.astype(int) - theirs)
    assert difference.max() <= 1 and difference.mean() < 0.05


def test_a_window_may_begin_within_a_pixel():
    """Half a pixel to the right of a ramp is half a step up."""
    ramp = np.repeat(np.arange(0, 200, 2, dtype=np.uint8)[None, :, None], 100, axis=0)
    at = [resample_area(ramp, x, 0, 20, 20, 20)[0, :, 0].astype(int) for x in (0, 10, 20)]
    assert (at[1] - at[0] == 1).all() and (at[2] - at[0] == 2).all()


def test_golden():
    """The same on every CPU: these bytes never change."""
    source = (np.arange(40 * 40 * 3) * 37 % 251).astype(np.uint8).reshape(40, 40, 3)
    small = resample_area(source, 3, 5, 39, 32, 32)
    assert int(small.astype(np.int64).sum()) == 383972
    assert small[7, 9].tolist() == [63, 100, 122]


@pytest.mark.parametrize("size", [32, 33])  # an odd last row has no pair
@pytest.mark.parametrize("channels", [1, 3])
def test_two_rows_at_once_are_what_the_weights_say(size, channels):
    """Shrinking by less than two, in the brightest picture too, whose sums are the largest."""
    pixels = np.random.default_rng(0).integers(0, 256, (50, 50, channels), np.uint8)
    for source in (pixels, np.full_like(pixels, 255)):
        down, across = (_spread_weights(*compute_area_weights(start, 49, size, 50, size)) for start in (3, 20))
        sums = np.einsum("ij,jkc,lk->ilc", down, source.astype(np.int64), across)
        assert (resample_area(source, 20, 3, 49, size, size) == (sums + (1 << 21)) >> 22).all()


def _spread_weights(first, weights):
    """The weight of each of 50 source pixels in each output pixel."""
    spread = np.zeros((len(first), 50), np.int64)
    for taps, line in enumerate(weights):
        spread[np.arange(len(first)), first + taps] = line
    return spread
