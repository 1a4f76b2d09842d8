"""A dataset in a store: what may stand in its folder, and how finished files are uploaded, dataset.json last.

A store has neither locks nor renames of many files. So a mark stands in the folder while a dataset is uploaded, and
before dataset.json is written every file is compared with what this run has uploaded: where two runs write one URL, the
one that is disturbed says so, and dataset.json never describes another run's files.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from console.progress import show_progress
from preprocess.output_folder.fetched_shards import stays_in_store
from preprocess.output_folder.run_log import log_file
from preprocess.output_folder.work_folders import shard_folder, staging_folder
from preprocess.settings import PreprocessSettings
from preprocess.writing.finished_shard import FinishedShard, is_whole_shard
from shards import dataset as index
from shards.descriptions.dataset_card import CARD_FILE
from shards.errors import CallError, DataError
from shards.manifest import MANIFEST_FILE
from shards.storage.atomic_write import is_partial, write_atomically
from shards.storage.places import hash_place
from shards.storage.stores.remote_entries import RemoteEntry, RemoteState
from shards.storage.stores.remote_files import (
    hand_over,
    list_remote_folder,
    read_remote_file,
    read_remote_state,
    remove_remote_file,
    upload_file,
    write_remote_file,
)
from shards.storage.stores.remote_path import RemotePath, parse_store_url
from shards.tfds_files import FRAMES_FOLDER, TFDS_FILES

UPLOAD_MARK = "upload.json"  # in the folder while a dataset is uploaded
_NOTES_FILE = "uploaded.json"  # in the staging folder: what was uploaded
_MARK = b'{"format": "pet_mood upload"}\n'
_THREADS = 4
_DATASET_NAMES = {index.DATASET_FILE, MANIFEST_FILE, *TFDS_FILES, CARD_FILE, FRAMES_FOLDER, UPLOAD_MARK}


def check_remote_folder(settings: PreprocessSettings) -> None:
    """Raise CallError unless OUT, a store's folder, holds a dataset, a part of one that was uploaded, or nothing."""
    out = parse_store_url(settings.out)
    if not out.key:
        raise CallError(f"{out}: names no folder; give one, such as {out}pets")
    names = {entry.name for entry in list_remote_folder(out) if not is_partial(Path(entry.name))}
    foreign = {name for name in names if name not in _DATASET_NAMES and not index.SHARD.fullmatch(name)}
    is_dataset = index.DATASET_FILE in names and b"pet_mood shards" in read_remote_file(out / index.DATASET_FILE)
    if not is_dataset and not (UPLOAD_MARK in names and read_remote_file(out / UPLOAD_MARK) == _MARK):
        foreign = names
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise CallError(
            f"{out} holds files that are no dataset's ({min(foreign)}{more}); give an empty or a new folder"
        )
    log = log_file(out)
    with suppress(FileNotFoundError):
        if b'"fingerprint"' not in read_remote_file(log):
            raise CallError(
                f"{log} is no log of this program, and would be overwritten; give another --out, or remove it"
            )


def upload_dataset(dataset: index.Dataset, finished: Sequence[FinishedShard], settings: PreprocessSettings) -> None:
    """Upload a dataset's files from the staging folder to OUT, dataset.json last; the old dataset.json goes first.

    Shards in a --work of the same store are handed over there: their bytes are not sent.

    What an earlier run has uploaded already stays where its size and bytes are right. Raises DataError where a file in
    the staging folder is gone or was changed, or where another run has written to OUT meanwhile, and OSError.
    """
    out, stage = parse_store_url(settings.out), staging_folder(settings)
    shards = shard_folder(settings) if stays_in_store(settings) else stage
    for done in finished:
        if not any(is_whole_shard(folder / done.shard.file, done) for folder in (shards, out)):
            path = shards / done.shard.file
            raise DataError(f"{path} is gone or was changed; run the same command again to make it anew")
    stated = {shard.file: (shard.bytes, shard.sha256) for shard in dataset.all_shards}
    stated |= {name: (file.bytes, file.sha256) for name, file in dataset.files.items()}
    write_remote_file(out / UPLOAD_MARK, _MARK)
    remove_remote_file(out / index.DATASET_FILE)
    present = {entry.name: entry for entry in list_remote_folder(out, recursive=True)}
    notes = _Notes(stage / _NOTES_FILE)

    def bring_file(name: str) -> None:
        if isinstance(shards, RemotePath) and index.SHARD.fullmatch(name):
            hand_over(shards / name, out / name)
        else:
            upload_file(stage / name, out / name)

    def bring(name: str) -> int:
        size, sha256 = stated[name]
        if not _is_uploaded(out / name, present.get(name), stated[name], notes.of(name)):
            bring_file(name)
        state = read_remote_state(out / name)
        if state.size != size:
            raise DataError(f"{out / name}: {state.size} bytes instead of {size}; does another run write there?")
        notes.add(name, sha256, state)
        return size

    total = sum(size for size, _ in stated.values())
    with show_progress(total, "byte", scale=True) as progress, ThreadPoolExecutor(_THREADS) as pool:
        for size in pool.map(bring, stated):
            progress.update(size)
    _remove_others(out, present, stated)
    for name in stated:
        if list(read_remote_state(out / name)) != notes.of(name)[1:]:
            raise DataError(
                f"{out / name} was changed while this run uploaded; see that no other run writes there, and run the "
                "same command again"
            )
    upload_file(stage / index.DATASET_FILE, out / index.DATASET_FILE)
    remove_remote_file(out / UPLOAD_MARK)


def _is_uploaded(
    path: RemotePath, entry: RemoteEntry | None, stated: tuple[int, str], note: Sequence[str | int]
) -> bool:
    """Whether a file in the store is the one that is to be uploaded; read only where no note of this run tells."""
    if entry is None or entry.size != stated[0]:
        return False
    if note and note[0] == stated[1] and list(read_remote_state(path)) == note[1:]:
        return True
    return hash_place(path) == stated[1]


def _remove_others(out: RemotePath, present: Mapping[str, RemoteEntry], stated: Mapping[str, object]) -> None:
    """Remove what an old dataset has left: its shards, and small files that the new one does not have."""
    small = {*TFDS_FILES, *(f"{FRAMES_FOLDER}/{name}" for name in TFDS_FILES)}
    for name in present:
        if name not in stated and (index.SHARD.fullmatch(name) or name in small):
            remove_remote_file(out / name)


class _Notes:
    """What was uploaded: SHA-256, and size and version in the store, by name. Kept beside the files, for a restart."""

    def __init__(self, path: Path):
        self._path, self._lock = path, threading.Lock()
        try:
            self._notes = json.loads(path.read_bytes())
        except (FileNotFoundError, ValueError):
            self._notes = {}  # what is there is read to be known

    def of(self, name: str) -> list[str | int]:
        return self._notes.get(name, [])

    def add(self, name: str, sha256: str, state: RemoteState) -> None:
        with self._lock:
            self._notes[name] = [sha256, *state]
            with write_atomically(self._path) as file:
                file.write(json.dumps(self._notes).encode())
