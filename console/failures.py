"""What a command reports for an exception: an exit status and a message that says what to do."""

import errno
import os

from console.calls.extras import EXTRAS, explain_missing_packages
from console.stops import STOPPED
from shards.errors import CallError, DataError
from shards.storage.files import IrregularFile


def describe_failure(error: BaseException, goes_on: bool = False) -> tuple[int, str]:
    """Return the exit status (1: the data or the program is at fault, 2: the call, 130: stopped) and the message.

    `goes_on` says whether the same command takes up what this one had finished.
    """
    if isinstance(error, CallError | DataError):
        return (2 if isinstance(error, CallError) else 1), str(error) or type(error).__name__
    if isinstance(error, OSError):
        return _describe_os_error(error, goes_on)
    if isinstance(error, ModuleNotFoundError) and error.name in EXTRAS:
        return 2, explain_missing_packages(error.name)
    if isinstance(error, KeyboardInterrupt):
        again = "run the same command again to go on" if goes_on else "the same command starts over"
        return STOPPED, str(error) or f"stopped; {again}"
    if isinstance(error, MemoryError):
        return 1, "there is not enough memory; close other programs or give smaller settings, and run it again"
    what = ": ".join(filter(None, (type(error).__name__, str(error))))
    return 1, f"{what}; this is a fault of the program, --debug shows where"


def _describe_os_error(error: OSError, goes_on: bool) -> tuple[int, str]:
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        kept = ", finished work is kept" if goes_on else ""
        return 2, f"{where}the disk is full; free some space and run the same command again{kept}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return 2, f"{where}{error.strerror}; choose a place that can be read and written"
    what = error.strerror or str(error) or type(error).__name__
    if isinstance(error, IrregularFile | FileNotFoundError | NotADirectoryError | IsADirectoryError | FileExistsError):
        return 1, f"{where}{what}"
    on = ", it goes on from there" if goes_on else ""
    return 1, f"{where}{what}; once that has passed, run the same command again{on}"
