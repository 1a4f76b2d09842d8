"""The sides of a picture between the shards and the network, so that the animal has one scale everywhere.

A training picture shows the same share of the stored square at every resolution, and validation shows the whole square
at the same scale. libjpeg decodes at 1/1, 1/2, 1/4 or 1/8 of the side at no cost; the device resizes the rest, by less
than 2.
"""

from typing import NamedTuple

from shards.errors import CallError

_RATIOS = (8, 4, 2, 1)  # at 1 / ratio of the side, libjpeg decodes


class PictureSizes(NamedTuple):
    """Sides in pixels."""

    stored: int  # of the squares in the shards
    ratio: int  # not a side: squares are decoded at 1 / ratio
    whole: int  # of a whole square as decoded: validation, inference, exports
    window: int  # of its random part as decoded: training
    resolution: int  # to which the device resizes a window
    network: int  # to which the device resizes a whole square


def choose_picture_sizes(stored: int, window: float, resolution: int) -> PictureSizes:
    """Decode as small as possible: so that the window still has at least `resolution` pixels.

    Args:
        stored: side of the stored squares in pixels.
        window: the share of that side that a training picture shows.
        resolution: side of the training pictures for the network, in pixels.

    Raises CallError if the window has fewer pixels than `resolution` in the stored square already.
    """
    stored_window = round(stored * window)
    if not 0 < resolution <= stored_window:
        raise CallError(
            f"resolution {resolution}: a window of {window:g} of the {stored} pixels that the shards hold has "
            f"{stored_window}; choose 1 to {stored_window}"
        )
    ratio = next(ratio for ratio in _RATIOS if stored_window // ratio >= resolution)
    whole, decoded_window = -(-stored // ratio), stored_window // ratio  # libjpeg rounds up
    return PictureSizes(stored, ratio, whole, decoded_window, resolution, round(resolution * whole / decoded_window))
