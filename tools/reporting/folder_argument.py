"""The DIR argument of the commands that read a dataset."""

from pathlib import Path

from shards.errors import CallError


def parse_dataset_folder(text: str) -> Path:
    """The folder that a command line names.

    Raises CallError where there is none, and for an empty text, which Path would turn into the current folder. It is
    called before the imports that take most of a second.
    """
    if text and Path(text).is_dir():
        return Path(text)
    what = f"{text} is {'a file' if Path(text).is_file() else 'not a folder'}" if text else "DIR is empty"
    raise CallError(f"{what}; give the folder that preprocess wrote")
