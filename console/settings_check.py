"""Which of the values that a user gave does not fit its setting, in words that say what to give instead.

jsonargparse refuses such values too, but its messages speak of Python's types.
"""

import operator
import re
import types
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml

from console.calls.unknown_settings import is_setting
from console.output.messages import OUTPUT_FLAGS
from console.restricted_numbers import NumberRestriction, find_restriction
from shards.errors import CallError
from shards.storage.files import read_file

_NO_SETTINGS = ("config", "help", "print_config", "version", *OUTPUT_FLAGS)  # options of every command
_MOST_DEPTH = 50  # of groups and lists within one another in a file
_MOST_CHARACTERS = 4_096  # of a value without quotes, as the longest path has; Python makes no number of 4,300 digits
_COMPARISONS = {
    ">=": (operator.ge, "at least"),
    "<=": (operator.le, "at most"),
    ">": (operator.gt, "above"),
    "<": (operator.lt, "below"),
}


def check_config_file(path: Path) -> None:
    """Raise CallError for what must not reach the parser.

    Bytes that are not UTF-8, as an editor of Korean Windows may save them; brackets within brackets without end; values
    that are longer than any path; and aliases: settings have no use for them, and ten lines of them stand for more text
    than any memory holds.
    """
    depth = 0
    try:
        for event in yaml.parse(read_file(path).decode("utf-8-sig")):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            where = f"--config {path}: line {event.start_mark.line + 1}"
            if isinstance(event, yaml.AliasEvent):
                raise CallError(f"{where}: aliases (*{event.anchor}) are not read; write the value itself")
            if isinstance(event, yaml.ScalarEvent) and event.style is None and len(event.value) > _MOST_CHARACTERS:
                raise CallError(f"{where}: a value of {len(event.value):,} characters; give a shorter one")
            if depth > _MOST_DEPTH:
                raise CallError(f"{where}: brackets within brackets without end; write the file anew")
    except UnicodeDecodeError as error:
        raise CallError(f"--config {path}: is not UTF-8 ({error.reason}); save it as UTF-8") from error
    except yaml.YAMLError:
        return  # the parser says what is wrong, and where


def find_unknown_name(kind: type, arguments: list[str], flags: Collection[str]) -> str | None:
    """Return the first name that is no setting, None if all are; the arguments are those of find_wrong_value.

    A name on the command line is returned with its dashes, one in a file without.
    """
    names = [argument.partition("=")[0] for argument in arguments if re.match(r"--[a-z]", argument)]
    names += [name for name, _, is_yaml in _list_values(arguments, flags) if is_yaml]
    bare = {name: name.removeprefix("--") for name in names}
    return next((name for name in names if bare[name] not in _NO_SETTINGS and not is_setting(kind, bare[name])), None)


def find_wrong_value(kind: type, arguments: list[str], flags: Collection[str]) -> str | None:
    """Return what is wrong with the first value that does not fit its setting, None if all values fit.

    Args:
        kind: the dataclass of the settings; groups of settings are nested dataclasses.
        arguments: the command line; the files that are given with --config are read.
        flags: settings that take no value on the command line.
    """
    for key, value, is_yaml in _list_values(arguments, flags):
        hint = _find_hint(kind, key)
        if is_yaml and get_origin(hint) is list and not isinstance(value, list):
            return f"{key} takes a list in a file: {key}: [DIR]"
        if wanted := _describe_mismatch(hint, value, is_yaml):
            return f"{key}: give {wanted}" if value == "" else f"{key} is {value}: give {wanted}"
    return None


def _list_values(arguments: list[str], flags: Collection[str]) -> Iterator[tuple[str, Any, bool]]:
    """Yield each setting's name, its value (a text on the command line), and whether the value comes from YAML."""
    for argument, following in pairwise([*arguments, "--"]):
        name, equals, text = argument.removeprefix("--").partition("=")
        if not argument.startswith("--") or name in flags or (not equals and following.startswith("--")):
            continue
        value = text if equals else following
        if name == "config" or value.startswith("{"):  # a file, or a whole group of settings
            with suppress(OSError, ValueError, yaml.YAMLError):  # jsonargparse reports them
                loaded = yaml.safe_load(Path(value).read_text(encoding="utf-8") if name == "config" else value)
                yield from ((*item, True) for item in _flatten(loaded, "" if name == "config" else name))
        else:
            yield name, value, False


def _flatten(values: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield the values of nested mappings, with the dotted names that they have on the command line."""
    if isinstance(values, Mapping):
        for name, value in values.items():
            yield from _flatten(value, f"{prefix}.{name}" if prefix else str(name))
    elif prefix:
        yield prefix, values


def _find_hint(kind: type, key: str) -> Any:
    """Return the type hint of a setting, None for a name that is not one."""
    name, _, rest = key.partition(".")
    hint = get_type_hints(kind).get(name) if is_dataclass(kind) else None
    return _find_hint(hint, rest) if rest else hint


def _describe_mismatch(hint: Any, value: Any, is_yaml: bool) -> str | None:
    """Return what kind of value fits a type hint, None if the given one does."""
    if value is None:  # jsonargparse takes null as "not given"
        return None
    if isinstance(hint, types.UnionType) or get_origin(hint) is Union:
        if value == "null" and types.NoneType in get_args(hint):
            return None
        mismatches = [_describe_mismatch(one, value, is_yaml) for one in get_args(hint) if one is not types.NoneType]
        return None if None in mismatches else mismatches[0]
    if get_origin(hint) is Literal:
        choices = [str(choice) for choice in get_args(hint)]
        return None if str(value) in choices else "one of " + ", ".join(choices)
    if restriction := find_restriction(hint):
        return _describe_number_mismatch(restriction, value)
    if hint in (int, float):
        return _describe_number_mismatch(NumberRestriction(hint, []), value)
    if hint is bool:
        is_bool = isinstance(yaml.safe_load(value) if isinstance(value, str) else value, bool)
        return None if is_bool else "true or false"
    if is_dataclass(hint):  # a mapping would have been taken apart
        names = [field.name for field in fields(hint)]
        return f"its settings by name ({', '.join(names)})"
    if hint is str:
        return "a text" if is_yaml and not isinstance(value, str) else None
    return None


def _describe_number_mismatch(restriction: NumberRestriction, value: Any) -> str | None:
    number = _parse_number(restriction.base, value)
    if number is None:
        return "a whole number" if restriction.base is int else "a number"
    if all(_COMPARISONS[sign][0](number, limit) for sign, limit in restriction.bounds):
        return None
    return "a number " + " and ".join(f"{_COMPARISONS[sign][1]} {limit}" for sign, limit in restriction.bounds)


def _parse_number(base: type[int] | type[float], value: Any) -> float | None:
    if isinstance(value, bool) or (base is int and isinstance(value, float) and not value.is_integer()):
        return None
    try:
        return base(value)
    except (TypeError, ValueError):
        return None
