"""Where a dataset becomes visible: its small files are written beside the shards, then all is renamed into OUT."""

import errno
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from preprocess.output_folder.fetched_shards import fetch_shards
from preprocess.output_folder.replacement import remove_old_dataset
from preprocess.output_folder.upload import upload_dataset
from preprocess.output_folder.versions import begin_next_version, discard_next_version, next_version, switch_versions
from preprocess.output_folder.work_folders import staging_folder
from preprocess.settings import PreprocessSettings
from preprocess.writing.finished_shard import FinishedShard, is_whole_shard, read_identity
from shards import dataset as index
from shards import manifest
from shards.descriptions.dataset_card import write_dataset_card
from shards.errors import DataError
from shards.record_fields import CROPS, WHOLE_FRAMES, RecordKind
from shards.storage.atomic_write import sync_directory, write_atomically
from shards.storage.stores.remote_path import is_store_url
from shards.tfds_files import write_tfds_files

# What a file system says that cannot exchange two folders, or has no room for one beside OUT: a mount point, say.
_CANNOT_SWITCH = {
    *(errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EXDEV, errno.EBUSY),
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR),
}


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
    Where OUT holds a dataset, the files are gathered beside it, and both change places in one step. Where the file
    system cannot do that, the old dataset.json goes first, so that OUT never holds one without its files. A run that
    is killed here is completed by the next one, which knows the shards by what a rename does not change.
    Raises DataError where a file in the staging folder is gone or was changed.
    """
    finished = fetch_shards(finished, settings)
    if is_store_url(settings.out):
        upload_dataset(dataset, finished, settings)
        return
    out = Path(settings.out)
    if (out / index.DATASET_FILE).exists() and _switch(dataset, finished, settings):
        return
    _gather(dataset, finished, settings, out)
    discard_next_version(out)


def _switch(dataset: index.Dataset, finished: Sequence[FinishedShard], settings: PreprocessSettings) -> bool:
    """Put a new version in the place of the old one in one step; False where the file system cannot do it."""
    out = Path(settings.out)
    try:
        _gather(dataset, finished, settings, begin_next_version(out))
        switch_versions(out)
    except OSError as error:
        if error.errno in _CANNOT_SWITCH:
            return False
        raise
    return True


def _gather(
    dataset: index.Dataset, finished: Sequence[FinishedShard], settings: PreprocessSettings, place: Path
) -> None:
    """Rename a dataset's files into a folder: out of the staging folder, or what an earlier run has moved already."""
    stage, beside = staging_folder(settings), next_version(Path(settings.out))
    shards = {done.shard.file: done for done in finished}
    remove_old_dataset(place, {name: done.identity for name, done in shards.items()})
    for name, done in shards.items():
        if read_identity(place / name) != done.identity:  # else a run that was killed here has moved it
            folder = next((each for each in (stage, beside) if is_whole_shard(each / name, done)), None)
            if folder is None:
                raise DataError(f"{stage / name} is gone or was changed; run the same command again to make it anew")
            _move(name, folder, place)
    for name in (*dataset.files, index.DATASET_FILE):
        (place / name).parent.mkdir(exist_ok=True)  # that of the whole frames' small files
        if name == index.DATASET_FILE:
            _sync_folders(dataset, place)
        _move(name, stage if (stage / name).exists() else beside, place)
    sync_directory(place)


def _sync_folders(dataset: index.Dataset, place: Path) -> None:
    for folder in {(place / name).parent for name in dataset.files} | {place}:
        sync_directory(folder)


def _move(name: str, folder: Path, out: Path) -> None:
    os.replace(folder / name, out / name)
