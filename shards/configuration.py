"""Settings from YAML files and the command line, for commands whose settings are a dataclass with a docstring."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

from docstring_parser import parse as parse_docstring
from jsonargparse import ActionConfigFile, ArgumentParser
from jsonargparse import ArgumentError as ParsingError

from shards.errors import CallError

T = TypeVar("T")


def parse_settings(
    kind: type[T],
    module: str,
    about: str,
    arguments: list[str],
    flags: Sequence[str],
    special: dict[str, dict[str, Any]],
) -> T:
    """A `kind` from --config files and the command line, the later ones over the earlier.

    Args:
        kind: a dataclass, its fields described in its docstring; one of them is `debug`.
        module: as in `python -m module`.
        about: what the command does, in a line.
        arguments: the command line; gets --debug where a file says so, for run_command looks for it there.
        flags: fields that are switched on by their name alone.
        special: fields that take other arguments of add_argument than their type would give.

    Raises CallError for anything that is unknown, missing or out of range.
    """
    parser = ArgumentParser(prog=f"python -m {module}", description=about, exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--config", action=ActionConfigFile, help="a YAML file of settings, as in configs/")
    described = {parameter.arg_name: parameter.description for parameter in parse_docstring(kind.__doc__).params}
    for name, how in (special | {flag: {"action": "store_true"} for flag in flags}).items():
        parser.add_argument(f"--{name}", help=described[name], **how)
    parser.add_class_arguments(kind, as_group=False, skip={*special, *flags})
    try:
        found = parser.instantiate(parser.parse_args(arguments))
        settings = kind(**{field.name: found[field.name] for field in fields(kind)})
    except ParsingError as error:
        raise CallError(str(error)) from error
    if settings.debug and "--debug" not in arguments:
        arguments.append("--debug")
    return settings
