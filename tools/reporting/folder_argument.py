"""The DIR argument of the commands that read a dataset."""

from pathlib import Path

from shards.errors import CallError
from shards.storage.stores.remote_path import AnyPlace, is_store_url, parse_store_url


def parse_dataset_folder(text: str) -> AnyPlace:
    """The folder that a command line names, of this machine or in a store, which is not asked yet.

    Raises CallError where there is none, and for an empty text, which Path would turn into the current folder. It is
    called before the imports that take most of a second.
    """
    if is_store_url(text):
        return parse_store_url(text)
    if text and Path(text).is_dir():
        return Path(text)
    what = f"{text} is {'a file' if Path(text).is_file() else 'not a folder'}" if text else "DIR is empty"
    raise CallError(f"{what}; give the folder that preprocess wrote")
