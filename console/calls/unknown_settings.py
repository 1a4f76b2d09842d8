"""What is said of a name that is no setting of a command: whose setting it is, or which one was meant."""

import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Union, get_args, get_origin, get_type_hints

from console.calls.commands import name_shortly

# The dataclass of each command's settings, by module. Imported only once a name is unknown: rooms do not import them.
_SETTINGS = {
    "preprocess": ("preprocess.settings", "PreprocessSettings"),
    "trainer.train": ("trainer.settings", "TrainSettings"),
    "trainer.train_finder": ("trainer.finder_settings", "FinderSettings"),
}


def is_setting(kind: type, name: str) -> bool:
    """Whether a dataclass of settings has a setting of this dotted name; a group is one too."""
    first, _, rest = name.partition(".")
    hint = get_type_hints(kind).get(first)
    if hint is None or not rest:
        return hint is not None
    return is_setting(hint, rest) if is_dataclass(hint) else _find_origin(hint) is dict


def explain_unknown_setting(kind: type, module: str, name: str) -> str:
    """One line on a name that is no setting of `kind`, the settings of the command `module`."""
    others = [other for other in _SETTINGS if other != module and is_setting(_import_settings(other), name)]
    if others:
        theirs = " and ".join(map(name_shortly, others))
        return f"{name} is a setting of {theirs}, not of {name_shortly(module)}"
    meant = get_close_matches(name, list(_list_names(kind)), 1, 0.75)
    return f"{name} is no setting of {name_shortly(module)}" + (
        f"; did you mean {meant[0]}?" if meant else "; --help lists them"
    )


def _import_settings(module: str) -> type:
    place, name = _SETTINGS[module]
    return getattr(import_module(place), name)


def _list_names(kind: type, prefix: str = "") -> Iterator[str]:
    for field in fields(kind):
        yield prefix + field.name
        hint = get_type_hints(kind)[field.name]
        if is_dataclass(hint):
            yield from _list_names(hint, f"{prefix}{field.name}.")


def _find_origin(hint: Any) -> Any:
    if isinstance(hint, types.UnionType) or get_origin(hint) is Union:
        hint = next(one for one in get_args(hint) if one is not types.NoneType)
    return get_origin(hint)
