"""What a dry run leaves to look at: the manifest that the real run would write, without places in shards.

It lies in OUT/.work/dry_run and goes when the dataset is made. dry_run.json is written last.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from preprocess.settings import PreprocessSettings
from preprocess.writing.output_folder import WORK
from preprocess.writing.publication import place_rows
from preprocess.writing.shard_plan import ShardPlan
from preprocess.writing.spill import TaskSummary
from shards import manifest
from shards.dataset import DATASET_VERSION, Dataset
from shards.errors import DataError
from shards.storage.atomic_write import write_atomically
from shards.storage.files import hash_file, read_file
from shards.storage.self_checksum import ChecksumMismatch, check_json_checksum, dump_json_with_checksum

DRY_RUN_FILE = "dry_run.json"


class DryRun(msgspec.Struct):
    """What dry_run.json says."""

    version: int
    settings: dict[str, Any]
    counts: dict[str, Any]
    sources: list[str]
    manifest: str  # SHA-256
    digest: str = ""  # of this file


def dry_run_folder(out: Path) -> Path:
    return out / WORK / "dry_run"


def write_dry_run(plan: ShardPlan, tasks: Sequence[TaskSummary], settings: PreprocessSettings, spills: Path) -> Dataset:
    """Write what a dry run found in place of what an earlier one did; returns it as a dataset without shards."""
    folder = dry_run_folder(Path(settings.out))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DRY_RUN_FILE).unlink(missing_ok=True)
    with write_atomically(folder / manifest.MANIFEST_FILE) as file:
        counts = manifest.write_manifest(file, place_rows(plan, tasks, (), spills), settings.hash.bits)
    sources = [str(Path(source).absolute()) for source in settings.sources]
    with write_atomically(folder / DRY_RUN_FILE) as file:
        digest = hash_file(folder / manifest.MANIFEST_FILE)
        file.write(dump_json_with_checksum(DryRun(DATASET_VERSION, settings.content, counts, sources, digest)))
    return Dataset(settings.content, counts, {}, {})


def read_dry_run(out: Path) -> Dataset | None:
    """What the last dry run into OUT found, as a dataset without shards; None where there was none.

    Raises DataError where it is damaged or of another version.
    """
    found, path = _read(out), dry_run_folder(out) / manifest.MANIFEST_FILE
    if found and not (path.exists() and hash_file(path) == found.manifest):
        raise DataError(f"{path} is gone or damaged; make the dry run again")
    return found and Dataset(found.settings, found.counts, {}, {})


def read_dry_run_sources(out: Path) -> list[str]:
    """The folders that the last dry run into OUT looked at."""
    found = _read(out)
    return found.sources if found else []


def _read(out: Path) -> DryRun | None:
    path = dry_run_folder(out) / DRY_RUN_FILE
    try:
        data = read_file(path)
        stated = json.loads(data)  # not by msgspec: sources may have names that are no text
        version = msgspec.convert(stated, _Version).version
        if version == DATASET_VERSION:
            check_json_checksum(data)
            return msgspec.convert(stated, DryRun)
    except FileNotFoundError:
        return None
    except (ChecksumMismatch, msgspec.ValidationError, ValueError) as error:
        raise DataError(f"{path}: damaged: {error}; make the dry run again") from error
    what = f"is of version {version}, this program reads version {DATASET_VERSION}"
    raise DataError(f"{path}: {what}; make the dry run again")


class _Version(msgspec.Struct):
    version: int = 0
