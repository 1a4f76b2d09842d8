"""The folders of a run's unfinished work: where they lie, and how they are removed."""

import os
import re
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from preprocess.fingerprint import fingerprint_of
from preprocess.output_folder.run_log import log_file
from preprocess.settings import PreprocessSettings
from shards.storage.atomic_write import remove_abandoned, remove_partials
from shards.storage.remote_path import is_store_url, parse_store_url

WORK = ".work"  # in OUT
DEFAULT_WORK = "data/work"  # where OUT lies in a store
_WORK_NAMES = re.compile(r"[0-9a-f]{32}|hashes|dry_run")
_DYING_SECONDS = 60  # after which the workers of a killed driver have surely ended


def build_folder(settings: PreprocessSettings) -> Path:
    """Where a dataset is made: OUT itself, or for a store's OUT a folder in --work, or in data/work."""
    if not is_store_url(settings.out):
        return Path(settings.out)
    name = f"pet_mood-{fingerprint_of([str(parse_store_url(settings.out))])}"
    return Path(settings.work or DEFAULT_WORK).absolute() / name


def spill_folder(settings: PreprocessSettings) -> Path:
    """Where the video tasks leave their spills: in OUT, or in --work under a name that no other OUT gets.

    The spills of a dry run, which hold no records, lie apart.
    """
    if not settings.work or is_store_url(settings.out):
        return build_folder(settings) / WORK / settings.fingerprint() / ("rows" if settings.dry_run else "spill")
    parts = [settings.fingerprint(), os.path.realpath(settings.out), *(["dry run"] if settings.dry_run else [])]
    return Path(settings.work) / f"pet_mood-{fingerprint_of(parts)}"


def staging_folder(settings: PreprocessSettings) -> Path:
    """Where finished files wait for publication: on OUT's own disk, so that they can be renamed into it."""
    return build_folder(settings).absolute() / WORK / settings.fingerprint() / "finished"


def hash_folder(settings: PreprocessSettings) -> Path:
    """Where dry runs leave the hashes of frames, whatever the other settings are."""
    return build_folder(settings) / WORK / "hashes"


def list_foreign_work(out: Path) -> list[str]:
    """The names in OUT's work folder that no run of this program makes."""
    return [path.name for path in (out / WORK).iterdir() if not _WORK_NAMES.fullmatch(path.name)]


def remove_dry_run_spill(settings: PreprocessSettings) -> None:
    """Remove the rows of a dry run. Its hashes stay, and so does the work of an interrupted run."""
    shutil.rmtree(spill_folder(settings), ignore_errors=True)  # a task on a node that hung may still write
    if not settings.work:
        with suppress(OSError):
            spill_folder(settings).parent.rmdir()


def remove_work(settings: PreprocessSettings) -> None:
    """Remove all unfinished work, once the dataset is whole."""
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
    for folder in (spill_folder(settings), staging_folder(settings), hash_folder(settings)):
        remove_partials(folder, older_than=_DYING_SECONDS)
