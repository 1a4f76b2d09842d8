"""The JPEG codec of preprocess: a square cut out of a frame, and a square as a JPEG.

Of what shards.jpeg_headers lets through, each held by a test: any chroma sampling is decoded, grey and CMYK turned into
RGB. EXIF turning is ignored: pixels and boxes are those that are stored. Never noticed: bytes changed within a scan
that still decode.
"""

import os
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up notes are nobody's news; before its import

import cv2
import numpy as np
import tensorflow as tf

from console.stderr_capture import capture_stderr
from preprocess.cutting.area_resampling import resample_area
from shards.crop_geometry import Crop
from shards.jpeg_headers import Header, UnreadableImage, check_decoder_warnings

_RATIOS = (8, 4, 2, 1)  # the scales at which libjpeg's fast inverse transforms decode


class Window(NamedTuple):
    """The part of a JPEG that a crop needs, in pixels of the image scaled by 1 / ratio."""

    ratio: int
    left: int  # outwards to whole pixels, and to where the crop leaves the image
    top: int
    right: int
    bottom: int
    inside: tuple[int, int, int, int]  # left, top, right, bottom of what the image has of it


def find_window(crop: Crop, header: Header, size: int) -> Window:
    """What to decode for a crop of `size` output pixels: at the smallest scale that leaves at least as many."""
    ratio = next((ratio for ratio in _RATIOS if crop.size >= ratio * size), 1)
    left, top = crop.x // ratio, crop.y // ratio
    right, bottom = -(-(crop.x + crop.size) // ratio), -(-(crop.y + crop.size) // ratio)
    edges = -(-header.width // ratio), -(-header.height // ratio)
    inside = max(left, 0), max(top, 0), min(right, edges[0]), min(bottom, edges[1])
    return Window(ratio, left, top, right, bottom, inside)


def decode_region(data: bytes, window: Window) -> np.ndarray:
    """The pixels of a window that lie inside the image, (height, width, 3) uint8 RGB.

    Raises UnreadableImage when the scan cannot be decoded.
    """
    left, top, right, bottom = window.inside
    try:
        with capture_stderr() as notes:
            pixels = tf.io.decode_and_crop_jpeg(
                data,
                (top, left, bottom - top, right - left),
                channels=3,
                ratio=window.ratio,
                dct_method="INTEGER_ACCURATE",  # the same pixels with and without SIMD
            ).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise UnreadableImage("its scan cannot be decoded") from error
    check_decoder_warnings(notes)
    return pixels


def decode_crop(data: bytes, header: Header, crop: Crop, size: int) -> np.ndarray:
    """The crop's pixels, (size, size, 3) uint8 RGB: one pass that decodes only its region, at the scale that fits.

    The scale is the smallest of 1, 1/2, 1/4 and 1/8 that leaves at least `size` pixels, then area resampling; a crop
    that is smaller than `size` is enlarged bilinearly. Outside the image it is black.
    Raises UnreadableImage when the scan cannot be decoded.
    """
    window = find_window(crop, header, size)
    pixels = decode_region(data, window)
    left, top, right, bottom = window.inside
    margins = top - window.top, window.bottom - bottom, left - window.left, window.right - right
    if any(margins):
        pixels = cv2.copyMakeBorder(pixels, *margins, cv2.BORDER_CONSTANT)
    if crop.size < size:
        return cv2.resize(pixels, (size, size), interpolation=cv2.INTER_LINEAR_EXACT)
    x, y = (crop.x - window.left * window.ratio) * size, (crop.y - window.top * window.ratio) * size
    return resample_area(pixels, x, y, crop.size, window.ratio * size, size)


def encode_jpeg(pixels: np.ndarray, quality: int) -> bytes:
    """(height, width, 3) uint8 RGB as a baseline JPEG with 4:2:0 chroma."""
    flags = (cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)
    return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), flags)[1].tobytes()
