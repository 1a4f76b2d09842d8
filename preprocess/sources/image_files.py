"""Image files on the disk and in stores: whether they exist and may be read, and the metadata that shows a change."""

import os

from preprocess.archives.byte_source import FilePath
from preprocess.sources.video import ImageFile
from shards.storage.files import IrregularFile, open_file, retry
from shards.storage.stores.remote_files import read_remote_state
from shards.storage.stores.remote_path import RemotePath


def stat_image(path: FilePath, relative: str) -> ImageFile | None:
    """An image file's metadata; None where there is no such file, or only a link that leads nowhere.

    Raises OSError for a failure that may be temporary.
    """
    try:
        if isinstance(path, RemotePath):
            return ImageFile(path, relative, *read_remote_state(path), True)
        status = retry(lambda: os.stat(path), path)
    except FileNotFoundError:
        return None
    except PermissionError:
        return ImageFile(path, relative, 0, 0, False)
    is_readable = os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids) or _can_open(path)
    return ImageFile(path, relative, status.st_size, status.st_mtime_ns, is_readable)


def _can_open(path: bytes) -> bool:
    """Whether a file that os.access refuses can be opened: os.access also says no when the disk does not answer.

    Raises OSError where the disk does not answer.
    """
    try:
        open_file(path).close()
    except (FileNotFoundError, PermissionError):
        return False
    except IrregularFile:
        return True
    return True
