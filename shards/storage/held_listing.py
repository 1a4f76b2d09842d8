"""What lies in a store's folder and below, listed once for all who look at it in turn.

To list millions of files takes thousands of requests. Whether a folder holds one kind of data is seen by its listing,
which is then handed on to whoever reads that kind.
"""

from shards.storage.stores.remote_entries import RemoteEntry
from shards.storage.stores.remote_files import list_remote_folder
from shards.storage.stores.remote_path import RemotePath

_held: dict[RemotePath, list[RemoteEntry]] = {}


def hold_listing(root: RemotePath) -> list[RemoteEntry]:
    """Everything below a folder, as it is now; kept until take_listing hands it out. Raises as list_remote_folder."""
    _held[root] = list_remote_folder(root, recursive=True)
    return _held[root]


def take_listing(root: RemotePath) -> list[RemoteEntry]:
    """Everything below a folder: what hold_listing has kept, or else as it is now. Raises as list_remote_folder."""
    found = _held.pop(root, None)
    return list_remote_folder(root, recursive=True) if found is None else found
