"""The places of a run's unfinished work, on a disk or in a store: where they lie, and how they are removed."""

import os
import re
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from preprocess.fingerprint import fingerprint_of
from preprocess.output_folder.run_log import log_file
from preprocess.settings import PreprocessSettings
from shards.dataset import SHARD
from shards.storage.atomic_write import is_partial, remove_abandoned, remove_partials
from shards.storage.stores.remote_files import list_remote_folder, remove_remote_file, remove_remote_folder
from shards.storage.stores.remote_path import AnyPlace, RemotePath, is_store_url, parse_store_url

WORK = ".work"  # in OUT
DEFAULT_WORK = "data/work"  # where OUT lies in a store
_SPILL, _ROWS, _FINISHED, _HASHES = "spill", "rows", "finished", "hashes"
_WORK_NAMES = re.compile(r"[0-9a-f]{32}|hashes|dry_run")
_REMOTE_WORK = re.compile(  # what a run leaves below work_folder in a store
    rf"(?:[0-9a-f]{{32}}/(?:{_SPILL}|{_ROWS}|{_FINISHED})|{_HASHES})/(?:[0-9a-f]{{32}}\.[a-z]+|{SHARD.pattern})"
)
_DYING_SECONDS = 60  # after which the workers of a killed driver have surely ended


def build_folder(settings: PreprocessSettings) -> Path:
    """Where a dataset is made: OUT itself, or for a store's OUT a folder in --work, or in data/work."""
    if not is_store_url(settings.out):
        return Path(settings.out)
    local = settings.work if settings.work and not is_store_url(settings.work) else DEFAULT_WORK
    return Path(local).absolute() / _name_work(settings)


def work_folder(settings: PreprocessSettings) -> AnyPlace:
    """What holds all unfinished work but spills that --work puts on another disk: in OUT, or in a store's --work."""
    if settings.work and is_store_url(settings.work):
        return parse_store_url(settings.work) / _name_work(settings)
    return build_folder(settings).absolute() / WORK


def spill_folder(settings: PreprocessSettings) -> AnyPlace:
    """Where the video tasks leave their spills: in OUT, or in --work under a name that no other OUT gets.

    The spills of a dry run, which hold no records, lie apart.
    """
    if not settings.work or is_store_url(settings.out) or is_store_url(settings.work):
        return work_folder(settings) / settings.fingerprint() / (_ROWS if settings.dry_run else _SPILL)
    parts = [settings.fingerprint(), os.path.realpath(settings.out), *(["dry run"] if settings.dry_run else [])]
    return Path(settings.work).absolute() / f"pet_mood-{fingerprint_of(parts)}"


def staging_folder(settings: PreprocessSettings) -> Path:
    """Where finished files wait for publication: on OUT's own disk, so that they can be renamed into it."""
    return build_folder(settings).absolute() / WORK / settings.fingerprint() / _FINISHED


def shard_folder(settings: PreprocessSettings) -> AnyPlace:
    """Where the shard tasks leave shards and their notes: the staging folder, or a store's --work."""
    return work_folder(settings) / settings.fingerprint() / _FINISHED


def hash_folder(settings: PreprocessSettings) -> AnyPlace:
    """Where dry runs leave the hashes of frames, whatever the other settings are."""
    return work_folder(settings) / _HASHES


def list_foreign_work(out: Path) -> list[str]:
    """The names in OUT's work folder that no run of this program makes."""
    return [path.name for path in (out / WORK).iterdir() if not _WORK_NAMES.fullmatch(path.name)]


def remove_dry_run_spill(settings: PreprocessSettings) -> None:
    """Remove the rows of a dry run. Its hashes stay, and so does the work of an interrupted run."""
    spills = spill_folder(settings)
    if isinstance(spills, RemotePath):
        _remove_own(spills.parent, f"{spills.parent.name}/")
        return
    shutil.rmtree(spills, ignore_errors=True)  # a task on a node that hung may still write
    if not settings.work:
        with suppress(OSError):
            spills.parent.rmdir()


def remove_work(settings: PreprocessSettings) -> None:
    """Remove all unfinished work, once the dataset is whole."""
    work = work_folder(settings)
    if isinstance(work, RemotePath):
        _remove_own(work)
    else:
        for each in (settings, replace(settings, dry_run=True)):
            shutil.rmtree(spill_folder(each), ignore_errors=True)
    shutil.rmtree(build_folder(settings) / WORK, ignore_errors=True)


def remove_partial_files(settings: PreprocessSettings) -> None:
    """Remove the files that a killed run had begun to write.

    Its workers may still write for some seconds, so files that were changed just now stay.
    """
    out = build_folder(settings).absolute()
    remove_abandoned(out.parent, log_file(out).name)
    remove_partials(out, older_than=_DYING_SECONDS)
    for folder in {spill_folder(settings), staging_folder(settings), shard_folder(settings), hash_folder(settings)}:
        if isinstance(folder, RemotePath):
            _remove_remote_partials(folder)
        else:
            remove_partials(folder, older_than=_DYING_SECONDS)


def _name_work(settings: PreprocessSettings) -> str:
    """A name that no other OUT gets."""
    is_url = is_store_url(settings.out)
    return (
        f"pet_mood-{fingerprint_of([str(parse_store_url(settings.out)) if is_url else os.path.realpath(settings.out)])}"
    )


def _remove_own(folder: RemotePath, below: str = "") -> None:
    """Remove a folder of unfinished work in a store; where it holds anything else, only what is ours.

    `below` is the folder's name in work_folder, with a slash behind it.
    """
    files = [entry for entry in list_remote_folder(folder, recursive=True) if not entry.is_folder]
    own = [entry for entry in files if _is_own(f"{below}{entry.name}")]
    if len(own) == len(files):
        remove_remote_folder(folder)
        return
    for entry in own:
        remove_remote_file(folder / entry.name)


def _is_own(name: str) -> bool:
    """Whether a name in work_folder is one that a run gives, or the partial name of such a file."""
    return bool(_REMOTE_WORK.fullmatch(name)) or is_partial(Path(name))


def _remove_remote_partials(folder: RemotePath) -> None:
    """Those that a server of files keeps of an upload that was killed; an object store shows none."""
    for entry in list_remote_folder(folder):
        if is_partial(Path(entry.name)) and time.time() - entry.modified / 1e9 > _DYING_SECONDS:
            remove_remote_file(folder / entry.name)
