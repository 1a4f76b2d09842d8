"""The JPEG codec of preprocess: what a file's header states, a square cut out of it, and a square as a JPEG.

Outcomes, each held by a test. Decoded: baseline and progressive, grey and CMYK (turned into RGB), any chroma sampling,
bytes after the end marker. EXIF turning is ignored: pixels and boxes are those that are stored. Refused, with the
reason: no JPEG, a header that the file's end cuts off, no end marker (truncation), arithmetic coding, 12 bits a sample,
lossless, hierarchical, a side of 0 pixels. Never noticed: bytes changed within a scan that still decode.
"""

import os
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up notes are nobody's news; before its import

import cv2
import numpy as np
import tensorflow as tf

from preprocess.resample import resample_area
from shards.geometry import Crop

MAX_PIXELS = 40_000_000  # above an 8K frame; a header may claim 65535 x 65535
_RATIOS = (8, 4, 2, 1)  # the scales at which libjpeg's fast inverse transforms decode

_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length: TEM, RST0..7
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0..15 less DHT, JPG, DAC
_CODED = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive; all Huffman
_SCAN, _END = 0xDA, 0xD9


class UnreadableImage(Exception):
    """Bytes that are no decodable JPEG; the message goes into the manifest's note."""


class Header(NamedTuple):
    """What a JPEG states before its first scan: size in pixels as stored."""

    width: int
    height: int


def read_header(data: bytes) -> Header:
    """The size that a whole JPEG states. Nothing is decoded, whatever size is claimed.

    Raises UnreadableImage when it is no JPEG of a kind that can be decoded, or has no end marker.
    """
    header, scan = _find_scan(data)
    if header is None:
        raise UnreadableImage("the scan begins before the frame header")
    if min(header) == 0:
        raise UnreadableImage(f"states a size of {header.width}x{header.height}")
    if data.rfind(b"\xff\xd9", scan) < 0:
        raise UnreadableImage("truncated: no end marker")
    return header


def _find_scan(data: bytes) -> tuple[Header | None, int]:
    """Walk the markers to the first scan; the frame header met on the way, and where the scan begins."""
    if not data.startswith(b"\xff\xd8"):
        raise UnreadableImage("empty file" if not data else "not a JPEG")
    header, at = None, 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        marker = data[at + 1]
        if marker in (0x00, 0xFF):  # stuffing and fill bytes between segments: decoders pass over them
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker == _SCAN:
            return header, at
        elif marker == _END:
            break
        else:
            if marker in _FRAMES:
                header = _read_frame(data, at, marker)
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
    raise UnreadableImage("truncated: ends before its first scan")


def _read_frame(data: bytes, at: int, marker: int) -> Header:
    if marker not in _CODED:
        kind = "arithmetic coding" if marker in (0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF) else "lossless or hierarchical"
        raise UnreadableImage(f"{kind} (SOF{marker - 0xC0}) cannot be decoded")
    if at + 10 > len(data):
        raise UnreadableImage("truncated: ends within its frame header")
    if data[at + 4] != 8:
        raise UnreadableImage(f"{data[at + 4]} bits a sample cannot be decoded")
    return Header(int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7]))


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
        return tf.io.decode_and_crop_jpeg(
            data,
            (top, left, bottom - top, right - left),
            channels=3,
            ratio=window.ratio,
            dct_method="INTEGER_ACCURATE",  # the same pixels with and without SIMD
        ).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise UnreadableImage("its scan cannot be decoded") from error


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
