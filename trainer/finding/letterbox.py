"""How a picture of any shape lies in a square: as large as it fits, in the middle, on black.

Training and inference share this rule. Its arithmetic is written so that it holds for numpy and for TensorFlow alike.
"""

from typing import Any, NamedTuple


class Letterbox(NamedTuple):
    """Where a picture lies in the square: pixel p of the picture is at p * scale + offset."""

    scale_y: Any
    scale_x: Any
    offset_y: Any
    offset_x: Any


def plan_letterbox(height: Any, width: Any, side: int) -> Letterbox:
    """Place pictures of these heights and widths, floats (n,), in squares of `side` pixels, by whole pixels."""
    longer = (height + width + abs(height - width)) / 2
    placed_height = _at_least_one((height * side / longer + 0.5) // 1)
    placed_width = _at_least_one((width * side / longer + 0.5) // 1)
    return Letterbox(
        placed_height / height, placed_width / width, (side - placed_height) // 2, (side - placed_width) // 2
    )


def _at_least_one(length: Any) -> Any:
    return (length + 1 + abs(length - 1)) / 2
