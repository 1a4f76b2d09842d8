"""Whether finished work still fits its inputs, although the times of change of frames may differ."""

from collections.abc import Iterable
from contextlib import suppress

from preprocess.cutting.frame import Frame, read_image
from preprocess.fingerprint import fingerprint_of
from preprocess.sources.input_fingerprint import Inputs, fingerprint_inputs, read_inputs, stamp_inputs
from preprocess.sources.video import Video
from preprocess.writing.finished_work import Origin
from preprocess.writing.video_frames import open_videos
from shards.jpeg_headers import UnreadableImage


def check_task_inputs(videos: list[Video], fingerprint: str, name: str, noted: Origin) -> Origin | None:
    """Whether a video task would read what the finished task `name` has read; see confirm_origin.

    `fingerprint` is that of the settings. This is a Ray task.
    """
    inputs = [read_inputs(video) for video in videos]
    return confirm_origin(noted, inputs) if fingerprint_inputs(inputs, fingerprint) == name else None


def confirm_origin(noted: Origin, inputs: list[Inputs]) -> Origin | None:
    """The origin of finished work with the present times of change, if the frames' bytes are the same; else None.

    Frames are read again only where a time of change differs, as after copying them.
    """
    stamps = stamp_inputs(inputs)
    if stamps == noted.stamps or _read_contents(inputs) == noted.contents:
        return Origin(stamps, noted.contents)
    return None


def describe_origin(inputs: list[Inputs], contents: list[tuple[str, int]]) -> Origin:
    """The origin to note for work that was made from inputs whose list_contents is `contents`."""
    return Origin(stamp_inputs(inputs), fingerprint_of(contents))


def list_contents(frames: Iterable[Frame]) -> list[tuple[str, int]]:
    """(path, CRC-32C) of each frame that was read."""
    return [(frame.row.image_file, frame.row.content) for frame in frames if frame.row.content is not None]


def _read_contents(inputs: list[Inputs]) -> str:
    """The fingerprint of all frames' bytes, as a video task would note it; nothing is decoded."""
    contents = []
    for video in open_videos(inputs):
        for frame in video.frames:
            if frame.is_kept:
                with suppress(UnreadableImage):
                    read_image(frame)
        contents += list_contents(video.frames)
    return fingerprint_of(contents)
