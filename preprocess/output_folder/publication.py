"""Where a dataset becomes visible: its small files are written beside the shards, then all is renamed into OUT."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from preprocess.output_folder.fetched_shards import fetch_shards
from preprocess.output_folder.replacement import remove_old_dataset
from preprocess.output_folder.upload import upload_dataset
from preprocess.output_folder.work_folders import staging_folder
from preprocess.settings import PreprocessSettings
from preprocess.writing.finished_shard import FinishedShard, is_whole_shard, read_identity
from shards import dataset as index
from shards import manifest
from shards.descriptions.dataset_card import write_dataset_card
from shards.errors import DataError
from shards.record_fields import CROPS, WHOLE_FRAMES, RecordKind
from shards.storage.atomic_write import sync_directory, write_atomically
from shards.storage.remote_path import is_store_url
from shards.tfds_files import write_tfds_files


def assemble_dataset(
    rows: Iterable[pa.Table], finished: Sequence[FinishedShard], settings: PreprocessSettings
) -> index.Dataset:
    """Write the manifest, the tfds files, the card and dataset.json into the staging folder.

    Returns what dataset.json says. `rows` are the manifest's rows, in its order.
    """
    folder = staging_folder(settings)
    with write_atomically(folder / manifest.MANIFEST_FILE) as file:
        counts = manifest.write_manifest(file, rows, settings.hash.bits)
    shards, frames = _list_by_split(finished, CROPS), _list_by_split(finished, WHOLE_FRAMES)
    others = [manifest.MANIFEST_FILE, *write_tfds_files(folder, settings.crop.size, shards, frames)]
    files = {name: index.describe_file(folder / name) for name in others}
    dataset = index.Dataset(settings.content, counts, shards, files, frames)
    card = write_dataset_card(folder, dataset)
    dataset.files[card] = index.describe_file(folder / card)
    index.write_dataset(folder, dataset)
    return index.read_dataset(folder)


def _list_by_split(finished: Sequence[FinishedShard], kind: RecordKind) -> dict[str, list[index.ShardFile]]:
    files = [done.shard for done in finished if index.find_record_kind(done.shard.file) is kind]
    return {split: [shard for shard in files if f"-{split}." in shard.file] for split in manifest.SPLITS}


def publish_dataset(dataset: index.Dataset, finished: Sequence[FinishedShard], settings: PreprocessSettings) -> None:
    """Rename a dataset's files from the staging folder into OUT, dataset.json last; into a store, upload them.

    Shards that lie in a store's --work are fetched before, unless OUT lies in the same store, which gives them there.

    OUT never holds a dataset.json without its files: that of an old dataset goes first. A run that is killed here is
    completed by the next one, which knows the shards by what a rename does not change.
    Raises DataError where a file in the staging folder is gone or was changed.
    """
    finished = fetch_shards(finished, settings)
    if is_store_url(settings.out):
        upload_dataset(dataset, finished, settings)
        return
    stage, out = staging_folder(settings), Path(settings.out)
    shards = {done.shard.file: done for done in finished}
    remove_old_dataset(out, {name: done.identity for name, done in shards.items()})
    for name, done in shards.items():
        if read_identity(out / name) != done.identity:  # else a run that was killed here has moved it
            if not is_whole_shard(stage / name, done):
                raise DataError(f"{stage / name} is gone or was changed; run the same command again to make it anew")
            _move(name, stage, out)
    for name in dataset.files:
        (out / name).parent.mkdir(exist_ok=True)  # that of the whole frames' small files
        _move(name, stage, out)
    for folder in {(out / name).parent for name in dataset.files} | {out}:
        sync_directory(folder)
    _move(index.DATASET_FILE, stage, out)
    sync_directory(out)


def _move(name: str, folder: Path, out: Path) -> None:
    os.replace(folder / name, out / name)
