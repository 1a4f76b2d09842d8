"""OUT before and after the work: may it be written, is it ours, who else writes it, where does the work lie."""

import json
import os
import platform
import shutil
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from preprocess.settings import Settings, fingerprint_of
from preprocess.source import Source
from shards import dataset, manifest
from shards.errors import CallError, DataError
from shards.files import write_atomically

WORK = ".work"
_OURS = {dataset.FILE, manifest.FILE, "features.json", "dataset_info.json", "label.labels.txt", WORK, ".lock"}
# Bytes of a record, measured on real crops at 256 px and quality 90 (12 to 19 kB); grows with the pixels.
_RECORD_BYTES = 16_000


def check_folder(settings: Settings) -> None:
    """Raise CallError unless OUT (and the work folder) can be made, is ours, and lies apart from the sources."""
    out = Path(settings.out)
    for folder in filter(None, (settings.out, settings.work)):
        _check_place(Path(folder), settings.source)
    if settings.work and Path(os.path.realpath(settings.work)).is_relative_to(os.path.realpath(out)):
        raise CallError(f"--work {settings.work} lies in --out {out}; give a folder outside, or leave --work away")
    beside = _existing(log_file(out).parent)
    if not os.access(beside, os.W_OK | os.X_OK):
        raise CallError(f"{beside} cannot be written, where the log {log_file(out).name} goes; give a deeper --out")
    foreign = sorted(entry.name for entry in out.iterdir() if not _is_ours(entry.name)) if out.is_dir() else []
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise CallError(f"{out} holds files that are no dataset's ({foreign[0]}{more}); give an empty or a new folder")
    if (out / dataset.FILE).exists() and not settings.replace and read_log(out) is None:
        what = f"{out} holds a dataset that its log {log_file(out)} does not fit: one of them is damaged or gone"
        raise CallError(f"{what}; give --replace to make it anew, or another folder")
    if log_file(out).exists() and not _is_log(log_file(out)):
        raise CallError(f"{log_file(out)} is no log of this program, and would be overwritten; give another --out")


def check_space(settings: Settings, source: Source) -> tuple[int, int]:
    """(bytes needed at most, bytes free): twice the crops of all frames, less what an earlier run has left.

    Raises CallError where that is too little.
    """
    crops = source.frames * _RECORD_BYTES * settings.crop.size**2 // 256**2
    work, out = work_folder(settings), Path(settings.out)
    done = sum(map(_size, [*work.rglob("*.*"), *(out / WORK / settings.fingerprint()).rglob("*.*")]))
    if not (out / dataset.FILE).exists():  # else the shards are another dataset's, which stays until the end
        done += sum(map(_size, dataset.list_shards(out)))
    places = {out: crops, work: crops} if settings.work else {out: 2 * crops}
    for folder, need in places.items():
        free = shutil.disk_usage(_existing(folder)).free
        if free < need - done:
            raise CallError(
                f"{folder}: {free / 1e9:.1f} GB are free and up to {need / 1e9:.1f} GB are needed ({source.frames} "
                f"frames); free some space, or give --out or --work on another disk"
            )
    return 2 * crops, free


def work_folder(settings: Settings) -> Path:
    """Where spills lie: under OUT, or under --work by a name that no other OUT shares. A dry run's lie apart."""
    if not settings.work:
        return Path(settings.out) / WORK / settings.fingerprint() / ("rows" if settings.dry_run else "spill")
    parts = [settings.fingerprint(), os.path.realpath(settings.out), *(["dry run"] if settings.dry_run else [])]
    return Path(settings.work) / f"pet_mood-{fingerprint_of(parts)}"


def hash_folder(settings: Settings) -> Path:
    """Where dry runs leave their hashes, on OUT's own disk: they are small, and serve every setting."""
    return Path(settings.out) / WORK / "hashes"


def remove_rows(settings: Settings) -> None:
    """What a dry run needed on its way. Its hashes stay, and the work of an interrupted run."""
    shutil.rmtree(work_folder(settings))
    if not settings.work:
        with suppress(OSError):
            work_folder(settings).parent.rmdir()


def remove_work(settings: Settings) -> None:
    """What an interrupted run would have gone on with is not needed any more."""
    for mine in (settings, replace(settings, dry_run=True)):
        shutil.rmtree(work_folder(mine), ignore_errors=True)
    shutil.rmtree(Path(settings.out) / WORK, ignore_errors=True)


def log_file(out: Path) -> Path:
    """Beside the dataset, not in it: the same dataset may be made at another time, from another place."""
    return out.absolute().with_name(f"{out.absolute().name}.log.json")


def write_log(
    settings: Settings, digest: str, fingerprint: str, source: Source, workers: int, seconds: dict[str, float]
) -> None:
    """How the dataset with this digest came about; written before it appears, so that it never stands alone."""
    out = Path(settings.out)
    log = {
        "fingerprint": fingerprint,
        "dataset": digest,
        "command": sys.argv,
        "sources": [os.path.abspath(path) for path in settings.source],
        "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "seconds": {stage: round(value, 2) for stage, value in seconds.items()},
        "workers": workers,
        "machine": {"system": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()},
        "labels_without_frames": source.labels_without_frames,
        "directories_without_label": source.directories_without_label,
        "unreadable": source.unreadable,
    }
    with write_atomically(log_file(out)) as file:
        file.write(json.dumps(log, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace"))


def read_log(out: Path) -> dict[str, Any] | None:
    """The log of the run that made the dataset which is in OUT now; None where there is none."""
    try:
        log = json.loads(log_file(out).read_bytes())
        return log if log["dataset"] == dataset.read_dataset(out).digest else None
    except (FileNotFoundError, ValueError, KeyError, TypeError, DataError):
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
        if os.path.commonpath([here, there]) in (here, there):
            raise CallError(f"{folder} and the source {source} lie in one another; give a folder outside the source")


def _existing(folder: Path) -> Path:
    """The folder itself, or the nearest above it that exists."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())


def _is_ours(name: str) -> bool:
    return name in _OURS or bool(dataset.SHARD.fullmatch(name))


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
