"""Notes of finished work: JSON files, written last, that say that a piece of work is whole and what it was made from.

Each carries its own checksum. A run that is started again reads them and does only what is not finished.
"""

from collections.abc import Iterable
from typing import Self, TypeVar

import msgspec

from shards.errors import DataError
from shards.storage.places import read_place, remove_place, write_place
from shards.storage.self_checksum import ChecksumMismatch, check_json_checksum, dump_json_with_checksum
from shards.storage.stores.remote_path import AnyPlace

_Note = TypeVar("_Note", bound=msgspec.Struct)


class DamagedWork(DataError):
    """A file of finished work is not what was written. `task` names the work, which can be discarded and done again."""

    task: str

    @classmethod
    def of_file(cls, path: AnyPlace, problem: str) -> Self:
        """The error for a file called TASK.something."""
        # Not by __init__: an exception that crosses processes is made again from its message and its attributes.
        damage = cls(f"{path}: {problem}; run the same command again, which makes it anew")
        damage.task = path.name.partition(".")[0]
        return damage


class VideoSummary(msgspec.Struct):
    """What the shard plan needs to know of a video whose label could be used."""

    name: str
    split: str | None  # train or val where the source says so
    label: int  # number of the mood that most of its frames have
    animal: str  # the same for all videos that seem to show one animal
    kept: int  # frames that the video task keeps


class Origin(msgspec.Struct):
    """The state of the frames that finished work was made from; labels and settings are in the work's name."""

    stamps: str  # fingerprint of the files' times of change, see preprocess.sources.input_fingerprint.stamp_inputs
    contents: str  # fingerprint of the bytes of all frames that were read


class TaskSummary(msgspec.Struct):
    """What a finished video task reports to the driver; also its note, NAME.json."""

    name: str  # fingerprint of all that the task read but the frames' bytes
    origin: Origin
    rows: int
    counts: dict[str, int]  # rows by status
    reasons: dict[str, int]  # rejected rows by reason
    record_bytes: int
    unannotated_frames: int
    videos: list[VideoSummary]
    rows_digest: str = ""  # of NAME.parquet, which holds the checksum of every record
    digest: str = ""  # of this note
    repeated_images: int = 0  # files of frames that lie in an earlier place too
    damage: str = ""  # why earlier work was found damaged and done again; not in the file


def count_repeated_images(tasks: Iterable[TaskSummary]) -> int:
    """How many files the tasks left alone because the same frame lies in an earlier place too."""
    return sum(task.repeated_images for task in tasks)


def write_summary(folder: AnyPlace, summary: TaskSummary) -> None:
    write_note(folder / f"{summary.name}.json", msgspec.structs.replace(summary, damage=""))


def read_summary(folder: AnyPlace, name: str) -> TaskSummary | None:
    """The summary of a finished task; None where it is not finished. Raises DamagedWork."""
    summary = read_note(folder / f"{name}.json", TaskSummary)
    return summary and msgspec.structs.replace(summary, digest="")


def discard_task(folder: AnyPlace, name: str) -> None:
    """Remove a task's note, so that the task is done again."""
    remove_place(folder / f"{name}.json")


def write_note(path: AnyPlace, note: msgspec.Struct) -> None:
    """Write a note, which has a field `digest` for its checksum."""
    with write_place(path) as file:
        file.write(dump_json_with_checksum(note))


def read_note(path: AnyPlace, kind: type[_Note]) -> _Note | None:
    """The note in a file; None where there is no file. Raises DamagedWork."""
    try:
        return msgspec.json.decode(check_json_checksum(read_place(path)), type=kind)
    except FileNotFoundError:
        return None
    except (ChecksumMismatch, msgspec.DecodeError) as error:
        raise DamagedWork.of_file(path, str(error)) from error
