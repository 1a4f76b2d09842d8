"""A run's folder: what a run writes there, how it is known for a run's, and what may go to make room for another.

run.json says that the folder is a run's, and carries the digest of its bytes. Files of a run have exactly these names;
whatever else lies in the folder is somebody's, and then nothing is removed.
"""

import json
import re
from pathlib import Path
from typing import Any

from shards.errors import CallError, DataError
from shards.storage.atomic_write import is_partial, remove_partials, write_atomically
from shards.storage.files import read_file
from shards.storage.folder_lock import lock_file
from shards.storage.self_checksum import ChecksumMismatch, check_json_checksum, dump_json_with_checksum
from trainer.evaluation.run_report import PAGE
from trainer.model.mood_json import read_metadata
from trainer.training import checkpoint

MODEL = "model.keras"
RECORD = "run.json"
METRICS = "metrics.json"
SELF_CHECK = "self_check"  # a folder for as long as the check takes

_FORMAT = "pet_mood run"
_PLOTS = ("curves.png", "confusion.png", "reliability.png", "recall.png")
_FILES = (RECORD, METRICS, PAGE, MODEL, "history.csv", *_PLOTS)
_FOLDERS = {
    checkpoint.CHECKPOINT_FOLDER: checkpoint.CHECKPOINT_NAME.pattern,
    "tensorboard": r"events\.out\.tfevents\..+",
}
_NAMES = "|".join(map(re.escape, (*_FILES, SELF_CHECK)))
_NAMED = 3  # strangers in a message


def open_folder(folder: Path, fingerprint: str, replace: bool) -> dict[str, Any] | None:
    """What run.json of a run that was begun with the same settings, data and versions says; None for a new run.

    The folder's lock is held. Temporary files of a run that is gone are removed, with `replace` another run as well.
    Raises CallError where the folder holds another run that may not be replaced, or something else; DataError where
    run.json is damaged and may not be replaced.
    """
    begun = _read_record(folder, replace)
    if begun and begun.get("fingerprint") == fingerprint:
        remove_run_leftovers(folder)
        return begun
    ours = _list_ours(folder)
    if ours and not _is_run(folder):
        raise CallError(f"{folder} holds files that are not a run's ({_name(ours)}); give another --out")
    if ours and not replace:
        raise CallError(
            f"{folder} holds another run (settings, data, versions or device); give --replace or another --out"
        )
    for path in sorted(ours, key=lambda path: path.name == RECORD):  # the record last: it says that the rest is a run's
        _remove(path)
    remove_run_leftovers(folder)
    return None


def write_record(folder: Path, record: dict[str, Any]) -> None:
    """Write run.json."""
    with write_atomically(folder / RECORD) as file:
        file.write(dump_json_with_checksum({"format": _FORMAT} | record, indent=1))


def read_metrics(folder: Path) -> dict[str, Any] | None:
    """What metrics.json says; None where there is none that can be read: it can be made anew."""
    try:
        return json.loads(read_file(folder / METRICS))
    except (FileNotFoundError, ValueError):
        return None


def remove_run_leftovers(folder: Path) -> None:
    """Remove what a run was writing when it was killed. The folder's lock is held, so it is nobody's now."""
    remove_partials(folder, _NAMES)
    for name, files in _FOLDERS.items():
        remove_partials(folder / name, files)


def _read_record(folder: Path, replace: bool) -> dict[str, Any] | None:
    """run.json; None where there is none, or a damaged one that is to be replaced."""
    try:
        return _decode_record(read_file(folder / RECORD))
    except FileNotFoundError:
        return None
    except (ChecksumMismatch, ValueError) as error:
        if replace:
            return None
        raise DataError(f"{folder / RECORD} is damaged ({error}); give --replace or another --out") from error


def _decode_record(data: bytes) -> dict[str, Any]:
    record = json.loads(data)
    if not isinstance(record, dict):
        raise ValueError("holds no JSON object")
    if record.get("format") == _FORMAT or not _was_unsealed(data):
        check_json_checksum(data)
    return record


def _was_unsealed(data: bytes) -> bool:
    """Whether it is a run.json of before it carried format and digest."""
    return all(f'"{name}"'.encode() in data for name in ("fingerprint", "settings")) and b'"digest"' not in data


def _is_run(folder: Path) -> bool:
    """Whether run.json, or model.keras where that is damaged or gone, shows that this program wrote the folder."""
    try:
        data = read_file(folder / RECORD)
        if f'"format": "{_FORMAT}"'.encode() in data or _was_unsealed(data):
            return True
    except FileNotFoundError:
        pass
    try:
        return bool(read_metadata(folder / MODEL))
    except (CallError, DataError):
        return False


def _list_ours(folder: Path) -> list[Path]:
    """What a run wrote there, unfinished files left out. Raises CallError where there is anything else."""
    found = [path for path in folder.iterdir() if path.absolute() != lock_file(folder) and not is_partial(path, _NAMES)]
    if strangers := [path for path in found if not _is_ours(path)]:
        raise CallError(f"{folder} holds files that are not a run's ({_name(strangers)}); give another --out")
    return found


def _is_ours(path: Path) -> bool:
    if path.name not in _FOLDERS:
        return path.name in _FILES and path.is_file()
    files = _FOLDERS[path.name]
    return path.is_dir() and not path.is_symlink() and all(_is_named(child, files) for child in path.iterdir())


def _is_named(path: Path, files: str) -> bool:
    return path.is_file() and bool(re.fullmatch(files, path.name) or is_partial(path, files))


def _name(paths: list[Path]) -> str:
    names = sorted(path.name for path in paths)
    return ", ".join(names[:_NAMED]) + (" .." if len(names) > _NAMED else "")


def _remove(path: Path) -> None:
    if path.is_dir():
        for child in path.iterdir():
            child.unlink()
        path.rmdir()
    else:
        path.unlink()
