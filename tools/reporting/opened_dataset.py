"""Opens a dataset, or the result of a dry run, for reading, and finds the sources that it was made from."""

import os
from pathlib import Path
from typing import NamedTuple

from preprocess.output_folder.dry_run import dry_run_folder, read_dry_run, read_dry_run_sources
from preprocess.output_folder.run_log import read_log
from shards import dataset, manifest
from shards.dataset import Dataset, read_dataset
from shards.errors import CallError, DataError
from shards.storage.files import hash_file


class OpenedDataset(NamedTuple):
    """A dataset or the result of a dry run."""

    folder: Path  # holds manifest.parquet
    dataset: Dataset
    is_dry_run: bool
    sources: tuple[Path, ...] = ()  # as the log or the dry run names them, whether they still exist or not


def open_dataset(folder: Path, dry_run: bool = False) -> OpenedDataset:
    """Open the dataset in a folder, or the dry run into it where there is no dataset or `dry_run` asks for it.

    The manifest is checked against its SHA-256 in dataset.json; of the shards only the sizes are checked.

    Raises CallError where there is neither a dataset nor a dry run, and DataError where a file is missing, damaged or
    belongs to another dataset or version.
    """
    if folder.is_dir() and (dry_run or not (folder / dataset.DATASET_FILE).exists()):
        if opened := _open_dry_run(folder):
            return opened
        if dry_run:
            raise CallError(f"{folder} holds no dry run; make one: python -m preprocess --out {folder} --dry_run ...")
    found, misfit = read_dataset(folder), dataset.find_mismatched_file(folder)
    if not misfit and hash_file(folder / manifest.MANIFEST_FILE) != found.files[manifest.MANIFEST_FILE].sha256:
        misfit = manifest.MANIFEST_FILE
    if misfit:
        what = f"{folder / misfit} is missing, damaged or of another dataset"
        raise DataError(f"{what}; run python -m tools.verify {folder}, which tells more")
    return OpenedDataset(folder, found, False, read_logged_sources(folder))


def _open_dry_run(folder: Path) -> OpenedDataset | None:
    if found := read_dry_run(folder):
        return OpenedDataset(dry_run_folder(folder), found, True, tuple(map(Path, read_dry_run_sources(folder))))
    return None


def read_logged_sources(folder: Path) -> tuple[Path, ...]:
    """The sources that a dataset's log names, whether they still exist or not; empty without a log."""
    return tuple(map(Path, (read_log(folder) or {}).get("sources", [])))


def find_sources(opened: OpenedDataset, given: list[str] | None) -> list[Path]:
    """The sources of a dataset, in the order of the manifest's column `source`.

    They are the `given` ones; without them the ones that the log names, or none where one of these no longer exists.

    Raises CallError where a given source is no folder, CSV or COCO JSON, or where fewer are given than the manifest
    refers to.
    """
    if given is None:
        return list(opened.sources) if all(source.exists() for source in opened.sources) else []
    for source in given:
        if not os.path.isdir(source) and not (os.path.isfile(source) and source.lower().endswith((".csv", ".json"))):
            what = "is not a folder" if os.path.exists(source) else "does not exist"
            raise CallError(f"--source {source} {what}; give the folder or file that preprocess was given")
    needed = _count_sources(opened.folder)
    if len(given) < needed:
        raise CallError(f"--source names {len(given)} of {needed} folders; give all, in the order of preprocess's call")
    return [Path(source) for source in given]


def _count_sources(folder: Path) -> int:
    """The number of sources that a manifest refers to, from the statistics of its row groups."""
    with manifest.open_manifest(folder) as file:
        column = file.schema_arrow.get_field_index("source")
        groups = [file.metadata.row_group(group).column(column) for group in range(file.metadata.num_row_groups)]
    return max((group.statistics.max + 1 for group in groups), default=0)
