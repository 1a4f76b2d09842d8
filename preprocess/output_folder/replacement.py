"""What --replace deletes: which files in OUT are a dataset's, and how those of an old dataset are removed.

Other files are never deleted: OUT is refused while it holds any.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from preprocess.output_folder.work_folders import WORK, list_foreign_work
from preprocess.writing.finished_shard import read_identity
from shards import dataset
from shards.descriptions.dataset_card import CARD_FILE, is_dataset_card
from shards.manifest import MANIFEST_FILE
from shards.record_fields import WHOLE_FRAMES
from shards.storage.atomic_write import is_partial, sync_directory
from shards.tfds_files import FRAMES_FOLDER, TFDS_FILES

_DATASET_FILES = {dataset.DATASET_FILE, MANIFEST_FILE, *TFDS_FILES, WORK}


def list_foreign_files(out: Path) -> list[str]:
    """The names in the folder OUT that do not belong to a dataset.

    A name alone is not enough: where there is neither a dataset.json of this program nor the work of a run, all files
    are foreign.
    """
    names = {entry.name for entry in out.iterdir() if not is_partial(entry)} - {".lock"}
    if dataset.DATASET_FILE in names and not dataset.is_dataset_json(out / dataset.DATASET_FILE):
        return [dataset.DATASET_FILE]
    if WORK in names and (foreign := list_foreign_work(out)):
        return [f"{WORK}/{name}" for name in foreign]
    is_dataset = dataset.DATASET_FILE in names or WORK in names
    if is_dataset and FRAMES_FOLDER in names:
        if foreign := _list_foreign_in_frames_folder(out / FRAMES_FOLDER):
            return [f"{FRAMES_FOLDER}/{name}" for name in foreign]
        names.remove(FRAMES_FOLDER)
    if is_dataset and CARD_FILE in names and is_dataset_card(out):  # others' README.md are of the same name
        names.remove(CARD_FILE)
    return [name for name in names if not (is_dataset and _is_dataset_name(name))]


def _list_foreign_in_frames_folder(folder: Path) -> list[str]:
    """The names in OUT's folder of the whole frames' small files that are not theirs; "." where it is no folder."""
    if folder.is_symlink() or not folder.is_dir():
        return ["."]
    return [entry.name for entry in folder.iterdir() if entry.name not in TFDS_FILES and not is_partial(entry)]


def has_only_dataset_files(folder: Path) -> bool:
    """Whether a folder beside OUT is empty or holds files of a dataset alone, some of them of no other's name."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    names = {entry.name for entry in folder.iterdir() if not is_partial(entry)}
    if FRAMES_FOLDER in names and not _list_foreign_in_frames_folder(folder / FRAMES_FOLDER):
        names.remove(FRAMES_FOLDER)
    own = {name for name in names if _is_dataset_name(name)}
    return names <= own | {CARD_FILE} and bool(own or not names)


def _is_dataset_name(name: str) -> bool:
    return name in _DATASET_FILES or bool(dataset.SHARD.fullmatch(name))


def remove_old_dataset(out: Path, shards: Mapping[str, tuple[int, int, int]]) -> None:
    """Remove dataset.json first, then all shards but those of the new dataset that already are in the folder.

    `shards` maps the names of the new dataset's shards to their identities, see read_identity. The remaining small
    files are replaced when their successors are renamed into it; those of whole frames are removed where the new
    dataset has no whole frames.
    """
    (out / dataset.DATASET_FILE).unlink(missing_ok=True)
    sync_directory(out)
    for path in dataset.list_shards(out):
        if read_identity(path) != shards.get(path.name):
            path.unlink()
    if not any(dataset.find_record_kind(name) is WHOLE_FRAMES for name in shards):
        for name in TFDS_FILES:
            (out / FRAMES_FOLDER / name).unlink(missing_ok=True)
        with suppress(OSError):  # it is not there, or holds what is not ours
            (out / FRAMES_FOLDER).rmdir()
