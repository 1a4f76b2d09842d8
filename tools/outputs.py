"""The files that a command is told to write: may they be written, before any work is done?"""

import tempfile
from pathlib import Path

from shards.errors import CallError


def check_files(folder: Path, files: dict[str, Path]) -> None:
    """Raise CallError unless every file can be written, lies outside the dataset and is no other's."""
    for option, path in files.items():
        if path.is_dir():
            raise CallError(f"{option} {path} is a folder; give a file's name")
        if not path.absolute().parent.is_dir():
            raise CallError(f"{option} {path}: its folder does not exist; make it or give another file")
        if path.resolve().is_relative_to(folder.resolve()):
            raise CallError(f"{option} {path} lies in the dataset, which holds nothing else; give a file outside of it")
        try:
            tempfile.TemporaryFile(dir=path.absolute().parent).close()
        except OSError as error:
            raise CallError(f"{option} {path}: its folder cannot be written: {error.strerror}; give another") from error
    if len({path.resolve() for path in files.values()}) < len(files):
        raise CallError(f"{' and '.join(files)} name the same file; give each its own")
