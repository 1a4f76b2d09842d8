"""The square crop around a box on a photo, with the geometry of the crops that the shards hold."""

import cv2
import numpy as np

from shards.crop_geometry import Box, place_crop


def crop_square(pixels: np.ndarray, box: Box | None, grow: float, size: int) -> np.ndarray:
    """Crop the square around a box and resize it; where it extends beyond the photo it is black.

    Args:
        pixels: (height, width, 3) uint8.
        box: the animal, in these pixels; None for the whole photo, padded to a square.
        grow: the square's side over the box's longer side, see shards.crop_geometry; ignored without a box.
        size: side of the result in pixels. Area resampling shrinks, bilinear interpolation enlarges.

    Returns:
        (size, size, 3) uint8.
    """
    height, width = pixels.shape[:2]
    crop = place_crop(box or Box(0, 0, width, height), width, height, grow if box else 1)
    left, top, right, bottom = crop.x, crop.y, crop.x + crop.size, crop.y + crop.size
    square = pixels[max(top, 0) : bottom, max(left, 0) : right]
    margins = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
    if any(margins):
        square = cv2.copyMakeBorder(square, *margins, cv2.BORDER_CONSTANT)
    if crop.size == size:
        return np.ascontiguousarray(square)
    interpolation = cv2.INTER_AREA if crop.size > size else cv2.INTER_LINEAR_EXACT
    return cv2.resize(square, (size, size), interpolation=interpolation)
