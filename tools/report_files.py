"""The paths that a command is given: is there a folder, and may its files be written, before any work is done?"""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from preprocess.output_folder.run_log import log_file
from shards.errors import CallError
from shards.storage.atomic_write import write_atomically
from shards.storage.files import IrregularFile, open_file

MARK = "pet mood"  # stands in what the commands write, so that they know it again and replace nothing else
_MARKS = (f'content="{MARK}"'.encode(), f'"made_by": "{MARK}"'.encode(), f"Author\0{MARK}".encode())
_MARKS += (b'"representative","direct_representative"',)  # the list of dropped frames
_HEAD = 65_536  # bytes in which the mark stands


def dataset_folder(text: str) -> Path:
    """A command's DIR. Raises CallError where it is empty, which would mean the current folder, or a file."""
    if text and not Path(text).is_file():
        return Path(text)
    what = f"{text} is a file" if text else "DIR is empty"
    raise CallError(f"{what}; give the folder that preprocess wrote")


def check_files(folder: Path, files: dict[str, Path], sources: Iterable[Path]) -> None:
    """Raise CallError unless every file, by its option, can be written and takes no other's place.

    It has to lie outside the dataset and the sources, and must not be the dataset's log, nor anybody's file but a
    report that it replaces.
    """
    sources = list(sources)
    for option, path in files.items():
        if path.is_dir():
            raise CallError(f"{option} {path} is a folder; give a file's name")
        if not path.absolute().parent.is_dir():
            raise CallError(f"{option} {path}: its folder does not exist; make it or give another file")
        if what := _find_owner(path, folder, sources) or _find_stranger(path):
            raise CallError(f"{option} {path} {what}")
        try:
            tempfile.TemporaryFile(dir=path.absolute().parent).close()
        except OSError as error:
            raise CallError(f"{option} {path}: its folder cannot be written: {error.strerror}; give another") from error
    _check_different(files)


def _find_owner(path: Path, folder: Path, sources: list[Path]) -> str | None:
    """Why a file would be in the way of others, and what to do."""
    places = path.resolve(), path.parent.resolve() / path.name  # a link is replaced itself, not what it points to
    if any(place.is_relative_to(folder.resolve()) for place in places):
        return "lies in the dataset, which holds nothing else; give a file outside of it"
    if log_file(folder).resolve() in places:
        return "is the log of the run that made the dataset; give another file"
    for source in sources:
        if any(place.is_relative_to(source.resolve()) for place in places):
            return f"lies in the source {source}, which is only read; give a file outside of it"
    return None


def _find_stranger(path: Path) -> str | None:
    """Why a file that is there must not be replaced."""
    if not os.path.lexists(path):
        return None
    try:
        with open_file(path) as file:
            head = file.read(_HEAD)
        if any(mark in head for mark in _MARKS):
            return None
    except IrregularFile:
        return "is no regular file; give another"
    except FileNotFoundError:
        return None  # a link that leads nowhere
    return "is there already, and no report of ours; remove it or give another file"


def _check_different(files: dict[str, Path]) -> None:
    seen: dict[Path, str] = {}
    for option, path in files.items():
        if first := seen.get(path.resolve()):
            raise CallError(f"{first} and {option} name the same file; give each its own")
        seen[path.resolve()] = option


def write_text(path: Path, text: str) -> None:
    """Write UTF-8; bytes of file names that are no text (surrogates) are written as \\udc80 and the like."""
    with write_atomically(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))
