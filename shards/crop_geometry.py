"""The position of the square crop around an animal's box. Preprocessing and inference share this rule."""

from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in pixels of the stored image, whose origin is at the top left."""

    x: int
    y: int
    width: int
    height: int


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


def _shift_inside(start: int, size: int, extent: int) -> int:
    """Return the nearest start at which [start, start + size) lies in [0, extent), or covers it if it is longer."""
    free = extent - size
    return min(max(start, min(0, free)), max(0, free))
