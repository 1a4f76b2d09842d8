"""Which share of a stored square a training picture shows, and that validation sees it at the same scale."""

import pytest

from shards.errors import CallError
from trainer.input.picture_sizes import PictureSizes, choose_picture_sizes


@pytest.mark.parametrize(
    ("stored", "window", "resolution", "expected"),
    [
        (256, 0.875, 224, PictureSizes(256, 1, 256, 224, 224, 256)),  # nothing is resized
        (256, 0.875, 128, PictureSizes(256, 1, 256, 224, 128, 146)),
        (256, 0.875, 112, PictureSizes(256, 2, 128, 112, 112, 128)),  # the decoder alone
        (256, 0.875, 96, PictureSizes(256, 2, 128, 112, 96, 110)),
        (256, 0.875, 64, PictureSizes(256, 2, 128, 112, 64, 73)),
        (256, 0.875, 28, PictureSizes(256, 8, 32, 28, 28, 32)),
        (256, 1.0, 256, PictureSizes(256, 1, 256, 256, 256, 256)),
        (64, 0.875, 48, PictureSizes(64, 1, 64, 56, 48, 55)),
        (250, 0.875, 64, PictureSizes(250, 2, 125, 109, 64, 73)),  # nothing divides: libjpeg rounds up
    ],
)
def test_sides(stored, window, resolution, expected):
    assert choose_picture_sizes(stored, window, resolution) == expected


@pytest.mark.parametrize("stored", [64, 100, 224, 250, 256, 320, 511, 512])
def test_every_resolution_shows_the_same_share_at_the_same_scale(stored):
    for resolution in range(stored // 16, round(stored * 0.875) + 1):
        sizes = choose_picture_sizes(stored, 0.875, resolution)
        assert sizes.window / sizes.whole == pytest.approx(0.875, abs=1.5 / sizes.whole)
        assert 1 <= sizes.window / resolution < 2  # what bilinear resampling does well
        assert sizes.network / sizes.whole == pytest.approx(resolution / sizes.window, abs=0.6 / sizes.whole)


def test_more_than_the_window_has():
    with pytest.raises(CallError, match=r"resolution 225: a window of 0.875 of the 256 pixels .* has 224; .* 1 to 224"):
        choose_picture_sizes(256, 0.875, 225)
