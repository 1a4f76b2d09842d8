"""Two folders take each other's names in one step, so that whoever looks finds the one or the other, never a part."""

import ctypes
import errno
import os
from pathlib import Path

_AT_CURRENT_FOLDER = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE


def exchange_folders(one: Path, other: Path) -> None:
    """Exchange two folders of one file system, on Linux; after a loss of power too, both are there.

    Raises OSError where the system or the file system cannot do it, or where one of them is a mount point.
    """
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None
    if rename(_AT_CURRENT_FOLDER, os.fsencode(one), _AT_CURRENT_FOLDER, os.fsencode(other), _EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one), None, str(other))
