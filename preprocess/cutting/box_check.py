"""Annotated box -> a box that can be cut out, or the reason why the frame is rejected."""

from typing import NamedTuple

from preprocess.settings import BoxSettings
from shards.crop_geometry import Box, clip_box


class CheckedBox(NamedTuple):
    """Either a box that lies inside its image, or a reason."""

    box: Box | None
    reason: str | None = None  # of the manifest; None where there is a box
    note: str | None = None  # where the box was clipped to the image


def check_box(box: Box | None, width: int, height: int, settings: BoxSettings) -> CheckedBox:
    """Check a box against its image of width x height stored pixels; a box may touch the border.

    With the policy `drop`, a box that leaves the image gives a reason. With `clip` it is clipped to the image, if
    enough of it lies inside. A negative or zero side always gives a reason.
    """
    if box is None:
        return CheckedBox(None, "box_missing")
    if box.width < 0 or box.height < 0:
        return CheckedBox(None, "box_negative")
    may_clip = settings.policy == "clip"
    if not may_clip and (box.x < 0 or box.y < 0):
        return CheckedBox(None, "box_negative")
    if box.width == 0 or box.height == 0:
        return CheckedBox(None, "box_empty")
    inside = clip_box(box, width, height)
    if inside == box:
        return CheckedBox(box)
    visible = max(0, inside.width) * max(0, inside.height) / (box.width * box.height)
    if may_clip and min(inside.width, inside.height) > 0 and visible >= settings.min_visible:
        return CheckedBox(inside, note=f"box cut to the image, {visible:.0%} of it is inside")
    return CheckedBox(None, "box_negative" if box.x < 0 or box.y < 0 else "box_outside")
