"""The log of a run, OUT.log.json: how and from what the dataset in OUT was made.

It lies beside the dataset, not in it, because the same dataset may be made at another time from another place.
"""

import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from console.output.origin import describe_machine, describe_program, name_time
from preprocess.fingerprint import fingerprint_of, list_library_versions
from preprocess.sources.video import SourceListing
from preprocess.stopwatch import Stopwatch
from preprocess.writing.finished_work import TaskSummary, count_repeated_images
from shards.dataset import read_dataset
from shards.errors import DataError
from shards.storage.atomic_write import write_atomically
from shards.storage.places import read_place
from shards.storage.self_checksum import ChecksumMismatch, check_json_checksum, dump_json_with_checksum
from shards.storage.stores.remote_files import write_remote_file
from shards.storage.stores.remote_path import AnyPlace, RemotePath, is_store_url


def log_file(out: AnyPlace) -> AnyPlace:
    if isinstance(out, RemotePath):
        return out.parent / f"{out.name}.log.json"
    return out.absolute().with_name(f"{out.absolute().name}.log.json")


def write_log(
    out: AnyPlace,
    digest: str,
    sources: Sequence[str],
    listing: SourceListing,
    tasks: Sequence[TaskSummary],
    workers: int,
    watch: Stopwatch,
) -> None:
    """Write the log of the run that made the dataset with this digest.

    It is written before the dataset appears, so that there is never a dataset without its log.
    """
    log = {
        "dataset": digest,
        "command": sys.argv,
        "sources": [path if is_store_url(path) else os.path.abspath(path) for path in sources],
        "started": watch.started,
        "finished": name_time(),
        "seconds": {stage: round(value, 2) for stage, value in watch.seconds.items()},
        "workers": workers,
        "program": describe_program(),
        "versions": list_library_versions() | {"ray": version("ray")},
        "machine": describe_machine(),
        "labels_without_frames": listing.labels_without_frames,
        "directories_without_label": listing.directories_without_label,
        "unreadable": listing.unreadable,
        "archives": listing.archives,
        "frames_in_several_places": count_repeated_images(tasks),
        "fingerprint": fingerprint_of([task.name for task in tasks]),
        "tasks": [[task.name, task.origin.stamps, task.origin.contents] for task in tasks],
    }
    _write(out, log)


def update_logged_tasks(out: AnyPlace, log: dict[str, Any], tasks: list[list[str]]) -> None:
    """Note the present times of change of the inputs, so that they need not be read again the next time."""
    if tasks != log["tasks"]:
        _write(out, log | {"tasks": tasks})


def read_log(out: AnyPlace) -> dict[str, Any] | None:
    """The log of the run that made the dataset in OUT; None where there is none, or it is damaged or another's."""
    try:
        log = json.loads(check_json_checksum(read_place(log_file(out))))
        return log if log["dataset"] == read_dataset(out).digest else None
    except (FileNotFoundError, ValueError, KeyError, TypeError, DataError, ChecksumMismatch):
        return None


def is_log(path: Path) -> bool:
    """Whether a file is the log of a run, damaged or not, and not a user's file of the same name."""
    try:
        return "fingerprint" in json.loads(path.read_bytes())
    except (ValueError, TypeError):
        return False


def _write(out: AnyPlace, log: dict[str, Any]) -> None:
    data, path = dump_json_with_checksum(log, indent=1), log_file(out)
    if isinstance(path, RemotePath):
        write_remote_file(path, data)
        return
    with write_atomically(path) as file:
        file.write(data)
