"""A run's folder: is it new, the same run, or another one, and which files may be removed to make room.

Only files that carry a run's names (trainer.run_files.file_names) in a folder that run.json or the model file shows to
be a run's are ever removed. Where anything else lies in the folder, nothing is removed.
"""

import re
from pathlib import Path
from typing import Any

from shards.errors import CallError, DataError
from shards.storage.atomic_write import is_partial, remove_partials
from shards.storage.files import read_file
from shards.storage.folder_lock import lock_file
from trainer.finding.finder_json import read_finder_metadata
from trainer.model.mood_json import read_metadata
from trainer.run_files import file_names
from trainer.run_files.file_names import FINDER_FILE, MODEL_FILE, RECORD_FILE
from trainer.run_files.run_record import is_record, read_record

_FILES = (
    *(RECORD_FILE, file_names.METRICS_FILE, file_names.REPORT_FILE, MODEL_FILE, FINDER_FILE, file_names.HISTORY_FILE),
    *(file_names.ANSWERS_FILE, *file_names.PLOT_FILES),
)
# Folder -> pattern of the names of its files.
_FOLDERS = {
    file_names.CHECKPOINT_FOLDER: file_names.CHECKPOINT_NAME.pattern,
    file_names.TENSORBOARD_FOLDER: file_names.TENSORBOARD_NAME.pattern,
}
_NAMES = "|".join(map(re.escape, (*_FILES, file_names.SELF_CHECK_FOLDER)))
_MAX_LISTED = 3  # names in a message


def open_folder(folder: Path, fingerprint: str, replace: bool) -> dict[str, Any] | None:
    """run.json of a run with the same fingerprint that was begun here; None for a new run.

    The caller holds the folder's lock. Temporary files of a killed run are removed; with `replace`, so is another run.
    Raises CallError where the folder holds another run that may not be replaced, or files that are not a run's, and
    DataError where run.json is damaged and may not be replaced.
    """
    record = read_record(folder, replace)
    if record and record.get("fingerprint") == fingerprint:
        remove_run_leftovers(folder)
        return record
    paths = _list_run_files(folder)
    if paths and not _is_run(folder):
        raise CallError(f"{folder} holds files that are not a run's ({_word_names(paths)}); give another --out")
    if paths and not replace:
        raise CallError(
            f"{folder} holds another run (settings, data, versions or device); give --replace or another --out"
        )
    # run.json goes last: killed in between, the folder is still known to be a run's.
    for path in sorted(paths, key=lambda path: path.name == RECORD_FILE):
        _remove(path)
    remove_run_leftovers(folder)
    return None


def remove_run_leftovers(folder: Path) -> None:
    """Remove the temporary files of a run that was killed. The caller holds the folder's lock."""
    remove_partials(folder, _NAMES)
    for name, files in _FOLDERS.items():
        remove_partials(folder / name, files)


def _is_run(folder: Path) -> bool:
    """Whether run.json or, where that is damaged or gone, the model file shows that this program wrote the folder."""
    try:
        if is_record(read_file(folder / RECORD_FILE)):
            return True
    except FileNotFoundError:
        pass
    for read, name in ((read_metadata, MODEL_FILE), (read_finder_metadata, FINDER_FILE)):
        try:
            return bool(read(folder / name))
        except (CallError, DataError):
            continue
    return False


def _list_run_files(folder: Path) -> list[Path]:
    """A run's finished files and folders. Raises CallError where the folder holds anything else."""
    found = [path for path in folder.iterdir() if path.absolute() != lock_file(folder) and not is_partial(path, _NAMES)]
    if others := [path for path in found if not _is_run_file(path)]:
        raise CallError(f"{folder} holds files that are not a run's ({_word_names(others)}); give another --out")
    return found


def _is_run_file(path: Path) -> bool:
    if path.name not in _FOLDERS:
        return path.name in _FILES and path.is_file()
    pattern = _FOLDERS[path.name]
    return path.is_dir() and not path.is_symlink() and all(_matches(child, pattern) for child in path.iterdir())


def _matches(path: Path, pattern: str) -> bool:
    return path.is_file() and bool(re.fullmatch(pattern, path.name) or is_partial(path, pattern))


def _word_names(paths: list[Path]) -> str:
    names = sorted(path.name for path in paths)
    return ", ".join(names[:_MAX_LISTED]) + (" .." if len(names) > _MAX_LISTED else "")


def _remove(path: Path) -> None:
    if path.is_dir():
        for child in path.iterdir():
            child.unlink()
        path.rmdir()
    else:
        path.unlink()
