"""The JPEG codec of preprocess: JPEG + crop -> square of pixels, and square of pixels -> JPEG.

It decodes every JPEG that shards.jpeg_headers accepts: all chroma samplings, and grey and CMYK as RGB. The EXIF
orientation is ignored, because boxes refer to the pixels as they are stored. Damage within a scan that can still be
decoded is not noticed.
"""

from typing import NamedTuple

import cv2
import numpy as np

from console.stderr_capture import capture_stderr
from preprocess.cutting.area_resampling import resample_area
from preprocess.cutting.jpeg_decoder import load_decoder
from shards.crop_geometry import Crop
from shards.jpeg_headers import Header, UnreadableImage, check_decoder_warnings

RATIOS = (8, 4, 2, 1)  # the scales at which libjpeg's fast inverse transforms decode


class Region(NamedTuple):
    """The part of a JPEG that a crop covers, in pixels of the image scaled by 1 / ratio, rounded outwards."""

    ratio: int
    left: int  # the edges may lie outside the image, as the crop's do
    top: int
    right: int
    bottom: int
    inside: tuple[int, int, int, int]  # left, top, right, bottom of the part that lies inside the image


def find_region(crop: Crop, header: Header, size: int) -> Region:
    """The region to decode for a crop that becomes `size` x `size` pixels.

    Its scale is the smallest of 1, 1/2, 1/4 and 1/8 at which the crop still has at least `size` x `size` pixels.
    """
    ratio = next((ratio for ratio in RATIOS if crop.size >= ratio * size), 1)
    left, top = crop.x // ratio, crop.y // ratio
    right, bottom = -(-(crop.x + crop.size) // ratio), -(-(crop.y + crop.size) // ratio)
    width, height = -(-header.width // ratio), -(-header.height // ratio)  # as libjpeg rounds
    inside = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    return Region(ratio, left, top, right, bottom, inside)


def decode_region(data: bytes, region: Region) -> np.ndarray:
    """The pixels of a region that lie inside the image, (height, width, 3) uint8 RGB, read-only.

    Raises UnreadableImage when the scan cannot be decoded.
    """
    left, top, right, bottom = region.inside
    decoder = load_decoder()
    try:
        with capture_stderr() as notes:
            pixels = decoder.decode(data, (top, left, bottom - top, right - left), region.ratio)
    except decoder.error as error:
        raise UnreadableImage("its scan cannot be decoded") from error
    check_decoder_warnings(notes)
    return pixels


def decode_crop(data: bytes, header: Header, crop: Crop, size: int) -> np.ndarray:
    """The crop's pixels, (size, size, 3) uint8 RGB; only the crop's region is decoded, see find_region.

    The decoded region is shrunk by area resampling; a crop that is smaller than `size` is enlarged bilinearly. What
    lies outside the image is black. Raises UnreadableImage when the scan cannot be decoded.
    """
    region = find_region(crop, header, size)
    pixels = decode_region(data, region)
    left, top, right, bottom = region.inside
    margins = top - region.top, region.bottom - bottom, left - region.left, region.right - right
    if any(margins):
        pixels = cv2.copyMakeBorder(pixels, *margins, cv2.BORDER_CONSTANT)
    if crop.size < size:
        return cv2.resize(pixels, (size, size), interpolation=cv2.INTER_LINEAR_EXACT)
    # In units of 1 / (ratio * size) decoded pixels, in which the crop's edges and the output pixels are whole numbers.
    x, y = (crop.x - region.left * region.ratio) * size, (crop.y - region.top * region.ratio) * size
    return resample_area(pixels, x, y, crop.size, region.ratio * size, size)


def encode_jpeg(pixels: np.ndarray, quality: int) -> bytes:
    """(height, width, 3) uint8 RGB as a baseline JPEG with 4:2:0 chroma."""
    flags = (cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)
    return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), flags)[1].tobytes()
