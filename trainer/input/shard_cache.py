"""Shards of datasets in stores, fetched into a folder of this machine ahead of their use and kept there up to a size.

What the next epoch reads again is read from there. A shard is held against the checksum in dataset.json as it comes,
and once more when a later run meets it. The folder has one folder for each dataset, named by the dataset's digest.
"""

import atexit
import re
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

from shards.dataset import DATASET_FILE, Dataset, ShardFile, read_dataset
from shards.errors import CallError, DataError
from shards.manifest import MANIFEST_FILE
from shards.storage.atomic_write import remove_partials, write_atomically
from shards.storage.files import hash_file
from shards.storage.folder_lock import lock_folder
from shards.storage.places import copy_place, read_place
from shards.storage.stores.remote_path import RemotePath, is_store_url, parse_store_url

DEFAULT_CACHE = "data/cache"
OPEN_SHARDS = 8  # that an epoch reads at a time
_MOST_AHEAD = 8  # shards that are fetched before they are asked for
_FETCHING_THREADS = 2
_SMALL_FILES = (MANIFEST_FILE, DATASET_FILE)  # of each dataset, without which its shards are not read
_DATASET_FOLDER = re.compile(r"[0-9a-f]{64}")


class _Shard:
    """A shard of a store, and what is known of its copy here."""

    def __init__(self, remote: RemotePath, stated: ShardFile):
        self.remote, self.stated = remote, stated
        self.is_checked = False  # by this process
        self.error: Exception | None = None  # why it could not be fetched the last time


