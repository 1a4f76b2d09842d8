"""OUT before and after the work: may it be written, is it ours, who else writes it, where does the work lie."""

import json
import os
import platform
import re
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from preprocess.settings import PreprocessSettings, fingerprint_of
from preprocess.sources.video import SourceListing
from preprocess.writing.spill import TaskSummary
from shards import dataset, manifest
from shards.errors import CallError, DataError
from shards.storage.atomic_write import is_partial, remove_partials, write_atomically
from shards.storage.files import read_file
from shards.storage.self_checksum import ChecksumMismatch, check_json_checksum, dump_json_with_checksum

WORK = ".work"
_OURS = {dataset.DATASET_FILE, manifest.MANIFEST_FILE, "features.json", "dataset_info.json", "label.labels.txt", WORK}
_WORK_NAMES = re.compile(r"[0-9a-f]{32}|hashes|dry_run")
_DYING_SECONDS = 60  # in which workers of a killed driver are surely gone
# Bytes of a record, measured on real crops at 256 px and quality 90 (12 to 19 kB); grows with the pixels.
_RECORD_BYTES = 16_000


def check_folder(settings: PreprocessSettings) -> None:
    """Raise CallError unless OUT (and the work folder) can be made, is ours, and lies apart from the sources."""
    out = Path(settings.out)
    for folder in filter(None, (settings.out, settings.work)):
        _check_place(Path(folder), settings.sources)
    if settings.work and Path(os.path.realpath(settings.work)).is_relative_to(os.path.realpath(out)):
        raise CallError(f"--work {settings.work} lies in --out {out}; give a folder outside, or leave --work away")
    beside = _existing(log_file(out).parent)
    if not os.access(beside, os.W_OK | os.X_OK):
        raise CallError(f"{beside} cannot be written, where the log {log_file(out).name} goes; give a deeper --out")
    foreign = sorted(_list_foreign(out)) if out.is_dir() else []
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise CallError(f"{out} holds files that are no dataset's ({foreign[0]}{more}); give an empty or a new folder")
    if (out / dataset.DATASET_FILE).exists() and not settings.replace and read_log(out) is None:
        what = f"{out} holds a dataset that its log {log_file(out)} does not fit: one of them is damaged or gone"
        raise CallError(f"{what}; give --replace to make it anew, or another folder")
    if log_file(out).exists() and not _is_log(log_file(out)):
        raise CallError(f"{log_file(out)} is no log of this program, and would be overwritten; give another --out")


def check_space(settings: PreprocessSettings, source: SourceListing) -> tuple[int, int]:
    """(bytes needed at most, bytes free on the fuller disk): the crops of all frames once as spills and once as shards,
    less what an earlier run has left, each on its own disk.

    Raises CallError where that is too little.
    """
    crops = source.frames * _RECORD_BYTES * settings.crop.size**2 // 256**2
    work, out = work_folder(settings), Path(settings.out)
    left_of_shards = [*(out / WORK / settings.fingerprint() / "finished").rglob("*.*")]
    if not (out / dataset.DATASET_FILE).exists():  # else the shards are another dataset's, which stays until the end
        left_of_shards += dataset.list_shards(out)
    needs: dict[int, int] = defaultdict(int)  # bytes, by device
    done: dict[int, int] = defaultdict(int)
    places: dict[int, Path] = {}
    for folder, left in ((out, left_of_shards), (work, work.rglob("*.*"))):
        device = _existing(folder).stat().st_dev
        places.setdefault(device, folder)
        needs[device] += crops
        done[device] += sum(map(_size, left))
    free = {device: shutil.disk_usage(_existing(folder)).free for device, folder in places.items()}
    for device, need in needs.items():
        if free[device] < need - done[device]:
            raise CallError(
                f"{places[device]}: {free[device] / 1e9:.1f} GB are free and up to {need / 1e9:.1f} GB are needed on "
                f"this disk ({source.frames} frames); free some space, or give --out or --work on another disk"
            )
    return 2 * crops, min(free.values())


def work_folder(settings: PreprocessSettings) -> Path:
    """Where spills lie: under OUT, or under --work by a name that no other OUT shares. A dry run's lie apart."""
    if not settings.work:
        return Path(settings.out) / WORK / settings.fingerprint() / ("rows" if settings.dry_run else "spill")
    parts = [settings.fingerprint(), os.path.realpath(settings.out), *(["dry run"] if settings.dry_run else [])]
    return Path(settings.work) / f"pet_mood-{fingerprint_of(parts)}"


def stage_folder(settings: PreprocessSettings) -> Path:
    """Where finished files wait: on OUT's own disk, so that they can be renamed into it."""
    return Path(settings.out).absolute() / WORK / settings.fingerprint() / "finished"


def hash_folder(settings: PreprocessSettings) -> Path:
    """Where dry runs leave their hashes, on OUT's own disk: they are small, and serve every setting."""
    return Path(settings.out) / WORK / "hashes"


