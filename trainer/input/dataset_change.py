"""Notices a dataset that is replaced while it is trained on: shards of the new version may have the old ones' names."""

from pathlib import Path
from typing import Protocol

from shards.dataset import read_dataset
from shards.errors import CallError, DataError
from shards.storage.remote_path import is_store_url


class _Split(Protocol):
    name: str  # the folder's path as the user has given it
    fingerprint: str  # the digest of dataset.json


def check_not_replaced(*splits: _Split) -> None:
    """Raise DataError where a dataset is not the one any more that was opened.

    An old dataset.json goes before the first of its shards does. So what was read before this call is of the dataset
    that was opened: call it after reading, and before anything is written that follows from what was read.
    """
    for split in splits:
        if replaced := find_replacement(split):
            raise replaced


def find_replacement(split: _Split) -> DataError | None:
    """What to raise where a dataset is not the one any more that was opened; else None.

    None for one in a store: its shards are compared with the checksums of the dataset that was opened as they come.
    """
    if is_store_url(split.name):
        return None
    try:
        if read_dataset(Path(split.name)).digest == split.fingerprint:
            return None
    except (CallError, DataError):  # there is none for the moment
        pass
    return DataError(
        f"{split.name} was replaced while it was read; nothing of its new version is in this run. To train on that, "
        "give --replace or another --out"
    )
