"""What a shell completes behind `petmood`: names of commands, their options, choices, files and folders.

eval "$(petmood completion bash)"    in ~/.bashrc
petmood completion zsh > ~/.zfunc/_petmood    where fpath has ~/.zfunc
"""

import argparse
from collections.abc import Mapping
from contextvars import ContextVar
from importlib import import_module
from typing import Any, Literal, get_args, get_origin

from console.output.messages import OUTPUT_FLAGS
from shards.errors import CallError

SHELLS = ("bash", "zsh")
_wants_parsers: ContextVar[bool] = ContextVar("_wants_parsers", default=False)


class _ParserOffered(Exception):
    def __init__(self, parser: argparse.ArgumentParser):
        super().__init__()
        self.parser = parser


def offer_parser(parser: argparse.ArgumentParser) -> None:
    """Called with each command's parser before it parses; where completion wants it, the command goes no further."""
    if _wants_parsers.get():
        raise _ParserOffered(parser)


def format_completion(shell: str, commands: Mapping[str, tuple[str, str]]) -> str:
    """The script for a shell. `commands` are the module and a clause by name. Raises CallError for another shell."""
    if shell not in SHELLS:
        raise CallError(f"completion {shell or '(no shell)'}: give one of {', '.join(SHELLS)}")
    import shtab

    root = argparse.ArgumentParser("petmood", add_help=False)
    _copy_shared_flags(root, shtab.FILE)
    subparsers = root.add_subparsers()
    for name, (module, about) in commands.items():
        options = subparsers.add_parser(name, help=about, add_help=False)
        for action in find_parser(module)._actions:
            if action.help != argparse.SUPPRESS:
                _copy_action(action, options, shtab.FILE, shtab.DIRECTORY)
    completion = subparsers.add_parser("completion", help="what a shell completes behind petmood", add_help=False)
    completion.add_argument("shell", choices=SHELLS)
    return shtab.complete(root, shell)


def _copy_shared_flags(root: argparse.ArgumentParser, files: dict[str, str]) -> None:
    """The flags in front of a command's name."""
    for flag in ("help", "version", "debug"):
        root.add_argument(f"--{flag}", action="store_true")
    for name, options in OUTPUT_FLAGS.items():
        added = root.add_argument(f"--{name}", **options)
        if name == "log":
            added.complete = files


def find_parser(module: str) -> argparse.ArgumentParser:
    """The parser of a command, which is a module with `main`, or a room with it in __main__."""
    place = import_module(module)
    main = getattr(place, "main", None) or import_module(f"{module}.__main__").main
    token = _wants_parsers.set(True)
    try:
        main([])
    except _ParserOffered as offer:
        return offer.parser
    finally:
        _wants_parsers.reset(token)
    raise AssertionError(f"{module} parses without offering its parser")


def _copy_action(
    action: argparse.Action, parser: argparse.ArgumentParser, files: dict[str, str], folders: dict[str, str]
) -> None:
    text = (action.help or "") % vars(action)  # such as %(default)s
    options: dict[str, Any] = {"help": text.replace("%", "%%")}
    if action.nargs == 0:
        options["action"] = "store_true"
    else:
        options |= {"nargs": action.nargs, "metavar": action.metavar, "choices": _list_choices(action)}
    names = action.option_strings or [action.dest]
    copied = parser.add_argument(*names, **options)
    if action.nargs != 0 and not options["choices"]:
        # A folder may be a CSV or an archive too, and a model's file lies in a folder: files complete both.
        copied.complete = folders if action.metavar == "DIR" and not action.nargs else files


def _list_choices(action: argparse.Action) -> list[str] | None:
    hint = getattr(action, "_typehint", None)
    if hint is bool:
        return ["true", "false"]
    if get_origin(hint) is Literal:
        return [str(choice) for choice in get_args(hint)]
    return list(action.choices) if action.choices else None
