"""Running a command: what goes wrong becomes one line on standard error and an exit status."""

import argparse
import os
import re
import sys
import traceback
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from console.calls.commands import can_go_on, name_call, name_shortly
from console.calls.completion import offer_parser
from console.calls.examples import format_examples
from console.calls.given_paths import refuse_urls
from console.calls.help_format import HelpFormatter
from console.calls.unknown_flags import refuse_unknown_flags
from console.failures import describe_failure
from console.output.messages import OUTPUT_FLAGS, open_output, print_error
from console.stops import Stop
from console.streams import prepare_streams
from console.version import VERSION_HELP, VersionAction
from shards.errors import CallError

_REQUIRED = "the following arguments are required: "  # as argparse says


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises CallError for a bad call, instead of printing its usage and exiting."""

    def __init__(self, module: str, about: str, **layout: str):
        """`layout` may have a prog, a usage and an epilog other than those that follow from the module."""
        own = {"prog": " ".join(name_call(module)), "epilog": format_examples(module)}
        super().__init__(
            description=_shorten(about), formatter_class=HelpFormatter, allow_abbrev=False, **(own | layout)
        )
        self.add_argument("--debug", action="store_true", help="show tracebacks")
        for name, options in OUTPUT_FLAGS.items():
            self.add_argument(f"--{name}", **options)
        self.add_argument("--version", action=VersionAction, help=VERSION_HELP)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        offer_parser(self)
        given = sys.argv[1:] if args is None else list(args)
        if not {"-h", "--help", "--version"} & set(given):
            refuse_unknown_flags(given, list(self._option_string_actions))  # before argparse asks for what is missing
        try:
            return super().parse_known_args(args, namespace)
        except CallError as error:
            if str(error).startswith(_REQUIRED) and (meant := self._find_lonely_value(given)):
                raise CallError(f"{error}; did you mean {meant[0]} {meant[1]}?") from error
            raise

    def _find_lonely_value(self, given: list[str]) -> tuple[str, str] | None:
        """A flag that is missing and a value that stands behind no flag; of several flags one that takes many values.

        For calls that were refused: nothing is required from now on.
        """
        flags_given = {argument.partition("=")[0] for argument in given}
        missing = [action for action in self._actions if action.required and action.option_strings]
        missing = [action for action in missing if not set(action.option_strings) & flags_given]
        for action in self._actions:
            action.required = False
        _, rest = super().parse_known_args(given)
        flags = sorted(missing, key=lambda action: action.nargs != "+")
        values = [argument for argument in rest if not argument.startswith("-")]
        return (flags[0].option_strings[0], values[0]) if flags and values else None

    def error(self, message: str) -> NoReturn:
        raise CallError(message)


def _shorten(about: str | None) -> str:
    """A module's docstring without the calls that it shows: the help has them as its usage and examples."""
    text = re.sub(r": python -m [^\n]*$", ".", about or "", count=1, flags=re.MULTILINE)  # None under python -OO
    return re.sub(r"(?:^    .*\n)+\n", "", text, flags=re.MULTILINE)


def run_command(
    name: str, command: Callable[[list[str]], int], arguments: list[str], encoding: str | None = None
) -> int:
    """Run a command's main function and return the exit status of the process.

    An exception becomes one line on standard error; `--debug` among the arguments shows the traceback as well, and
    `--quiet`, `--log FILE` and `--lang` hold whatever the command does, see console.output.messages.

    Args:
        name: of the command, in front of that line; where petmood was called, the name there.
        command: takes the arguments and returns its exit status.
        arguments: the command line. The command may append `--debug`.
        encoding: of standard output and error; that of the locale when not given.
    """
    goes_on, name = can_go_on(name), name_shortly(name)
    prepare_streams(encoding)
    warnings.simplefilter("ignore")  # users cannot act on libraries' warnings, and -W error must not stop a run
    stop = Stop(partial(print_error, f"{name}: {describe_failure(KeyboardInterrupt(), goes_on)[1]}"))
    try:
        with open_output(arguments), stop.listen():
            return _run(name, command, arguments, goes_on, stop)
    except CallError as error:  # of --log
        print_error(f"{name}: {' '.join(str(error).split())}")
        return 2


def _run(name: str, command: Callable[[list[str]], int], arguments: list[str], goes_on: bool, stop: Stop) -> int:
    try:
        refuse_urls(arguments, name)
        status = command(arguments)
        sys.stdout.flush()  # here a full disk or a closed pipe can still be reported
        return status
    except BrokenPipeError:  # the reader of our output has closed it (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # the status that a shell reports for SIGPIPE; the work may not be done
    except (Exception, KeyboardInterrupt) as error:
        if "--debug" in arguments:
            traceback.print_exc()
        status, message = describe_failure(error, goes_on)
        say = partial(print_error, f"{name}: {' '.join(message.split())}")
        stop.tell(say) if isinstance(error, KeyboardInterrupt) else say()
        return status
