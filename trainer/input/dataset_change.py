"""Notices a dataset that changes under a training, although its folder is held: it was removed, or replaced in place.

A new version takes the place of the old folder, which a training holds and reads on. Only where the file system cannot
do that are the files of the folder itself replaced; shards of the new version may have the old ones' names.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from shards.dataset import read_dataset
from shards.errors import CallError, DataError
from shards.storage.stores.remote_path import is_store_url


class _Split(Protocol):
    name: str  # the folder's path as the user has given it
    fingerprint: str  # the digest of dataset.json
    files: Sequence[Path]  # the shards, in the folder that is held


def check_not_replaced(*splits: _Split) -> None:
    """Raise DataError where a dataset is not the one any more that was opened.

    In place an old dataset.json goes before the first of its shards does. So what was read before this call is of the
    dataset that was opened: call it after reading, and before anything is written that follows from what was read.
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
        if read_dataset(split.files[0].parent).digest == split.fingerprint:
            return None
    except (CallError, DataError):  # there is none for the moment
        pass
    return DataError(
        f"{split.name} was replaced while it was read; nothing of its new version is in this run. To train on that, "
        "give --replace or another --out"
    )
