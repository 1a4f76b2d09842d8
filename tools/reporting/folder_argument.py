"""The DIR argument of the commands that read a dataset."""

from pathlib import Path

from shards.errors import CallError


def parse_dataset_folder(text: str) -> Path:
    """The folder that a command line names, which need not exist yet.

    Raises CallError for a file and for an empty text, which Path would turn into the current folder.
    """
    if text and not Path(text).is_file():
        return Path(text)
    what = f"{text} is a file" if text else "DIR is empty"
    raise CallError(f"{what}; give the folder that preprocess wrote")
