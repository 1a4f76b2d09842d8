"""What a dry run leaves for the real run: a task's rows with their hashes, before deduplication.

They do not depend on what is done with the hashes, so they serve every distance. `NAME.parquet` holds the rows in the
order of the videos; `NAME.json`, written last, says which rows belong to which video and what they were made from.
"""

from typing import Any

import msgspec

from preprocess.cutting.frame import Frame, make_candidate
from preprocess.cutting.frame_row import FrameRow
from preprocess.sources.input_fingerprint import Inputs
from preprocess.writing.finished_work import Origin, VideoSummary, read_note, write_note
from preprocess.writing.spill import read_task_rows, write_task_rows
from preprocess.writing.video_frames import VideoFrames
from shards.storage.places import make_folder
from shards.storage.stores.remote_path import AnyPlace


class _VideoPart(msgspec.Struct):
    """A video's part of the rows."""

    rows: int
    summary: VideoSummary | None
    unannotated: int


class _HashesNote(msgspec.Struct):
    """What NAME.json holds."""

    origin: Origin
    parts: list[_VideoPart]
    rows_digest: str
    digest: str = ""


def write_hashed_videos(folder: AnyPlace, name: str, videos: list[VideoFrames], origin: Origin, bits: int) -> None:
    """Write the frames of a task's videos, cut and hashed, under the fingerprint `name` of what they were made from."""
    make_folder(folder)
    digest = write_task_rows(folder, name, [frame.row for video in videos for frame in video.frames], bits)
    parts = [_VideoPart(len(video.frames), video.summary, video.unannotated) for video in videos]
    write_note(folder / f"{name}.json", _HashesNote(origin, parts, digest))


def read_hashed_videos(folder: AnyPlace, name: str, inputs: list[Inputs]) -> tuple[list[VideoFrames], Origin] | None:
    """The frames that write_hashed_videos wrote, and what they were made from; None where there are none.

    Raises DamagedWork where a file is not what was written; it can be made again.
    """
    note = read_note(folder / f"{name}.json", _HashesNote)
    if note is None:
        return None
    rows = iter(read_task_rows(folder, name, note.rows_digest).to_pylist())
    videos = [
        VideoFrames(_restore_frames([next(rows) for _ in range(part.rows)], video), part.summary, part.unannotated)
        for part, video in zip(note.parts, inputs, strict=True)
    ]
    return videos, note.origin


def _restore_frames(rows: list[dict[str, Any]], inputs: Inputs) -> list[Frame]:
    """Frames from their rows; their boxes and crops are not needed any more."""
    images = {image.relative: image for image in inputs.images.values()}
    restored = [msgspec.convert(row, FrameRow, builtin_types=(bytes,)) for row in rows]
    return [Frame(row, images.get(row.image_file), None, make_candidate(row)) for row in restored]
