"""What a dry run leaves to look at, in OUT/.work/dry_run: the manifest that the real run would write.

Where OUT lies in a store, it is left on this machine, where the dataset would be made.
Its rows have no places in shards. dry_run.json is written last. Both are removed when the dataset is made.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from preprocess.output_folder.work_folders import WORK, build_folder
from preprocess.settings import PreprocessSettings
from shards import manifest
from shards.dataset import DATASET_VERSION, Dataset
from shards.errors import DataError
from shards.storage.atomic_write import write_atomically
from shards.storage.files import hash_file, read_file
from shards.storage.self_checksum import ChecksumMismatch, check_json_checksum, dump_json_with_checksum
from shards.storage.stores.remote_path import is_store_url

DRY_RUN_FILE = "dry_run.json"


class DryRun(msgspec.Struct):
    """What dry_run.json holds."""

    version: int
    settings: dict[str, Any]
    counts: dict[str, Any]
    sources: list[str]
    manifest: str  # SHA-256
    digest: str = ""  # of this file


class _Version(msgspec.Struct):
    version: int = 0


def dry_run_folder(out: Path) -> Path:
    return out / WORK / "dry_run"


def write_dry_run(rows: Iterable[pa.Table], settings: PreprocessSettings) -> Dataset:
    """Write the manifest's rows in place of an earlier dry run. Returns them as a dataset without shards."""
    folder = dry_run_folder(build_folder(settings))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DRY_RUN_FILE).unlink(missing_ok=True)
    with write_atomically(folder / manifest.MANIFEST_FILE) as file:
        counts = manifest.write_manifest(file, rows, settings.hash.bits)
    sources = [source if is_store_url(source) else str(Path(source).absolute()) for source in settings.sources]
    with write_atomically(folder / DRY_RUN_FILE) as file:
        digest = hash_file(folder / manifest.MANIFEST_FILE)
        file.write(dump_json_with_checksum(DryRun(DATASET_VERSION, settings.content, counts, sources, digest)))
    return Dataset(settings.content, counts, {}, {})


def read_dry_run(out: Path) -> Dataset | None:
    """The last dry run into OUT as a dataset without shards; None where there was none.

    Raises DataError where it is damaged or of another version.
    """
    found, path = _read(out), dry_run_folder(out) / manifest.MANIFEST_FILE
    if found and not (path.exists() and hash_file(path) == found.manifest):
        raise DataError(f"{path} is gone or damaged; make the dry run again")
    return found and Dataset(found.settings, found.counts, {}, {})


def read_dry_run_sources(out: Path) -> list[str]:
    """The sources of the last dry run into OUT, in the manifest's order."""
    found = _read(out)
    return found.sources if found else []


def _read(out: Path) -> DryRun | None:
    path = dry_run_folder(out) / DRY_RUN_FILE
    try:
        data = read_file(path)
        stated = json.loads(data)  # not by msgspec, which refuses names of sources that are not UTF-8
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
