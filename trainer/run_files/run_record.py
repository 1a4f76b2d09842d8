"""run.json, which says what a run was told and how it ended, and metrics.json, which says what its model is worth.

Both carry a format and a digest of their bytes, so that damage is noticed before anyone believes a figure. Those of the
time before have neither.
"""

import json
from pathlib import Path
from typing import Any

from shards.errors import DataError
from shards.storage.atomic_write import write_atomically
from shards.storage.files import read_file
from shards.storage.places import read_place
from shards.storage.self_checksum import ChecksumMismatch, check_json_checksum, dump_json_with_checksum
from shards.storage.stores.remote_path import AnyPlace
from trainer.run_files.file_names import METRICS_FILE, RECORD_FILE
from trainer.run_files.history import HISTORY_DIGEST

_FORMAT = "pet_mood run"
_METRICS_FORMAT = "pet_mood metrics"
# What only files with a digest hold. One is enough: damage may have made other words of the others.
_SEALED = (b'"format": "pet_mood ', b'"digest"', f'"{HISTORY_DIGEST}"'.encode())


def write_record(folder: Path, record: dict[str, Any]) -> None:
    """Write run.json with its format and a digest of its bytes."""
    with write_atomically(folder / RECORD_FILE) as file:
        file.write(dump_json_with_checksum({"format": _FORMAT} | record, indent=1))


def read_run_object(path: AnyPlace, remedy: str) -> dict[str, Any] | None:
    """A run.json or metrics.json, for what only shows it; None where there is none.

    Raises DataError, which ends in `remedy`, where it is damaged.
    """
    try:
        return _decode_figures(read_place(path))
    except FileNotFoundError:
        return None
    except ChecksumMismatch as error:
        raise DataError(f"{path} is damaged: it {error}; {remedy}") from error
    except _NoObject as error:
        raise DataError(f"{path} holds no JSON object; {remedy}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON: {error}; {remedy}") from error


def read_record(folder: AnyPlace, replace: bool) -> dict[str, Any] | None:
    """run.json; None where there is none, or where it is damaged and the run may be replaced.

    Raises DataError where it is damaged and the run may not be replaced.
    """
    try:
        return _decode_record(read_place(folder / RECORD_FILE))
    except FileNotFoundError:
        return None
    except (ChecksumMismatch, ValueError, RecursionError) as error:
        if replace:
            return None
        raise DataError(f"{folder / RECORD_FILE} is damaged ({error}); give --replace or another --out") from error


def is_record(data: bytes) -> bool:
    """Whether these bytes are a run.json that this program wrote, even if they were damaged since."""
    return f'"format": "{_FORMAT}"'.encode() in data or _is_unsealed(data)


def write_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """Write metrics.json with its format and a digest of its bytes."""
    with write_atomically(folder / METRICS_FILE) as file:
        file.write(dump_json_with_checksum({"format": _METRICS_FORMAT} | metrics, indent=1))


def read_metrics(folder: Path) -> dict[str, Any] | None:
    """metrics.json; None where it is missing or damaged, since it can be computed again from the model."""
    try:
        return _decode_figures(read_file(folder / METRICS_FILE))
    except (FileNotFoundError, ChecksumMismatch, ValueError, RecursionError):
        return None


class _NoObject(ValueError):
    """JSON of another kind."""


def _decode_record(data: bytes) -> dict[str, Any]:
    record = _decode_object(data)
    if record.get("format") == _FORMAT or not _is_unsealed(data):
        check_json_checksum(data)
    return record


def _decode_figures(data: bytes) -> dict[str, Any]:
    """What a file says that may be of the time before there was a digest; without its format and digest."""
    found = _decode_object(data)
    if any(word in data for word in _SEALED):
        check_json_checksum(data)
    return {name: value for name, value in found.items() if name not in ("format", "digest")}


def _decode_object(data: bytes) -> dict[str, Any]:
    value = json.loads(data)
    if not isinstance(value, dict):
        raise _NoObject("holds no JSON object")
    return value


def _is_unsealed(data: bytes) -> bool:
    """Whether this is a run.json of the time before it carried a format and a digest."""
    return all(f'"{name}"'.encode() in data for name in ("fingerprint", "settings")) and b'"digest"' not in data
