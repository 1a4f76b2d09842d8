"""A video's frames, five a second, as the training frames were taken.

Read by OpenCV's FFmpeg, which turns what a phone has filmed upright. The path goes to it whole and absolute: a name
with a colon would be a protocol to it, one with % a row of pictures. Korean names: tried on Linux.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # a broken video is named by us; before OpenCV is imported

import cv2

from shards.jpeg import UnreadableImage

SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".3gp")
RATE = 5  # frames a second


def read_frames(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    """Seconds from the start, and pixels (height, width, 3) uint8 RGB, of the frames nearest to 0, 0.2, 0.4.. s,
    as far as there are frames.

    No frame comes twice: a video of fewer frames a second gives those that it has.
    Raises UnreadableImage where it is no video or has no frame that can be decoded.
    """
    wanted, before = 0, None
    for seconds, pixels in _read_all(path):
        if before and 2 * wanted <= RATE * (before[0] + seconds):  # nearer to the one before than to this one
            yield before
            wanted = max(wanted + 1, int(RATE * (before[0] + seconds) / 2) + 1)
        before = seconds, pixels
    if before is None:
        raise UnreadableImage("no video, or none with a frame that can be decoded")
    if wanted <= RATE * (before[0] + 0.001):  # times are whole milliseconds in some containers
        yield before


def _read_all(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    if not path.is_file():
        raise UnreadableImage("no such file")
    capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
    try:
        step = 1 / (capture.get(cv2.CAP_PROP_FPS) or 30)
        start = last = None
        while True:
            whole, pixels = capture.read()
            if not whole:
                return
            seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if last is not None and seconds <= last:  # a container that states no times
                seconds = last + step
            start, last = (seconds if start is None else start), seconds
            yield seconds - start, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    finally:
        capture.release()
