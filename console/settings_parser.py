"""Settings from YAML files and the command line, for commands whose settings are a dataclass with a docstring."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

from docstring_parser import parse as parse_docstring
from jsonargparse import ActionConfigFile, ArgumentError, ArgumentParser

from console.settings_check import find_wrong_value
from shards.errors import CallError

_T = TypeVar("T")


def parse_settings(
    kind: type[_T],
    module: str,
    about: str,
    arguments: list[str],
    flags: Sequence[str],
    special: dict[str, dict[str, Any]],
) -> _T:
    """Parse --config files and the command line into an instance of `kind`. Later values override earlier ones.

    Args:
        kind: a dataclass whose docstring describes its fields. One field is `debug`.
        module: the command's module, as in `python -m module`.
        about: what the command does, in one line.
        arguments: the command line. `--debug` is appended where a file sets it, because run_command looks for it here.
        flags: fields that are switched on by their name alone.
        special: for some fields, the arguments of add_argument, where those that follow from the type do not suit.

    Raises CallError for a setting that is unknown, missing, or not of its type or range.
    """
    parser = ArgumentParser(prog=f"python -m {module}", description=about, exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--config", action=ActionConfigFile, help="a YAML file of settings, as in configs/")
    # python -OO removes docstrings; the help is then shorter.
    descriptions = {
        parameter.arg_name: parameter.description for parameter in parse_docstring(kind.__doc__ or "").params
    }
    for name, options in (special | {flag: {"action": "store_true"} for flag in flags}).items():
        parser.add_argument(f"--{name}", help=descriptions.get(name), **options)
    parser.add_class_arguments(kind, as_group=False, skip={*special, *flags})
    try:
        parsed = parser.instantiate(parser.parse_args(arguments))
        settings = kind(**{field.name: parsed[field.name] for field in fields(kind)})
    except (ArgumentError, TypeError) as error:  # a value in the place of a group is a TypeError
        found = find_wrong_value(kind, arguments, flags)
        if not found and isinstance(error, TypeError):
            raise
        raise CallError(found or str(error)) from error
    if settings.debug and "--debug" not in arguments:
        arguments.append("--debug")
    return settings
