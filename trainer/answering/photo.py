"""Decode a user's photo to upright pixels.

JPEG, PNG and WebP are read. The EXIF orientation is applied, as for every viewer of phone photos, so a box on a photo
counts in upright pixels. (The frames in the shards are as stored: frames of videos carry no orientation.) Transparency
is dropped, 16 bits a channel become 8, grey and CMYK become RGB.

Refused: other kinds of files, more pixels than MAX_PHOTO_PIXELS, and truncated files, where OpenCV would make up the
missing part. TensorFlow checks a JPEG's scan just as preprocess does, so both refuse the same files with the same
words. Altered bytes that still decode cannot be detected.
"""

from pathlib import Path

import cv2
import numpy as np

from console.stderr_capture import capture_stderr
from shards.errors import describe_error
from shards.jpeg_headers import UnreadableImage, check_decoder_warnings
from shards.storage.files import read_file
from trainer.answering.photo_header import JPEG_START, read_photo_size
from trainer.tensorflow_startup import without_notes

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".webp")

# OpenCV's own messages about broken files do not name the file; ours do.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def read_upright_pixels(path: Path, check_scan: bool = True) -> np.ndarray:
    """Read a photo and apply its EXIF orientation.

    Args:
        path: a JPEG, PNG or WebP file.
        check_scan: have TensorFlow check a JPEG's scan. Without it TensorFlow is not started, and a JPEG with a
            truncated or damaged scan may pass.

    Returns:
        (height, width, 3) uint8 RGB, upright.

    Raises UnreadableImage.
    """
    try:
        data = read_file(path)  # cv2.imread cannot open Korean paths on Windows
    except OSError as error:
        raise UnreadableImage(error.strerror or describe_error(error)) from error
    return decode_upright_pixels(data, check_scan)


def decode_upright_pixels(data: bytes, check_scan: bool = True) -> np.ndarray:
    """Decode the bytes of a photo, see read_upright_pixels. Its stated size is checked before it is decoded."""
    read_photo_size(data)
    if check_scan and data.startswith(JPEG_START):
        _check_jpeg_scan(data)
    try:
        with capture_stderr():
            # This mode applies the EXIF orientation.
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        raise UnreadableImage(f"cannot be decoded ({error.err})") from error
    if pixels is None:
        raise UnreadableImage("cannot be decoded: damaged or cut off")
    return pixels


def _check_jpeg_scan(data: bytes) -> None:
    """Raise UnreadableImage for a truncated or damaged scan, with the decoder and the words of preprocess.

    An eighth of the size reads the whole scan as well, in a third of the time.
    """
    with without_notes():
        import tensorflow as tf
    try:
        with capture_stderr() as notes:
            tf.io.decode_jpeg(data, channels=3, ratio=8)
    except tf.errors.InvalidArgumentError as error:
        raise UnreadableImage("its scan cannot be decoded") from error
    check_decoder_warnings(notes)
