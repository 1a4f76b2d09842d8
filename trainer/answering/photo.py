"""Decode a user's photo to upright pixels.

JPEG, PNG and WebP are read. The EXIF orientation is applied, as for every viewer of phone photos, so a box on a photo
counts in upright pixels. (The frames in the shards are as stored: frames of videos carry no orientation.) Transparency
is dropped, 16 bits a channel become 8, grey and CMYK become RGB.

Refused: other kinds of files, more pixels than MAX_PHOTO_PIXELS, and truncated files, where OpenCV would make up the
missing part: libjpeg notes that on the standard error stream. Reasons have the words of preprocess. Altered bytes that
still decode cannot be detected.
"""

from pathlib import Path

import cv2
import numpy as np

from console.stderr_capture import capture_stderr
from shards.errors import describe_error
from shards.jpeg_headers import UnreadableImage, check_decoder_warnings
from shards.storage.files import read_file
from trainer.answering.photo_header import JPEG_START, read_photo_size

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".webp")

# OpenCV's own messages about broken files do not name the file; ours do.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def read_upright_pixels(path: Path) -> np.ndarray:
    """Read a photo, a JPEG, PNG or WebP file, and apply its EXIF orientation.

    Returns (height, width, 3) uint8 RGB, upright. Raises UnreadableImage.
    """
    try:
        data = read_file(path)  # cv2.imread cannot open Korean paths on Windows
    except OSError as error:
        raise UnreadableImage(error.strerror or describe_error(error)) from error
    return decode_upright_pixels(data)


def decode_upright_pixels(data: bytes) -> np.ndarray:
    """Decode the bytes of a photo, see read_upright_pixels. Its stated size is checked before it is decoded."""
    read_photo_size(data)
    try:
        with capture_stderr() as notes:
            # This mode applies the EXIF orientation.
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        raise UnreadableImage(f"cannot be decoded ({error.err})") from error
    is_jpeg = data.startswith(JPEG_START)
    if pixels is None:
        raise UnreadableImage("its scan cannot be decoded" if is_jpeg else "cannot be decoded: damaged or cut off")
    if is_jpeg:
        check_decoder_warnings(notes)
    return pixels
