"""Opens a dataset, or the result of a dry run, for reading, and finds the sources that it was made from."""

import os
from pathlib import Path
from typing import NamedTuple

from preprocess.output_folder.dry_run import dry_run_folder, read_dry_run, read_dry_run_sources
from preprocess.output_folder.run_log import read_log
from preprocess.sources.source_kinds import is_source
from shards import dataset, manifest
from shards.dataset import Dataset, read_dataset
from shards.errors import CallError, DataError
from shards.storage.files import hash_file
from shards.storage.local_copies import copy_here
from shards.storage.stores.remote_path import AnyPlace, RemotePath, locate


class OpenedDataset(NamedTuple):
    """A dataset or the result of a dry run."""

    folder: AnyPlace  # holds manifest.parquet
    dataset: Dataset
    is_dry_run: bool
    sources: tuple[AnyPlace, ...] = ()  # as the log or the dry run names them, whether they still exist or not


def open_dataset(folder: AnyPlace, dry_run: bool = False) -> OpenedDataset:
    """Open the dataset in a folder, or the dry run into it where there is no dataset or `dry_run` asks for it.

    The manifest is checked against its SHA-256 in dataset.json; of the shards only the sizes are checked. That of a
    dataset in a store is copied here, because reports read it several times.

    Raises CallError where there is neither a dataset nor a dry run, and DataError where a file is missing, damaged or
    belongs to another dataset or version.
    """
    if isinstance(folder, RemotePath) and dry_run:
        raise CallError(f"{folder}: a dry run leaves nothing in a store; give the folder that it named at its end")
    if isinstance(folder, Path) and folder.is_dir() and (dry_run or not (folder / dataset.DATASET_FILE).exists()):
        if opened := _open_dry_run(folder):
            return opened
        if dry_run:
            raise CallError(f"{folder} holds no dry run; make one: python -m preprocess --out {folder} --dry_run ...")
    found, misfit = read_dataset(folder), dataset.find_mismatched_file(folder)
    if misfit:
        raise _explain_misfit(folder, misfit)
    check_manifest(folder, found)
    return OpenedDataset(folder, found, False, read_logged_sources(folder))


def check_manifest(folder: AnyPlace, found: Dataset) -> None:
    """Raise DataError where a dataset's manifest is not the one that its dataset.json states.

    That of a dataset in a store is copied here, and then read from there.
    """
    path, stated = folder / dataset.MANIFEST_FILE, found.files[dataset.MANIFEST_FILE].sha256
    try:
        is_whole = (copy_here(path) if isinstance(path, RemotePath) else hash_file(path)) == stated
    except FileNotFoundError:
        is_whole = False
    if not is_whole:
        raise _explain_misfit(folder, dataset.MANIFEST_FILE)


def _explain_misfit(folder: AnyPlace, name: str) -> DataError:
    what = f"{folder / name} is missing, damaged or of another dataset"
    return DataError(f"{what}; run python -m tools.verify {folder}, which tells more")


def _open_dry_run(folder: Path) -> OpenedDataset | None:
    if found := read_dry_run(folder):
        return OpenedDataset(dry_run_folder(folder), found, True, tuple(map(locate, read_dry_run_sources(folder))))
    return None


def read_logged_sources(folder: AnyPlace) -> tuple[AnyPlace, ...]:
    """The sources that a dataset's log names, whether they still exist or not; empty without a log."""
    return tuple(map(locate, (read_log(folder) or {}).get("sources", [])))


def find_sources(opened: OpenedDataset, given: list[str] | None) -> list[AnyPlace]:
    """The sources of a dataset, in the order of the manifest's column `source`.

    They are the `given` ones; without them the ones that the log names, or none where one of these no longer exists.

    Raises CallError where a given source is none that preprocess takes, or where fewer are given than the manifest
    refers to.
    """
    if given is None:
        return list(opened.sources) if all(map(_may_be_there, opened.sources)) else []
    for source in given:
        if not is_source(source):
            what = "is not a folder" if os.path.exists(source) else "does not exist"
            raise CallError(f"--source {source} {what}; give the folder, archive or CSV that preprocess was given")
    needed = _count_sources(opened.folder)
    if len(given) < needed:
        raise CallError(f"--source names {len(given)} of {needed} folders; give all, in the order of preprocess's call")
    return [locate(source) for source in given]


def _may_be_there(source: AnyPlace) -> bool:
    """Whether a source is there; of one in a store that is found out when a picture is asked for."""
    return isinstance(source, RemotePath) or source.exists()


def _count_sources(folder: AnyPlace) -> int:
    """The number of sources that a manifest refers to, from the statistics of its row groups."""
    with manifest.open_manifest(folder) as file:
        column = file.schema_arrow.get_field_index("source")
        groups = [file.metadata.row_group(group).column(column) for group in range(file.metadata.num_row_groups)]
    return max((group.statistics.max + 1 for group in groups), default=0)
