"""The position of the square crop around an animal's box, and the size of a whole frame that is scaled down.

Preprocessing and inference share these rules.
"""

import struct
from typing import NamedTuple

_FLOATS = struct.Struct("<4f")


class Box(NamedTuple):
    """A rectangle in pixels of the stored image, whose origin is at the top left."""

    x: int
    y: int
    width: int
    height: int


class BoxEdges(NamedTuple):
    """The edges of a box as fractions of its image's height and width, in the order of tfds' BBoxFeature."""

    ymin: float
    xmin: float
    ymax: float
    xmax: float


class Crop(NamedTuple):
    """A square of `size` pixels. Parts outside the image (negative x or y, or past the far edge) are padded."""

    x: int
    y: int
    size: int


def place_crop(box: Box, width: int, height: int, grow: float) -> Crop:
    """Return the square around a box's centre, shifted to lie inside a width x height image.

    Its side is `grow` times the box's longer side, but at most the image's shorter side. Only where the box is longer
    than that, the side is the box's longer side; the square then leaves the image and is padded.
    """
    longer, shorter_edge = max(box.width, box.height), min(width, height)
    size = max(1, round(grow * longer))
    if size > shorter_edge:
        size = max(shorter_edge, longer)
    return Crop(
        _shift_inside((2 * box.x + box.width - size) // 2, size, width),
        _shift_inside((2 * box.y + box.height - size) // 2, size, height),
        size,
    )


def clip_box(box: Box, width: int, height: int) -> Box:
    """The part of a box that lies in a width x height image; its sides are negative or 0 where nothing does."""
    left, top = max(box.x, 0), max(box.y, 0)
    right, bottom = min(box.x + box.width, width), min(box.y + box.height, height)
    return Box(left, top, right - left, bottom - top)


def measure_box(box: Box, width: int, height: int) -> BoxEdges:
    """The edges of the part of a box that lies in a width x height image, each rounded to a float32."""
    x, y, inside_width, inside_height = clip_box(box, width, height)
    edges = (y / height, x / width, (y + inside_height) / height, (x + inside_width) / width)
    return BoxEdges(*_FLOATS.unpack(_FLOATS.pack(*edges)))


def fit_size(width: int, height: int, side: int) -> tuple[int, int]:
    """The (width, height) in whole pixels, at least 1, of a picture whose longer side is scaled down to `side`.

    A picture that is not longer than that keeps its size.
    """
    longer = max(width, height)
    if longer <= side:
        return width, height
    # Rounded half up in whole numbers, so that every machine gives the same size.
    return tuple(max(1, (2 * length * side + longer) // (2 * longer)) for length in (width, height))


def _shift_inside(start: int, size: int, extent: int) -> int:
    """Return the nearest start at which [start, start + size) lies in [0, extent), or covers it if it is longer."""
    free = extent - size
    return min(max(start, min(0, free)), max(0, free))
