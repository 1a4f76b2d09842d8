"""Where the square crop lies, from an animal's box: the same rule for shards and for inference."""

from typing import NamedTuple


class Box(NamedTuple):
    """Pixels of the stored image, origin at its top left."""

    x: int
    y: int
    width: int
    height: int


class Crop(NamedTuple):
    """A square of `size` pixels; where it leaves the image (negative x or y, or past the far edge) it is padded."""

    x: int
    y: int
    size: int


def place_crop(box: Box, width: int, height: int, grow: float) -> Crop:
    """The square around a box's centre, `grow` times its longer side, kept inside a width x height image.

    It is never larger than the image's short side while the box fits in that; a box longer than the short side gets
    a square of its own longer side, which leaves the image and is padded there.
    """
    longer, shorter_edge = max(box.width, box.height), min(width, height)
    size = max(1, round(grow * longer))
    if size > shorter_edge:
        size = max(shorter_edge, longer)
    return Crop(
        _move_inside((2 * box.x + box.width - size) // 2, size, width),
        _move_inside((2 * box.y + box.height - size) // 2, size, height),
        size,
    )


def _move_inside(start: int, size: int, extent: int) -> int:
    """Nearest start at which [start, start + size) lies in [0, extent), or covers it when it is the larger."""
    free = extent - size
    return min(max(start, min(0, free)), max(0, free))
