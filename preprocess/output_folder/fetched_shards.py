"""Shards on their way from a store's --work to OUT: within the store where it is one, else by this machine."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from console.progress import show_progress
from preprocess.output_folder.versions import next_version
from preprocess.output_folder.work_folders import shard_folder, staging_folder
from preprocess.settings import PreprocessSettings
from preprocess.writing.finished_shard import FinishedShard, identify_shard
from shards.errors import DataError
from shards.storage.atomic_write import write_atomically
from shards.storage.files import hash_file
from shards.storage.places import copy_place, measure_place
from shards.storage.stores.remote_path import RemotePath, is_store_url, parse_store_url

_THREADS = 4
_MOST_HANDED_OVER = 4_000_000_000  # bytes of a shard that S3 surely copies within itself; its limit is 5 GiB


def stays_in_store(settings: PreprocessSettings) -> bool:
    """Whether shards come from --work to OUT within one store, and never to this machine."""
    if not (settings.work and is_store_url(settings.work) and is_store_url(settings.out)):
        return False
    out, work = parse_store_url(settings.out), parse_store_url(settings.work)
    return (out.store, out.query) == (work.store, work.query) and settings.shard_bytes <= _MOST_HANDED_OVER


def fetch_shards(finished: Sequence[FinishedShard], settings: PreprocessSettings) -> list[FinishedShard]:
    """The shards, where they are to be published from: those of a store's --work are brought to the staging folder.

    Shards that an earlier run has brought, there or into OUT already, stay. Raises DataError where a shard in the store
    is not what was written.
    """
    if stays_in_store(settings) or not isinstance(shard_folder(settings), RemotePath):
        return list(finished)
    total = sum(done.shard.bytes for done in finished)
    with show_progress(total, "byte", scale=True) as progress, ThreadPoolExecutor(_THREADS) as pool:
        fetched = []
        for done in pool.map(lambda done: _fetch(done, settings), finished):
            fetched.append(done)
            progress.update(done.shard.bytes)
    return fetched


def _fetch(done: FinishedShard, settings: PreprocessSettings) -> FinishedShard:
    stage = staging_folder(settings)
    out = [] if is_store_url(settings.out) else [next_version(Path(settings.out)), Path(settings.out)]
    for folder in (stage, *out):
        path = folder / done.shard.file
        if measure_place(path) == done.shard.bytes and hash_file(path) == done.shard.sha256:
            return identify_shard(done, path)
    path, origin = stage / done.shard.file, shard_folder(settings) / done.shard.file
    with write_atomically(path) as file:
        if copy_place(origin, file) != done.shard.sha256:
            raise DataError(f"{origin} is gone or was changed; run the same command again to make it anew")
    return identify_shard(done, path)
