"""From the stored square to the network's picture: which share of it, decoded at which scale, brought to which side.

At every resolution a training picture shows the same share of the stored square, and validation all of it at the same
scale. The decoder shrinks by 1, 2, 4 or 8 for nothing; what is left, less than 2, the device does.
"""

from typing import NamedTuple

from shards.errors import CallError

DEFAULT_WINDOW = 0.875  # 224 of 256

_RATIOS = (8, 4, 2, 1)  # at which libjpeg decodes


class PictureSizes(NamedTuple):
    """Sides in pixels, of the squares that the shards hold and of what becomes of them."""

    stored: int
    ratio: int  # the decoder gives 1 / ratio of the stored side
    whole: int  # the whole square as decoded: validation, inference, exports
    window: int  # its part as decoded: training
    resolution: int  # to which the device brings a window
    network: int  # to which it brings a whole square, so that the animal has the same scale


def choose_picture_sizes(stored: int, window: float, resolution: int) -> PictureSizes:
    """The smallest scale of the decoder at which a window of that share of the stored side still has `resolution`.

    Raises CallError where the window has fewer pixels than that to begin with.
    """
    share = round(stored * window)
    if not 0 < resolution <= share:
        raise CallError(
            f"resolution {resolution}: a window of {window:g} of the {stored} pixels that the shards hold has {share}; "
            f"choose 1 to {share}"
        )
    ratio = next(ratio for ratio in _RATIOS if share // ratio >= resolution)
    whole, part = -(-stored // ratio), share // ratio  # libjpeg rounds up
    return PictureSizes(stored, ratio, whole, part, resolution, round(resolution * whole / part))
