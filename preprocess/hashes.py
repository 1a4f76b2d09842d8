"""What a dry run leaves for the real one: a task's rows as labels and images decide them, hashes included.

Nothing of it depends on what is made of the hashes, so it serves every distance. `NAME.parquet` holds the rows in the
order of the videos, `NAME.json` says that they are whole and whose they are.
"""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from preprocess.duplicates import Candidate
from preprocess.frame import Frame
from preprocess.inputs import Inputs
from preprocess.spill import VideoSummary, read_rows, write_rows
from shards.files import write_atomically


class Look(NamedTuple):
    """What was seen of one video. Without a summary its label cannot be used."""

    frames: list[Frame]
    summary: VideoSummary | None  # `kept` is not known yet
    unannotated: int  # frames on the disk that no annotation of a readable label names


class _Part(msgspec.Struct):
    """A video's part of the rows."""

    rows: int
    summary: VideoSummary | None
    unannotated: int


def write_looks(folder: Path, name: str, looks: list[Look], bits: int) -> None:
    """Leave what was seen under the fingerprint of what it was seen in."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder, name, [frame.row for look in looks for frame in look.frames], bits)
    with write_atomically(folder / f"{name}.json") as file:
        file.write(msgspec.json.encode([_Part(len(look.frames), look.summary, look.unannotated) for look in looks]))


def read_looks(folder: Path, name: str, inputs: list[Inputs]) -> list[Look] | None:
    """What an earlier run saw in the same inputs; None where it is not there, or damaged: it can be seen again."""
    try:
        parts = msgspec.json.decode((folder / f"{name}.json").read_bytes(), type=list[_Part])
        found = read_rows(folder, name).to_pylist()
    except (OSError, ValueError, msgspec.DecodeError):
        return None
    if len(parts) != len(inputs) or sum(part.rows for part in parts) != len(found):
        return None
    rows = iter(found)
    return [
        Look([_restore(next(rows), video) for _ in range(part.rows)], part.summary, part.unannotated)
        for part, video in zip(parts, inputs, strict=True)
    ]


def _restore(row: dict[str, Any], video: Inputs) -> Frame:
    candidate = None
    if row["hash"] is not None:
        candidate = Candidate(row["hash"], row["detail"], row["crop_size"], row["pixels"] or b"")
    return Frame(row, video.images.get((row["frame_number"], row["timestamp"])), None, candidate)
