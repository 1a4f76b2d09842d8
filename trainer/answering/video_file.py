"""Sample five frames a second from a user's video: the rate of the training frames.

OpenCV's FFmpeg reads the video and applies the rotation that a phone has noted. Its path is passed as an absolute one:
FFmpeg takes a name with a colon for a protocol and one with % for a numbered sequence.

A file that ends early is detected by comparing the times of its frames with the stated duration. MPEG program streams,
browser recordings and a WMV without its end state no duration: there truncation goes unnoticed.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from console.stderr_capture import capture_stderr
from shards.errors import describe_error
from shards.jpeg_headers import UnreadableImage
from shards.storage.files import open_file
from shards.storage.utf8_path import make_utf8_path

VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".3gp")
SAMPLED_FRAMES_PER_SECOND = 5

# A whole file may lack this much of its stated duration: so many seconds, or this share of it if that is more.
_MISSING_SECONDS, _MISSING_SHARE = 0.5, 0.02
_DEFAULT_FRAME_RATE = 30

# FFmpeg's own messages about broken videos do not name the file; ours do.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


def sample_video_frames(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    """Yield the frames nearest to 0, 0.2, 0.4 .. seconds, each at most once: a slower video yields every frame.

    Yields seconds from the first frame, and pixels (height, width, 3) uint8 RGB.

    Raises UnreadableImage if the file is no video or has no frame that can be decoded, and after the last frame if the
    file ends before its stated duration.
    """
    sample, previous = 0, None  # the number of the next sample, due at sample / SAMPLED_FRAMES_PER_SECOND seconds
    for seconds, pixels in _read_frames(path):
        if previous:
            # Samples due before the middle between two frames are nearer to the first of them.
            middle = SAMPLED_FRAMES_PER_SECOND * (previous[0] + seconds)  # twice the middle, in samples
            if 2 * sample <= middle:
                yield previous
                sample = max(sample + 1, int(middle / 2) + 1)
        previous = seconds, pixels
    if previous is None:
        raise UnreadableImage(_explain_lack_of_frames(path))
    if sample <= SAMPLED_FRAMES_PER_SECOND * (previous[0] + 0.001):  # some containers round times to milliseconds
        yield previous


def read_stated_size(path: Path) -> tuple[int, int]:
    """The width and height of all frames that OpenCV will give out, in pixels; 0, 0 for what is no video.

    FFmpeg decodes a frame for it only where the container does not say. Later frames of other sizes are scaled to this.
    """
    _check_regular_file(path)
    capture = _open_capture(path)
    try:
        sides = (capture.get(field) for field in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        width, height = (max(0, int(side)) for side in sides)  # -1 where OpenCV could not open it
        return width, height
    finally:
        capture.release()


def _open_capture(path: Path) -> cv2.VideoCapture:
    with capture_stderr(), make_utf8_path(path.absolute()) as plain_path:
        return cv2.VideoCapture(str(plain_path), cv2.CAP_FFMPEG)


def _read_frames(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    """Yield every frame with its seconds from the first one; raise UnreadableImage at the end if some are missing."""
    _check_regular_file(path)
    capture = _open_capture(path)
    try:
        step = 1 / (capture.get(cv2.CAP_PROP_FPS) or _DEFAULT_FRAME_RATE)
        stated_count = capture.get(cv2.CAP_PROP_FRAME_COUNT)  # 0 or negative if the container does not state it
        first, last, longest_gap, count = None, None, step, 0
        while True:
            decoded, pixels = capture.read()
            if not decoded:
                break
            count += 1
            seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if last is not None and seconds <= last:  # the container states no times
                seconds = last + step
            longest_gap = max(longest_gap, seconds - (seconds if last is None else last))
            first, last = (seconds if first is None else first), seconds
            yield seconds - first, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    finally:
        capture.release()
    if last is not None and count < stated_count:
        _check_duration(last - first + step, stated_count * step, longest_gap)


def _check_regular_file(path: Path) -> None:
    try:
        open_file(path).close()
    except OSError as error:
        absent = isinstance(error, FileNotFoundError)
        raise UnreadableImage("no such file" if absent else error.strerror or describe_error(error)) from error


def _check_duration(found: float, stated: float, longest_gap: float) -> None:
    """Compare the seconds that the frames cover with those that the file states.

    The stated number may be an estimate, and in a video with an uneven frame rate the last frame may last as long as
    the longest gap between two frames.
    """
    if stated - found > max(_MISSING_SECONDS, _MISSING_SHARE * stated, longest_gap):
        raise UnreadableImage(f"cut short or damaged: its frames end after {found:.1f} of {stated:.1f} seconds")


def _explain_lack_of_frames(path: Path) -> str:
    with open_file(path) as file:
        head = file.read(8)
        if not head:
            return "empty file, no video"
        if head[4:] == b"ftyp" and _lacks_mp4_index(file):
            return "cut short: no video without its index, which comes last"
    return "no video, or none with a frame that can be decoded"


def _lacks_mp4_index(file: BinaryIO) -> bool:
    """Return whether an MP4 has no box `moov`. Each box begins with its size (4 bytes) and its name (4 bytes)."""
    offset, file_size = 0, os.fstat(file.fileno()).st_size
    while offset + 8 <= file_size:
        file.seek(offset)
        head = file.read(16)
        if head[4:8] == b"moov":
            return False
        box_size = int.from_bytes(head[:4])
        if box_size == 0:  # it extends to the end of the file
            box_size = file_size
        elif box_size == 1:  # its size is a 64-bit number after the name
            box_size = int.from_bytes(head[8:16])
        offset += max(8, box_size)
    return True
