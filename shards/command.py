"""How every command of this project meets its user: one line for what went wrong, and an exit status."""

import argparse
import errno
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from shards.errors import CallError, DataError


class Parser(argparse.ArgumentParser):
    """argparse's, but a bad call is a CallError: one line instead of a page of usage."""

    def __init__(self, module: str, about: str):
        super().__init__(
            prog=f"python -m {module}",
            description=about,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.add_argument("--debug", action="store_true", help="show tracebacks")

    def error(self, message: str) -> NoReturn:
        raise CallError(message)


def run_command(name: str, command: Callable[[list[str]], int], arguments: list[str]) -> int:
    """Run a command's main function; turn what it raises into one line on stderr and an exit status.

    `--debug` among the arguments shows the traceback as well.
    """
    try:
        return command(arguments)
    except BrokenPipeError:  # the reader of our output went away (`| head`): nothing to tell it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # as a shell reports it: the work may not be done
    except (Exception, KeyboardInterrupt) as error:
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
    if isinstance(error, KeyboardInterrupt):
        return 130, str(error) or "stopped; run the same command again to go on"
    return 1, f"{type(error).__name__}: {error}; this is a fault of the program, --debug shows where"


def _explain_os_error(error: OSError) -> tuple[int, str]:
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return 2, f"{where}the disk is full; free some space and run the same command again, finished work is kept"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return 2, f"{where}{error.strerror}; choose a place that can be read and written"
    return 1, f"{where}{error.strerror or error}"
