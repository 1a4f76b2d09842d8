"""How every command of this project meets its user: one line for what went wrong, and an exit status."""

import argparse
import errno
import io
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import NoReturn

from shards.errors import CallError, DataError
from shards.storage.files import IrregularFile


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
    open_streams()
    warnings.simplefilter("ignore")  # libraries' warnings are no news to a user, and no errors, whatever -W says
    try:
        status = command(arguments)
        sys.stdout.flush()  # here, where a full disk or a reader that is gone can still be told
        return status
    except BrokenPipeError:  # the reader of our output went away (`| head`): nothing to tell it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # as a shell reports it: the work may not be done
    except (Exception, KeyboardInterrupt) as error:
        if "--debug" in arguments:
            traceback.print_exc()
        status, line = _explain(error)
        print(f"{name}: {' '.join(line.split())}", file=sys.stderr)
        return status


def open_streams() -> None:
    """Make standard input, output and error usable, however the caller has set them up.

    Korean is written whatever the locale: what an encoding lacks, and bytes of names that are no text, as \\u.. and
    \\x... A closed stream leads nowhere; left closed, the next file to be opened would take its number, and be written
    into by whoever prints.
    """
    for number, flags in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest free number, which is this one
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it was closed; libraries ask it things
            nowhere = open(os.devnull, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
            setattr(sys, name, nowhere)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _explain(error: BaseException) -> tuple[int, str]:
    """Exit status and one line."""
    if isinstance(error, CallError | DataError):
        return (2 if isinstance(error, CallError) else 1), str(error) or type(error).__name__
    if isinstance(error, OSError):
        return _explain_os_error(error)
    if isinstance(error, KeyboardInterrupt):
        return 130, str(error) or "stopped; run the same command again to go on"
    if isinstance(error, MemoryError):
        return 1, "there is not enough memory; close other programs or give smaller settings, and run it again"
    what = ": ".join(filter(None, (type(error).__name__, str(error))))
    return 1, f"{what}; this is a fault of the program, --debug shows where"


def _explain_os_error(error: OSError) -> tuple[int, str]:
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return 2, f"{where}the disk is full; free some space and run the same command again, finished work is kept"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return 2, f"{where}{error.strerror}; choose a place that can be read and written"
    what = error.strerror or str(error) or type(error).__name__
    if isinstance(error, IrregularFile | FileNotFoundError | NotADirectoryError | IsADirectoryError | FileExistsError):
        return 1, f"{where}{what}"
    return 1, f"{where}{what}; once that has passed, run the same command again, it goes on from there"
