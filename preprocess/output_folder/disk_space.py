"""Whether the disks have room for a run, estimated before it starts."""

import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from preprocess.output_folder.fetched_shards import stays_in_store
from preprocess.output_folder.folder_check import find_existing
from preprocess.output_folder.versions import next_version
from preprocess.output_folder.work_folders import WORK, build_folder, spill_folder
from preprocess.settings import PreprocessSettings
from preprocess.sources.video import SourceListing
from shards import dataset
from shards.errors import CallError

# Bytes of a record, measured on real crops at 256 px and quality 90 (12 to 19 kB); grows with the number of pixels.
_RECORD_BYTES = 16_000
_WHOLE_FRAME_BYTES = 25_000  # the same of a square whole frame of 320 px; most are smaller


class DiskSpace(NamedTuple):
    """Bytes."""

    needed: int  # at most, on all disks together
    free: int  # on the disk that has the least


def check_space(settings: PreprocessSettings, source: SourceListing) -> DiskSpace | None:
    """The space that a run needs: the records of all frames once as spills and once as shards, each on its own disk.

    What lies in a store does not count; None where all does.
    Raises CallError where a disk has less than that, not counting what an earlier run has already written.
    """
    records = estimate_dataset_bytes(source, settings)
    needed: dict[int, int] = defaultdict(int)  # bytes by device
    written: dict[int, int] = defaultdict(int)  # bytes by device
    folders: dict[int, Path] = {}  # the first on each device
    spills = spill_folder(settings)
    places: list[tuple[Path, Iterable[Path]]] = []
    if not stays_in_store(settings):
        places.append((build_folder(settings), _list_written_shards(settings)))
    if isinstance(spills, Path):
        places.append((spills, spills.rglob("*.*")))
    for folder, files in places:
        device = find_existing(folder).stat().st_dev
        folders.setdefault(device, folder)
        needed[device] += records
        written[device] += sum(map(_read_size, files))
    free = {device: shutil.disk_usage(find_existing(folder)).free for device, folder in folders.items()}
    for device, need in needed.items():
        if free[device] < need - written[device]:
            raise CallError(
                f"{folders[device]}: {free[device] / 1e9:.1f} GB are free and up to {need / 1e9:.1f} GB are needed on "
                f"this disk ({source.frames} frames); free some space, or give --out or --work on another disk"
            )
    return DiskSpace(len(places) * records, min(free.values())) if places else None


def estimate_dataset_bytes(source: SourceListing, settings: PreprocessSettings) -> int:
    """At most what the crops and whole frames of all frames of a source take, once. A run holds them twice."""
    crops = source.frames * _RECORD_BYTES * settings.crop.size**2 // 256**2
    return crops + estimate_whole_frames(source, settings) * _WHOLE_FRAME_BYTES


def estimate_whole_frames(source: SourceListing, settings: PreprocessSettings) -> int:
    """At most how many whole frames a dataset of this source holds."""
    return sum(min(video.weight, settings.frames.per_video) for video in source.videos)


def _list_written_shards(settings: PreprocessSettings) -> list[Path]:
    out = build_folder(settings)
    written = [*(out / WORK / settings.fingerprint() / "finished").rglob("*.*")]
    written += dataset.list_shards(next_version(out))
    if (out / dataset.DATASET_FILE).exists():  # its shards stay until the new ones are written
        return written
    return written + dataset.list_shards(out)


def _read_size(path: Path) -> int:
    """Bytes of a file; 0 where it has gone, as the partial files of dying workers do."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
