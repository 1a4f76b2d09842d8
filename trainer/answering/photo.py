"""Any one picture of a user's: its pixels as they are to be seen, and the square that a model gets of it.

JPEG, PNG and WebP. Turned by their EXIF orientation, as phones expect, so a box counts in turned pixels (shards are
made of stored pixels; frames of videos carry no orientation). Transparency is dropped: the colour under it shows.
16 bits become 8, grey and CMYK become RGB. Refused with the reason: other kinds, more than 200 megapixels by the
header, a file that ends before its picture does. A JPEG is judged as preprocess judges it, by the same decoder and in
the same words; OpenCV, which turns it, would fill in what is missing. Never noticed: changed bytes that still decode.
"""

from pathlib import Path

import cv2
import numpy as np

from console.stderr_capture import capture_stderr
from shards.crop_geometry import Box, place_crop
from shards.errors import describe_error
from shards.jpeg_headers import UnreadableImage, check_decoder_warnings, read_header
from shards.storage.files import read_file
from trainer.tensorflow_startup import without_notes

MAX_PHOTO_PIXELS = 200_000_000  # the largest phones' cameras; 0.6 GB as pixels. A header may claim 65535 x 65535
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".webp")

_JPEG = b"\xff\xd8"
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_OTHERS = {b"GIF8": "GIF", b"BM": "BMP", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"%PDF": "PDF"}

# What OpenCV has to say of a broken file is said by us, with the file's name.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def read_pixels(path: Path, judge: bool = True) -> np.ndarray:
    """A picture's pixels, turned as it is to be seen, (height, width, 3) uint8 RGB. Raises UnreadableImage.

    Without `judge` TensorFlow is not started, and a JPEG that is cut short or damaged may pass.
    """
    try:
        data = read_file(path)  # not by OpenCV, which fails on Korean paths on Windows
    except OSError as error:
        raise UnreadableImage(error.strerror or describe_error(error)) from error
    return decode_pixels(data, judge)


def decode_pixels(data: bytes, judge: bool = True) -> np.ndarray:
    """The same of a file's bytes. Nothing is decoded before the header's size is known to be sane."""
    width, height = _read_size(data)
    if not 0 < width * height <= MAX_PHOTO_PIXELS:
        raise UnreadableImage(
            f"states a size of {width}x{height}; pictures of 1 to {MAX_PHOTO_PIXELS:,} pixels can be read"
        )
    if judge and data.startswith(_JPEG):
        _judge_scan(data)
    try:
        with capture_stderr():
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        raise UnreadableImage(f"cannot be decoded ({error.err})") from error
    if pixels is None:
        raise UnreadableImage("cannot be decoded: damaged or cut off")
    return pixels


def _judge_scan(data: bytes) -> None:
    """As preprocess does it; at an eighth of the size, which reads as much and takes a third of the time."""
    with without_notes():
        import tensorflow as tf
    try:
        with capture_stderr() as notes:
            tf.io.decode_jpeg(data, channels=3, ratio=8)
    except tf.errors.InvalidArgumentError as error:
        raise UnreadableImage("its scan cannot be decoded") from error
    check_decoder_warnings(notes)


def _read_size(data: bytes) -> tuple[int, int]:
    """Width and height as stored, of a file that has its end."""
    if not data:
        raise UnreadableImage("empty file")
    if data.startswith(_JPEG):
        return read_header(data)
    if data.startswith(_PNG):
        if _PNG_END not in data:
            raise UnreadableImage("truncated: the PNG has no end")
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _read_webp_size(data)
    raise UnreadableImage(f"{_name_kind(data)}; JPEG, PNG and WebP can be read, save it as one of them")


def _read_webp_size(data: bytes) -> tuple[int, int]:
    def number(start: int, stop: int) -> int:
        return int.from_bytes(data[start:stop], "little")

    if len(data) < max(30, 8 + number(4, 8)):
        raise UnreadableImage("truncated: the WebP is shorter than it states")
    if data[12:16] == b"VP8X":
        return number(24, 27) + 1, number(27, 30) + 1
    if data[12:16] == b"VP8L":
        return (number(21, 25) & 0x3FFF) + 1, (number(21, 25) >> 14 & 0x3FFF) + 1
    return number(26, 28) & 0x3FFF, number(28, 30) & 0x3FFF


def _name_kind(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return "a HEIC picture" if data[8:12] in (b"heic", b"heix", b"mif1", b"msf1") else "an AVIF picture or a video"
    return next((f"a {name} file" for start, name in _OTHERS.items() if data.startswith(start)), "no picture")


def cut_square(pixels: np.ndarray, box: Box | None, grow: float, size: int) -> np.ndarray:
    """The square around a box as the shards have it, (size, size, 3) uint8; black outside the picture.

    Args:
        pixels: (height, width, 3) uint8.
        box: in these pixels; None for the whole picture, filled up to a square with nothing lost.
        grow: times the box's longer side, see shards.crop_geometry; not for a whole picture.
        size: of the result; area resampling where that shrinks, bilinear where it enlarges.
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
    kind = cv2.INTER_AREA if crop.size > size else cv2.INTER_LINEAR_EXACT
    return cv2.resize(square, (size, size), interpolation=kind)