class ShardCache:
    """A folder with shards of any datasets, at most `size` bytes of them. Any thread may ask for any shard."""

    def __init__(self, folder: Path, size: int):
        """Raises CallError where another run uses the folder, or it cannot be written."""
        self.folder, self._size = folder, size
        # Held until the process ends: other runs would remove what this one is about to open.
        lock = ExitStack()
        try:
            lock.enter_context(lock_folder(folder, "--cache"))
        except OSError as error:
            raise CallError(f"--cache {folder}: {error.strerror}; give a folder that can be written") from error
        atexit.register(lock.close)
        self._shards: dict[Path, _Shard] = {}
        self._kept: OrderedDict[Path, int] = OrderedDict()  # bytes of whole files, the least recently used first
        self.failure: Exception | None = None  # the last that fetch has raised; TensorFlow passes on its text alone
        self._wanted: list[Path] = []  # to be fetched, the most urgent first
        self._busy: set[Path] = set()  # that threads fetch
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        for dataset_folder in filter(self._is_dataset_folder, folder.iterdir()):
            remove_partials(dataset_folder)
        found = [path for path in folder.glob("*/*.tfrecord-*") if self._is_dataset_folder(path.parent)]
        for path in sorted(found, key=lambda path: path.stat().st_mtime):
            self._kept[path] = path.stat().st_size

    @staticmethod
    def _is_dataset_folder(folder: Path) -> bool:
        return bool(_DATASET_FOLDER.fullmatch(folder.name)) and folder.is_dir()

    def add_dataset(self, remote: RemotePath) -> Path:
        """Make a dataset known: its dataset.json and its manifest are copied here.

        Returns its folder here, into which fetch brings its shards. Raises CallError where it is no dataset, or the
        cache or the disk is too small for it, DataError where something of it is damaged or missing.
        """
        dataset = read_dataset(remote)
        folder = self.folder / dataset.digest
        folder.mkdir(exist_ok=True)
        self._check_room(remote, dataset)
        for name in _SMALL_FILES:
            stated = None if name == DATASET_FILE else dataset.files[name].sha256
            if stated is None or not (folder / name).exists() or hash_file(folder / name) != stated:
                _copy(remote / name, folder / name, stated)
        with self._changed:
            for shard in dataset.all_shards:
                self._shards.setdefault(folder / shard.file, _Shard(remote / shard.file, shard))
        return folder

    def _check_room(self, remote: RemotePath, dataset: Dataset) -> None:
        shards = dataset.all_shards
        largest = max((shard.bytes for shard in shards), default=0)
        least = min(sum(shard.bytes for shard in shards), (OPEN_SHARDS + 2) * largest)
        if least > self._size:
            raise CallError(
                f"cache_gb {self._size / 1e9:g} is too small for {remote}, of which {OPEN_SHARDS + 2} shards have to "
                f"fit; give --cache_gb {-(-least // 10**7) / 100:g} or more"
            )
        held = sum(self._kept.values())
        needed = min(self._size, held + sum(shard.bytes for shard in shards)) - held
        free = shutil.disk_usage(self.folder).free
        if needed > free:
            raise CallError(
                f"{self.folder}: {free / 1e9:.1f} GB are free, and {needed / 1e9:.1f} GB may be taken for shards of "
                f"{remote}; give a smaller --cache_gb, or --cache on another disk"
            )

    def fetch(self, path: Path, ahead: Iterable[Path] = ()) -> None:
        """Wait until a shard is at `path`, whole and checked; those of `ahead` are fetched meanwhile and later.

        Raises DataError where the store's shard is missing or not as it was written, OSError where the store does not
        answer.
        """
        with self._changed:
            self.failure = None
            self._want(path, ahead)
            while not self._is_ready(path):
                shard = self._shards[path]
                if shard.error and path not in self._busy:
                    self.failure, shard.error = shard.error, None
                    raise self.failure
                if path not in self._busy and path not in self._wanted:  # others wanted so many
                    self._want(path, ())
                self._changed.wait()
            self._kept.move_to_end(path)

    def _is_ready(self, path: Path) -> bool:
        return path in self._kept and self._shards[path].is_checked

    def _want(self, path: Path, ahead: Iterable[Path]) -> None:
        """Note what is to be fetched, and have threads that do it."""
        self._shards[path].error = None
        wanted = dict.fromkeys([path, *list(ahead)[: self._count_ahead()], *self._wanted])
        missing = [each for each in wanted if not self._is_ready(each) and each not in self._busy]
        self._wanted = missing[: 2 * _MOST_AHEAD]
        if not self._threads:
            self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(_FETCHING_THREADS)]
            for thread in self._threads:
                thread.start()
        self._changed.notify_all()

    def _count_ahead(self) -> int:
        """So many that what is fetched ahead never displaces what is open or fetched but not read."""
        largest = max(shard.stated.bytes for shard in self._shards.values())
        return max(0, min(_MOST_AHEAD, self._size // largest - OPEN_SHARDS - 2))

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._wanted:
                    self._changed.wait()
                path = self._wanted.pop(0)
                shard = self._shards[path]
                self._busy.add(path)
            error = None
            try:
                self._bring(path, shard)
            except Exception as failure:  # raised where somebody waits for the shard
                error = failure
            with self._changed:
                self._busy.discard(path)
                shard.error = error
                self._changed.notify_all()

    def _bring(self, path: Path, shard: _Shard) -> None:
        if path in self._kept and not shard.is_checked and _is_whole(path, shard.stated):
            shard.is_checked = True  # that an earlier run has left
            return
        self._make_room(path, shard.stated.bytes)
        try:
            _copy(shard.remote, path, shard.stated.sha256)
        except BaseException:
            with self._changed:
                self._kept.pop(path, None)
            raise
        shard.is_checked = True

    def _make_room(self, path: Path, size: int) -> None:
        """Reserve `size` bytes for a file; those that nobody has read for longest go."""
        with self._changed:
            self._kept.pop(path, None)
            path.unlink(missing_ok=True)
            while self._kept and sum(self._kept.values()) + size > self._size:
                oldest = next((each for each in self._kept if each not in self._busy), None)
                if oldest is None:
                    break
                del self._kept[oldest]
                oldest.unlink(missing_ok=True)  # whoever has it open reads on
                if oldest in self._shards:
                    self._shards[oldest].is_checked = False
                elif not any(each.parent == oldest.parent for each in self._kept):
                    _remove_small_files(oldest.parent)  # of a dataset that is not used any more
            self._kept[path] = size
            self._shards[path].is_checked = False


class CachedDataset(NamedTuple):
    """A dataset in a store, whose shards are read from a cache."""

    url: str  # as the user has given it
    folder: Path  # in the cache
    cache: ShardCache


class CacheSettings(Protocol):
    """The settings of a cache; trainer.settings describes them."""

    cache: str | None
    cache_gb: float


def open_data(place: str, settings: CacheSettings) -> Path | CachedDataset:
    """The dataset that a setting names: a folder of this machine, or one in a store by way of the cache.

    Raises CallError and DataError as ShardCache and its add_dataset do.
    """
    if not is_store_url(place):
        return Path(place)
    cache = open_shard_cache(Path(settings.cache or DEFAULT_CACHE).absolute(), round(settings.cache_gb * 1e9))
    return CachedDataset(place, cache.add_dataset(parse_store_url(place)), cache)


@lru_cache
def open_shard_cache(folder: Path, size: int) -> ShardCache:
    """The cache in a folder, one for the whole process. Raises CallError as ShardCache does."""
    return ShardCache(folder, size)


def _remove_small_files(folder: Path) -> None:
    for name in _SMALL_FILES:
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):  # it holds what is not ours
        folder.rmdir()


def _is_whole(path: Path, stated: ShardFile) -> bool:
    return path.exists() and path.stat().st_size == stated.bytes and hash_file(path) == stated.sha256


def _copy(remote: RemotePath, path: Path, sha256: str | None) -> None:
    """Copy a store's file. Raises DataError where it is missing or is not the one with this checksum, OSError."""
    try:
        with write_atomically(path) as file:
            if sha256 is None:
                file.write(read_place(remote))
                return
            if copy_place(remote, file) != sha256:
                raise DataError(
                    f"{remote} differs from what was written; run python -m tools.verify {remote.parent.url}"
                )
    except FileNotFoundError as error:
        if error.filename != str(remote):
            raise
        raise DataError(f"{remote} is missing; run python -m tools.verify {remote.parent.url}") from error
