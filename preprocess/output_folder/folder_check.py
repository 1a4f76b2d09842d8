"""Checks of OUT and the work folder before a run starts."""

import os
from pathlib import Path

from preprocess.output_folder.replacement import list_foreign_files
from preprocess.output_folder.run_log import is_log, log_file, read_log
from preprocess.output_folder.upload import check_remote_folder
from preprocess.output_folder.work_folders import build_folder
from preprocess.settings import PreprocessSettings
from shards.dataset import DATASET_FILE
from shards.errors import CallError
from shards.storage.stores.remote_files import list_remote_folder
from shards.storage.stores.remote_path import RemotePath, is_store_url, locate, parse_store_url


def check_output_folder(settings: PreprocessSettings) -> None:
    """Raise CallError unless a dataset can be made in OUT without harm to anything else.

    OUT and --work must be writable and lie apart from the sources. OUT may hold only a dataset and the work of a run,
    and a file in the log's place must be a log. Where OUT lies in a store, --work stands for it on this machine, or
    data/work where --work lies in a store as well. Raises OSError where the store of --work cannot be listed.
    """
    has_remote_work = bool(settings.work) and is_store_url(settings.work)
    if has_remote_work:
        _check_remote_work(settings)
    if is_store_url(settings.out):
        _check_place(build_folder(settings).parent, settings.sources)
        check_remote_folder(settings)
        return
    out = Path(settings.out)
    local_work = None if has_remote_work else settings.work
    for folder in filter(None, (settings.out, local_work)):
        _check_place(Path(folder), settings.sources)
    if local_work and Path(os.path.realpath(settings.work)).is_relative_to(os.path.realpath(out)):
        raise CallError(f"--work {settings.work} lies in --out {out}; give a folder outside, or leave --work away")
    beside = find_existing(log_file(out).parent)
    if not os.access(beside, os.W_OK | os.X_OK):
        raise CallError(f"{beside} cannot be written, where the log {log_file(out).name} goes; give a deeper --out")
    _check_contents(out, settings.replace)
    if log_file(out).exists() and not is_log(log_file(out)):
        raise CallError(
            f"{log_file(out)} is no log of this program, and would be overwritten; give another --out, or remove it"
        )


def find_existing(folder: Path) -> Path:
    """The folder itself, or the nearest above it that exists."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())


def _check_remote_work(settings: PreprocessSettings) -> None:
    work, out = parse_store_url(settings.work), locate(settings.out)
    if isinstance(out, RemotePath) and _lies_in(work, out):
        raise CallError(f"--work {work} lies in --out {out}; give a folder outside, or leave --work away")
    for source in filter(is_store_url, settings.sources):
        there = parse_store_url(source)
        if _lies_in(work, there) or (work.key and _lies_in(there, work)):
            raise CallError(f"{work} and the source {there} lie in one another; give a folder outside the source")
    list_remote_folder(work)


def _lies_in(path: RemotePath, folder: RemotePath) -> bool:
    return path.store == folder.store and f"{path.key}/".startswith(f"{folder.key}/" if folder.key else "")


def _check_place(folder: Path, sources: list[str]) -> None:
    if folder.exists() and not folder.is_dir():
        raise CallError(f"{folder} is a file; give a folder")
    existing = find_existing(folder)
    if not os.access(existing, os.W_OK | os.X_OK):
        raise CallError(f"{existing} cannot be written; change its permissions or give another folder")
    here = os.path.realpath(folder)
    for source in sources:
        there = os.path.realpath(source)
        if os.path.commonpath([here, there]) in ((here, there) if os.path.isdir(there) else (there,)):
            raise CallError(f"{folder} and the source {source} lie in one another; give a folder outside the source")


def _check_contents(out: Path, replace: bool) -> None:
    foreign = sorted(list_foreign_files(out)) if out.is_dir() else []
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise CallError(f"{out} holds files that are no dataset's ({foreign[0]}{more}); give an empty or a new folder")
    if (out / DATASET_FILE).exists() and not replace and read_log(out) is None:
        what = f"{out} holds a dataset that its log {log_file(out)} does not fit: one of them is damaged or gone"
        raise CallError(f"{what}; give --replace to make it anew, or another folder")