def remove_rows(settings: PreprocessSettings) -> None:
    """What a dry run needed on its way. Its hashes stay, and the work of an interrupted run."""
    shutil.rmtree(work_folder(settings))
    if not settings.work:
        with suppress(OSError):
            work_folder(settings).parent.rmdir()


def remove_work(settings: PreprocessSettings) -> None:
    """What an interrupted run would have gone on with is not needed any more."""
    for mine in (settings, replace(settings, dry_run=True)):
        shutil.rmtree(work_folder(mine), ignore_errors=True)
    shutil.rmtree(Path(settings.out) / WORK, ignore_errors=True)


def log_file(out: Path) -> Path:
    """Beside the dataset, not in it: the same dataset may be made at another time, from another place."""
    return out.absolute().with_name(f"{out.absolute().name}.log.json")


def remove_leftovers(settings: PreprocessSettings) -> None:
    """Remove what a killed run was writing. Its workers may still write for some seconds, so what is new stays."""
    out = Path(settings.out).absolute()
    remove_partials(out.parent, re.escape(log_file(out).name))
    remove_partials(out, older_than=_DYING_SECONDS)
    for folder in (work_folder(settings), stage_folder(settings), hash_folder(settings)):
        remove_partials(folder, older_than=_DYING_SECONDS)


def write_log(
    settings: PreprocessSettings,
    digest: str,
    tasks: Sequence[TaskSummary],
    source: SourceListing,
    workers: int,
    seconds: dict[str, float],
) -> None:
    """How the dataset with this digest came about; written before it appears, so that it never stands alone."""
    log = {
        "dataset": digest,
        "command": sys.argv,
        "sources": [os.path.abspath(path) for path in settings.sources],
        "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "seconds": {stage: round(value, 2) for stage, value in seconds.items()},
        "workers": workers,
        "machine": {"system": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()},
        "labels_without_frames": source.labels_without_frames,
        "directories_without_label": source.directories_without_label,
        "unreadable": source.unreadable,
        "fingerprint": fingerprint_of([task.name for task in tasks]),
        "tasks": [[task.name, task.origin.stamps, task.origin.contents] for task in tasks],
    }
    _write_log(Path(settings.out), log)


def renew_log(out: Path, log: dict[str, Any], tasks: list[list[str]]) -> None:
    """Note that the dataset is made from inputs of this state too: the same bytes with other times of change."""
    if tasks != log["tasks"]:
        _write_log(out, log | {"tasks": tasks})


def _write_log(out: Path, log: dict[str, Any]) -> None:
    with write_atomically(log_file(out)) as file:
        file.write(dump_json_with_checksum(log, indent=1))


def read_log(out: Path) -> dict[str, Any] | None:
    """The log of the run that made the dataset which is in OUT now; None where there is none, or it is damaged."""
    try:
        log = json.loads(check_json_checksum(read_file(log_file(out))))
        return log if log["dataset"] == dataset.read_dataset(out).digest else None
    except (FileNotFoundError, ValueError, KeyError, TypeError, DataError, ChecksumMismatch):
        return None


def _check_place(folder: Path, sources: list[str]) -> None:
    if folder.exists() and not folder.is_dir():
        raise CallError(f"{folder} is a file; give a folder")
    base = _existing(folder)
    if not os.access(base, os.W_OK | os.X_OK):
        raise CallError(f"{base} cannot be written; change its permissions or give another folder")
    here = os.path.realpath(folder)
    for source in sources:
        there = os.path.realpath(source)
        if os.path.commonpath([here, there]) in ((here, there) if os.path.isdir(there) else (there,)):
            raise CallError(f"{folder} and the source {source} lie in one another; give a folder outside the source")


def _existing(folder: Path) -> Path:
    """The folder itself, or the nearest above it that exists."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())


def _list_foreign(out: Path) -> list[str]:
    """Names of what lies in OUT and is not a dataset's.

    Names alone prove nothing where neither the index nor the work of a run lies beside them, nor an index that is none.
    """
    names = {entry.name for entry in out.iterdir() if not is_partial(entry)} - {".lock"}
    if dataset.DATASET_FILE in names and not dataset.is_dataset_json(out / dataset.DATASET_FILE):
        return [dataset.DATASET_FILE]
    if WORK in names and (strange := [p.name for p in (out / WORK).iterdir() if not _WORK_NAMES.fullmatch(p.name)]):
        return [f"{WORK}/{name}" for name in strange]
    is_dataset = dataset.DATASET_FILE in names or WORK in names
    return [name for name in names if not (is_dataset and (name in _OURS or dataset.SHARD.fullmatch(name)))]


def _is_log(path: Path) -> bool:
    try:
        return "fingerprint" in json.loads(path.read_bytes())
    except (ValueError, TypeError):
        return False


def _size(path: Path) -> int:
    """Bytes of a file; 0 where it has gone, as a dying worker's partial files do."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
