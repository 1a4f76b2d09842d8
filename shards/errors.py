"""The two ways in which a command fails, and the one line that a user then sees."""

import errno
import os
import sys
import traceback
from collections.abc import Callable


class DataError(Exception):
    """The data is at fault (exit status 1). The message says what, where and what to do, in one line."""


class CallError(Exception):
    """The call is at fault (exit status 2): it stops before any work, and the message says what to change."""


def run_command(name: str, command: Callable[[list[str]], int], arguments: list[str]) -> int:
    """Run a command's main function; turn what it raises into one line on stderr and an exit status.

    `--debug` among the arguments shows the traceback as well.
    """
    try:
        return command(arguments)
    except BrokenPipeError:  # the reader of our output went away (`| head`): nothing to tell it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (CallError, DataError, OSError, KeyboardInterrupt) as error:
        if "--debug" in arguments:
            traceback.print_exc()
        status, line = _explain(error)
        print(f"{name}: {' '.join(line.split())}", file=sys.stderr)
        return status


def _explain(error: BaseException) -> tuple[int, str]:
    """Exit status and one line."""
    if isinstance(error, CallError | DataError):
        return (2 if isinstance(error, CallError) else 1), str(error)
    if isinstance(error, OSError):
        return _explain_os_error(error)
    return 130, "stopped; run the same command again to go on"


def _explain_os_error(error: OSError) -> tuple[int, str]:
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return 2, f"{where}the disk is full; free some space and run the same command again, finished work is kept"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return 2, f"{where}{error.strerror}; choose a place that can be read and written"
    return 1, f"{where}{error.strerror or error}"
