"""The versions of a dataset beside OUT: the next one while its files are gathered, and replaced ones that are read.

The next version is gathered in a folder beside OUT and takes OUT's name in one step, in which the old one gets the
other name. So OUT always holds one whole version, and only that. A version that somebody still reads stays beside OUT
until that has ended and a run uses OUT again.
"""

import errno
import os
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from preprocess.output_folder.replacement import has_only_dataset_files
from preprocess.output_folder.work_folders import WORK
from shards.storage.atomic_write import remove_partials, sync_directory
from shards.storage.folder_exchange import exchange_folders
from shards.storage.held_folder import remove_unheld


def next_version(out: Path) -> Path:
    """The folder in which the files of a new version are gathered."""
    return _name_beside(out, "next")


def begin_next_version(out: Path) -> Path:
    """Make the folder of the next version, or go on with one whose run was killed.

    Raises OSError where nothing can be written beside OUT, or somebody's folder has this name.
    """
    folder = next_version(out)
    folder.mkdir(exist_ok=True)
    if not has_only_dataset_files(folder):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))
    shutil.copymode(os.path.realpath(out), folder)
    return folder


def switch_versions(out: Path) -> None:
    """Let the next version, which is whole, take OUT's place.

    Raises OSError where the file system cannot do it; OUT is then as before.
    """
    folder, place = next_version(out), Path(os.path.realpath(out))
    remove_partials(folder)
    sync_directory(place.parent)
    exchange_folders(folder, place)
    sync_directory(place.parent)


def remove_old_versions(out: Path) -> list[Path]:
    """Remove the versions that were replaced, but for those that somebody reads, which are returned.

    A next version that lies there is left for its run to go on with; it is an old one if it has a work folder, which
    stays behind when versions are switched.
    """
    folder = next_version(out)
    if (folder / WORK).is_dir() and has_only_dataset_files(folder):
        os.rename(folder, _name_beside(out, f"{secrets.token_hex(4)}.old"))
    for old in list_old_versions(out):
        with suppress(OSError):  # it is tried again by the next run
            shutil.rmtree(old / WORK, ignore_errors=True)
            remove_unheld(old)
    return list_old_versions(out)


def discard_next_version(out: Path) -> None:
    """Remove what a killed run has gathered, where it is not wanted any more."""
    if has_only_dataset_files(next_version(out)):
        shutil.rmtree(next_version(out), ignore_errors=True)


def list_old_versions(out: Path) -> list[Path]:
    """The replaced versions that lie beside OUT."""
    place = Path(os.path.realpath(out))
    pattern = re.compile(rf"\.{re.escape(place.name)}\.[0-9a-f]{{8}}\.old")
    beside = place.parent.iterdir() if place.parent.is_dir() else ()
    return sorted(path for path in beside if pattern.fullmatch(path.name) and has_only_dataset_files(path))


def _name_beside(out: Path, ending: str) -> Path:
    place = Path(os.path.realpath(out))
    return place.with_name(f".{place.name}.{ending}")
