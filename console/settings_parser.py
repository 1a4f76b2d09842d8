"""Settings from YAML files and the command line, for commands whose settings are a dataclass with a docstring."""

import re
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

from docstring_parser import parse as parse_docstring
from jsonargparse import ActionConfigFile, ArgumentParser
from jsonargparse import ArgumentError as ParsingError

from shards.errors import CallError

_T = TypeVar("T")

_BOUNDS = {">=": "at least ", "<=": "at most ", ">": "above ", "<": "below "}
_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "a text"}


def parse_settings(
    kind: type[_T],
    module: str,
    about: str,
    arguments: list[str],
    flags: Sequence[str],
    special: dict[str, dict[str, Any]],
) -> _T:
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
    # Under python -OO there are no docstrings: then the help says less, and nothing else changes.
    described = {one.arg_name: one.description for one in parse_docstring(kind.__doc__ or "").params}
    for name, how in (special | {flag: {"action": "store_true"} for flag in flags}).items():
        parser.add_argument(f"--{name}", help=described.get(name), **how)
    parser.add_class_arguments(kind, as_group=False, skip={*special, *flags})
    try:
        found = parser.instantiate(parser.parse_args(arguments))
        settings = kind(**{field.name: found[field.name] for field in fields(kind)})
    except ParsingError as error:
        raise CallError(_explain(str(error))) from error
    if settings.debug and "--debug" not in arguments:
        arguments.append("--debug")
    return settings


def _explain(message: str) -> str:
    """What a user can do about a value that jsonargparse refuses, in place of its words on Python's types."""
    found = re.match(r'Parser key "(?P<key>[^"]+)":\s*(?P<why>.*)', message, re.DOTALL)
    wanted = found and _name_wanted(found["why"])
    if not wanted:
        return message
    given = re.search(r"(?:Given|Got) value: (.*)\Z|Not of type \w+: (.*?) does not|: '(.*?)'", found["why"], re.DOTALL)
    value = next((text for text in given.groups() if text is not None), "") if given else ""
    return f"{found['key']} is {value}: give {wanted}" if value else f"{found['key']}: give {wanted}"


def _name_wanted(why: str) -> str | None:
    if restriction := re.search(r"conform to restriction (v\S+(?: and v\S+)*)", why):
        bounds = re.findall(r"v([<>]=?)(\S+)", restriction[1])
        return "a number " + " and ".join(_BOUNDS[sign] + bound for sign, bound in bounds)
    if choice := re.search(r"Expected a typing\.Literal\[(.*?)\]", why):
        return "one of " + choice[1].replace("'", "")
    if number := re.search(r"invalid literal for (int)\(|convert string to (float)", why):
        return _KINDS[number[1] or number[2]]
    if kind := re.search(r"Expected a <class '(\w+)'>", why):
        return _KINDS.get(kind[1])
    return None
