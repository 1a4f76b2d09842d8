"""Files that the commands write: where they may lie, which existing files they may replace, and how text is written."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from preprocess.output_folder.run_log import log_file
from shards.errors import CallError
from shards.storage.atomic_write import write_atomically
from shards.storage.files import IrregularFile, open_file
from shards.storage.stores.remote_path import AnyPlace, RemotePath

REPORT_MARK = "pet mood"  # written into every report, so that a later report may replace it
_MARKS = (
    f'content="{REPORT_MARK}"'.encode(),
    f'"made_by": "{REPORT_MARK}"'.encode(),
    f"Author\0{REPORT_MARK}".encode(),
)
_MARKS += (b'"representative","direct_representative"',)  # the header of the CSV of dropped frames
_MARKED_BYTES = 65_536  # at the start of a file, among which the mark is looked for


def name_report(folder: AnyPlace) -> str:
    """What a report about a dataset or a run is called: the name of its folder, or of a store's bucket or host."""
    if isinstance(folder, RemotePath):
        return folder.name or folder.store.rpartition("/")[2]
    return folder.absolute().name


def place_report(folder: AnyPlace, ending: str) -> Path:
    """Where a report about a dataset or a run goes when no file is given: beside it, under its name and an ending.

    Of one in a store it goes into the current folder, since stores are only read.
    """
    place = Path.cwd() if isinstance(folder, RemotePath) else folder.absolute().parent
    return place / f"{name_report(folder)}{ending}"


def check_report_files(folder: AnyPlace | None, files: dict[str, Path], sources: Iterable[AnyPlace]) -> None:
    """Raise CallError unless every file can be written without damage to other files.

    A file must lie outside the dataset `folder`, where there is one, and its sources, must not be the log, and
    may replace an existing file only if that is a report. `files` maps options of the command line, as "--html", to
    paths, which must be different.
    """
    folder = folder if isinstance(folder, Path) else None  # what lies in a store is not written by mistake
    sources = [source for source in sources if isinstance(source, Path)]
    for option, path in files.items():
        if path.is_dir():
            raise CallError(f"{option} {path} is a folder; give a file's name")
        if not path.absolute().parent.is_dir():
            raise CallError(f"{option} {path}: its folder does not exist; make it or give another file")
        if what := _find_protected_place(path, folder, sources) or _find_foreign_file(path):
            raise CallError(f"{option} {path} {what}")
        try:
            tempfile.TemporaryFile(dir=path.absolute().parent).close()
        except OSError as error:
            raise CallError(f"{option} {path}: its folder cannot be written: {error.strerror}; give another") from error
    _check_different(files)


def _find_protected_place(path: Path, folder: Path | None, sources: list[Path]) -> str | None:
    """Why a file must not lie at `path`, and what to do; None where it may."""
    places = path.resolve(), path.parent.resolve() / path.name  # of a link: the link itself is replaced, not its target
    if folder and any(place.is_relative_to(folder.resolve()) for place in places):
        return "lies in the dataset, which holds nothing else; give a file outside of it"
    if folder and log_file(folder).resolve() in places:
        return "is the log of the run that made the dataset; give another file"
    for source in sources:
        if any(place.is_relative_to(source.resolve()) for place in places):
            return f"lies in the source {source}, which is only read; give a file outside of it"
    return None


def _find_foreign_file(path: Path) -> str | None:
    """Why an existing file must not be replaced, and what to do; None where it may or where there is none."""
    if not os.path.lexists(path):
        return None
    try:
        with open_file(path) as file:
            head = file.read(_MARKED_BYTES)
        if any(mark in head for mark in _MARKS):
            return None
    except IrregularFile:
        return "is no regular file; give another"
    except FileNotFoundError:
        return None  # a link without a target
    return "is there already, and no report of ours; remove it or give another file"


def _check_different(files: dict[str, Path]) -> None:
    seen: dict[Path, str] = {}
    for option, path in files.items():
        if first := seen.get(path.resolve()):
            raise CallError(f"{first} and {option} name the same file; give each its own")
        seen[path.resolve()] = option


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8. Surrogates, which stand for bytes of file names, are written as \\udc80 and the like."""
    with write_atomically(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))
