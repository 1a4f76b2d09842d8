"""Archives in stores: the next bytes are asked for together with those that are needed, where reading goes forward.

A frame takes two reads of an archive, its header's and its own, and a store needs a request for each, however short.
Frames of a video lie one behind the other: as in a disk's read-ahead, a read that begins where the last ones ended
asks for twice as much as they did, up to some MB, and what jumps asks for little.
"""

import threading
from collections import OrderedDict

from shards.storage.stores.remote_files import read_remote_range
from shards.storage.stores.remote_path import RemotePath

_LEAST = 64 << 10  # bytes asked for after a jump
_MOST = 8 << 20
_GAP = 256 << 10  # bytes that may be skipped: members that nobody wants, such as another video's label
_WINDOWS = 4  # in each thread; a task reads few archives at a time


class _Window:
    """Bytes of a file that were read, and how many were asked for."""

    def __init__(self, start: int, data: bytes):
        self.start, self.data = start, data

    @property
    def stop(self) -> int:
        return self.start + len(self.data)


class _Windows(threading.local):
    def __init__(self) -> None:
        self.by_file: OrderedDict[tuple[RemotePath, str], _Window] = OrderedDict()


_windows = _Windows()


def read_range_ahead(path: RemotePath, version: str, offset: int, length: int) -> bytes:
    """`length` bytes of a store's file from `offset` on; fewer at its end. Raises as read_remote_range does.

    `version` is that of the file when it was listed; where another file has taken its place, that one is read.
    """
    file = (path, version)
    window = _windows.by_file.pop(file, None)
    if not (window and window.start <= offset and offset + length <= window.stop):
        goes_on = window and window.start <= offset <= window.stop + _GAP
        ahead = min(_MOST, 2 * len(window.data)) if goes_on else _LEAST
        held = window.data[offset - window.start :] if goes_on else b""
        start = offset + len(held)
        found = read_remote_range(path, start, max(length - len(held), ahead), version)
        window = _Window(offset, held + found)
    _windows.by_file[file] = window
    while len(_windows.by_file) > _WINDOWS:
        _windows.by_file.popitem(last=False)
    return window.data[offset - window.start :][:length]
