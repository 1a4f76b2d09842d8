"""Annotated box -> a box that can be cut, or the reason why not."""

from typing import NamedTuple

from preprocess.settings import BoxSettings
from shards.crop_geometry import Box


class CheckedBox(NamedTuple):
    """Either a box inside its image, with a note if it was cut, or a reason of the manifest."""

    box: Box | None
    reason: str | None = None
    note: str | None = None


def check_box(box: Box | None, width: int, height: int, settings: BoxSettings) -> CheckedBox:
    """Hold a box against its width x height image (stored pixels); touching the border is inside."""
    if box is None:
        return CheckedBox(None, "box_missing")
    if box.width < 0 or box.height < 0:
        return CheckedBox(None, "box_negative")
    clips = settings.policy == "clip"
    if not clips and (box.x < 0 or box.y < 0):
        return CheckedBox(None, "box_negative")
    if box.width == 0 or box.height == 0:
        return CheckedBox(None, "box_empty")
    inside = _intersect(box, width, height)
    if inside == box:
        return CheckedBox(box)
    visible = max(0, inside.width) * max(0, inside.height) / (box.width * box.height)
    if clips and min(inside.width, inside.height) > 0 and visible >= settings.min_visible:
        return CheckedBox(inside, note=f"box cut to the image, {visible:.0%} of it is inside")
    return CheckedBox(None, "box_negative" if box.x < 0 or box.y < 0 else "box_outside")


def _intersect(box: Box, width: int, height: int) -> Box:
    left, top = max(box.x, 0), max(box.y, 0)
    right, bottom = min(box.x + box.width, width), min(box.y + box.height, height)
    return Box(left, top, right - left, bottom - top)
