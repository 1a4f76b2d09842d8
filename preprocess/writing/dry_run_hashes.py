"""What a dry run leaves for the real one: a task's rows as labels and images decide them, hashes included.

Nothing of it depends on what is made of the hashes, so it serves every distance. `NAME.parquet` holds the rows in the
order of the videos, `NAME.json` says that they are whole and whose they are.
"""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from preprocess.cutting.frame import Frame
from preprocess.near_duplicates.within_video import Candidate
from preprocess.sources.input_fingerprint import Inputs
from preprocess.sources.video import ImageFile
from preprocess.writing.spill import Origin, VideoSummary, read_note, read_task_rows, write_rows
from shards.storage.atomic_write import write_atomically
from shards.storage.self_checksum import dump_json_with_checksum


class HashedVideo(NamedTuple):
    """What was seen of one video. Without a summary its label cannot be used."""

    frames: list[Frame]
    summary: VideoSummary | None  # `kept` is not known yet
    unannotated: int  # frames on the disk that no annotation of a readable label names


class _Part(msgspec.Struct):
    """A video's part of the rows."""

    rows: int
    summary: VideoSummary | None
    unannotated: int


class _Noted(msgspec.Struct):
    """What NAME.json says."""

    origin: Origin
    parts: list[_Part]
    rows_digest: str
    digest: str = ""


def write_hashed_videos(folder: Path, name: str, looks: list[HashedVideo], origin: Origin, bits: int) -> None:
    """Leave what was seen under the fingerprint of what it was seen in."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = write_rows(folder, name, [frame.row for look in looks for frame in look.frames], bits)
    parts = [_Part(len(look.frames), look.summary, look.unannotated) for look in looks]
    with write_atomically(folder / f"{name}.json") as file:
        file.write(dump_json_with_checksum(_Noted(origin, parts, digest)))


def read_hashed_videos(folder: Path, name: str, inputs: list[Inputs]) -> tuple[list[HashedVideo], Origin] | None:
    """What an earlier run saw in the same inputs, and their state then; None where it is not there.

    Raises DamagedWork where it is not what was written; it can be seen again.
    """
    noted = read_note(folder / f"{name}.json", _Noted)
    if noted is None:
        return None
    found = read_task_rows(folder, name, noted.rows_digest).to_pylist()
    rows = iter(found)
    looks = [
        HashedVideo([_restore(next(rows), by_name) for _ in range(part.rows)], part.summary, part.unannotated)
        for part, by_name in zip(noted.parts, map(_index_images, inputs), strict=True)
    ]
    return looks, noted.origin


def _index_images(inputs: Inputs) -> dict[str, ImageFile]:
    return {image.relative: image for image in inputs.images.values()}


def _restore(row: dict[str, Any], images: dict[str, ImageFile]) -> Frame:
    candidate = None
    if row["hash"] is not None:
        candidate = Candidate(row["hash"], row["detail"], row["crop_size"], row["pixels"] or b"")
    return Frame(row, images.get(row["image_file"]), None, candidate)
