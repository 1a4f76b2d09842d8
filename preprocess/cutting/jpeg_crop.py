"""The JPEG codec of preprocess: JPEG + crop -> square of pixels, and square of pixels -> JPEG.

It decodes every JPEG that shards.jpeg_headers accepts: all chroma samplings, and grey and CMYK as RGB. The EXIF
orientation is ignored, because boxes refer to the pixels as they are stored. Damage within a scan that can still be
decoded is not noticed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import simplejpeg

from console.stderr_capture import capture_stderr
from preprocess.cutting.area_resampling import resample_area
from preprocess.cutting.jpeg_decoder import load_decoder
from preprocess.cutting.jpeg_window import CutWindow, Window, cut_windows, strip_notes
from shards.crop_geometry import Crop
from shards.jpeg_headers import Header, UnreadableImage, check_decoder_warnings

RATIOS = (8, 4, 2, 1)  # the scales at which libjpeg's fast inverse transforms decode
_NARROW = 8  # pixels


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


class Decoded(NamedTuple):
    """What was decoded of a JPEG."""

    pixels: np.ndarray  # (height, width, 3) uint8 RGB, maybe read-only
    is_plain: bool  # whether it is plain, see jpeg_window, and all of its scan was read without a fault


def decode_regions(jpegs: Sequence[tuple[bytes, Region]]) -> list[Decoded | UnreadableImage]:
    """The pixels of a region of each JPEG that lie inside the image.

    In place of those of a JPEG whose scan cannot be decoded stands the reason. Three JPEGs take less time together
    than one after the other. Each gives the same whatever the others are.
    """
    windows = cut_windows([(data, _find_window(region)) for data, region in jpegs])
    return [
        (_decode_window(window, region) if window and _is_wide(region) else None) or decode_by_tensorflow(data, region)
        for (data, region), window in zip(jpegs, windows, strict=True)
    ]


def decode_region(data: bytes, region: Region) -> np.ndarray:
    """What decode_regions gives for one JPEG. Raises UnreadableImage when the scan cannot be decoded."""
    (decoded,) = decode_regions([(data, region)])
    if isinstance(decoded, UnreadableImage):
        raise decoded
    return decoded.pixels


def decode_plain(data: bytes, ratio: int) -> np.ndarray:
    """All of a JPEG that is known to be plain, scaled by 1 / ratio: the pixels that decode_region gives, sooner."""
    return _decode_whole(strip_notes(data), ratio)


def _decode_whole(data: bytes, ratio: int) -> np.ndarray:
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    return simplejpeg.decode_jpeg(data, min_height=-(-height // ratio), min_width=-(-width // ratio))


def _find_window(region: Region) -> Window:
    """The part of the image that a region shows, in pixels of the whole image; it may end behind its edge."""
    return Window(*(edge * region.ratio for edge in region.inside))


def _is_wide(region: Region) -> bool:
    """Whether libjpeg smooths the colours of a picture of this width as it does those of a wider one."""
    return region.inside[2] - region.inside[0] >= _NARROW


def _decode_window(window: CutWindow, region: Region) -> Decoded | None:
    """The region's pixels; None where simplejpeg refuses the JPEG.

    It does so for rare samplings and for mere warnings, which TensorFlow's decoder does not, and for faults of the
    header that jpeg_layout does not look for.
    """
    left, top, right, bottom = region.inside
    x, y = window.left // region.ratio, window.top // region.ratio
    try:
        whole = _decode_whole(window.data, region.ratio)
    except (ValueError, LookupError):  # a LookupError for a sampling that it has no name for
        return None
    pixels = whole[top - y : bottom - y, left - x : right - x]
    return Decoded(np.ascontiguousarray(pixels), is_plain=True)


def decode_by_tensorflow(data: bytes, region: Region) -> Decoded | UnreadableImage:
    """The same from any JPEG, which takes longer: TensorFlow's decoder reads all of a scan too, and checks less."""
    left, top, right, bottom = region.inside
    decoder = load_decoder()
    try:
        with capture_stderr() as notes:
            pixels = decoder.decode(data, (top, left, bottom - top, right - left), region.ratio)
        check_decoder_warnings(notes)
    except decoder.error:
        return UnreadableImage("its scan cannot be decoded")
    except UnreadableImage as error:
        return error
    return Decoded(pixels, is_plain=False)


def decode_crops(jpegs: Sequence[tuple[bytes, Header, Crop]], size: int) -> list[Decoded | UnreadableImage]:
    """The pixels of a crop of each JPEG, (size, size, 3); only the crop's region is decoded, see find_region.

    The decoded region is shrunk by area resampling; a crop that is smaller than `size` is enlarged bilinearly. What
    lies outside the image is black. In place of those of a JPEG whose scan cannot be decoded stands the reason.
    """
    regions = [find_region(crop, header, size) for _, header, crop in jpegs]
    decoded = decode_regions([(data, region) for (data, _, _), region in zip(jpegs, regions, strict=True)])
    return [
        found
        if isinstance(found, UnreadableImage)
        else found._replace(pixels=_resize_region(found.pixels, region, crop, size))
        for found, region, (_, _, crop) in zip(decoded, regions, jpegs, strict=True)
    ]


def decode_crop(data: bytes, header: Header, crop: Crop, size: int) -> np.ndarray:
    """What decode_crops gives for one JPEG. Raises UnreadableImage when the scan cannot be decoded."""
    (decoded,) = decode_crops([(data, header, crop)], size)
    if isinstance(decoded, UnreadableImage):
        raise decoded
    return decoded.pixels


def _resize_region(pixels: np.ndarray, region: Region, crop: Crop, size: int) -> np.ndarray:
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
