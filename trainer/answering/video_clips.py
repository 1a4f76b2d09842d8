"""A video's frames, five a second, as the training frames were taken.

Read by OpenCV's FFmpeg, which turns what a phone has filmed upright. The path goes to it whole and absolute: a name
with a colon would be a protocol to it, one with % a row of pictures. Korean names: tried on Linux.

A file that ends before its stated duration does is told from its frames' times. MPEG program streams, what a browser
has recorded, and a WMV that has lost its end state none: there it goes unnoticed.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # a broken video is named by us; before OpenCV is imported

import cv2

from console.stderr_capture import capture_stderr
from shards.errors import describe_error
from shards.jpeg_headers import UnreadableImage
from shards.storage.files import open_file
from shards.storage.utf8_path import make_utf8_path

VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".3gp")
RATE = 5  # frames a second
_MISSING, _MISSING_PART = 0.5, 0.02  # seconds, and part of the stated ones, that a whole file may lack


def read_clip_frames(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    """Seconds from the start, and pixels (height, width, 3) uint8 RGB, of the frames nearest to 0, 0.2, 0.4.. s,
    as far as there are frames.

    No frame comes twice: a video of fewer frames a second gives those that it has.
    Raises UnreadableImage where it is no video, has no frame that can be decoded, or, after its last frame, where it
    ends before it should.
    """
    wanted, before = 0, None
    for seconds, pixels in _read_all(path):
        if before and 2 * wanted <= RATE * (before[0] + seconds):  # nearer to the one before than to this one
            yield before
            wanted = max(wanted + 1, int(RATE * (before[0] + seconds) / 2) + 1)
        before = seconds, pixels
    if before is None:
        raise UnreadableImage(_name_fault(path))
    if wanted <= RATE * (before[0] + 0.001):  # times are whole milliseconds in some containers
        yield before


def _read_all(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    _check_regular(path)
    with capture_stderr(), make_utf8_path(path.absolute()) as named:
        capture = cv2.VideoCapture(str(named), cv2.CAP_FFMPEG)
    try:
        step = 1 / (capture.get(cv2.CAP_PROP_FPS) or 30)
        stated = capture.get(cv2.CAP_PROP_FRAME_COUNT)  # none or below 0 where the container does not say
        start, last, longest, count = None, None, step, 0
        while True:
            whole, pixels = capture.read()
            if not whole:
                break
            count += 1
            seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if last is not None and seconds <= last:  # a container that states no times
                seconds = last + step
            longest = max(longest, seconds - (seconds if last is None else last))
            start, last = (seconds if start is None else start), seconds
            yield seconds - start, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    finally:
        capture.release()
    if last is not None and count < stated:
        _check_end(last - start + step, stated * step, longest)


def _check_regular(path: Path) -> None:
    try:
        open_file(path).close()
    except OSError as error:
        absent = isinstance(error, FileNotFoundError)
        raise UnreadableImage("no such file" if absent else error.strerror or describe_error(error)) from error


def _check_end(found: float, stated: float, longest: float) -> None:
    """Of the seconds of frames that came and those that the file states, with fewer frames than it states.

    Its number of frames may be an estimate, and where they come unevenly, the last may last as long as any.
    """
    if stated - found > max(_MISSING, _MISSING_PART * stated, longest):
        raise UnreadableImage(f"cut short or damaged: its frames end after {found:.1f} of {stated:.1f} seconds")


def _name_fault(path: Path) -> str:
    """Why a file gives no frame."""
    with open_file(path) as file:
        head = file.read(8)
        if not head:
            return "empty file, no video"
        if head[4:] == b"ftyp" and _lacks_index(file):
            return "cut short: no video without its index, which comes last"
    return "no video, or none with a frame that can be decoded"


def _lacks_index(file: BinaryIO) -> bool:
    """Whether an MP4 has no box `moov`; each box begins with its size and name."""
    at, size = 0, os.fstat(file.fileno()).st_size
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        if head[4:8] == b"moov":
            return False
        length = int.from_bytes(head[:4])  # 0: up to the end; 1: it follows the name
        at += max(8, int.from_bytes(head[8:16]) if length == 1 else length or size)
    return True
