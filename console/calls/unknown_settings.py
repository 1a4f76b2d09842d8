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
# What other programs call a setting -> what it is called here; of several, the first that the command has.
_OTHER_NAMES = {
    "lr": ("learning_rate",),
    **dict.fromkeys(("bs", "batch", "batchsize"), ("batch_size",)),
    **dict.fromkeys(("model", "arch", "network"), ("backbone",)),
    **dict.fromkeys(("output", "output_dir", "out_dir", "save_dir"), ("out",)),
    **dict.fromkeys(("data", "data_dir", "dataset", "input"), ("train", "source")),
    **dict.fromkeys(("num_workers", "n_workers", "jobs"), ("workers",)),
    **dict.fromkeys(("num_epochs", "max_epochs"), ("epochs",)),
    **dict.fromkeys(("img_size", "image_size", "imgsz", "input_size"), ("resolution", "crop.size")),
}


def is_setting(kind: type, name: str) -> bool:
    """Whether a dataclass of settings has a setting of this dotted name; a group is one too."""
    first, _, rest = name.partition(".")
    hint = get_type_hints(kind).get(first)
    if hint is None or not rest:
        return hint is not None
    return is_setting(hint, rest) if is_dataclass(hint) else _find_origin(hint) is dict


def explain_unknown_setting(kind: type, module: str, name: str) -> str:
    """One line on a name that is no setting of `kind`, the settings of the command `module`.

    What is said to be meant has dashes in front where the name has them, as on a command line.
    """
    given, name = name, name.removeprefix("--")
    others = [other for other in _SETTINGS if other != module and is_setting(_import_settings(other), name)]
    if others:
        theirs = " and ".join(map(name_shortly, others))
        return f"{given} is a setting of {theirs}, not of {name_shortly(module)}"
    meant = [other for other in _OTHER_NAMES.get(name.replace("-", "_"), ()) if is_setting(kind, other)]
    meant = meant or get_close_matches(name, list(_list_names(kind)), 1, 0.75)
    dashes = given.removesuffix(name)
    return f"{given} is no setting of {name_shortly(module)}" + (
        f"; did you mean {dashes}{meant[0]}?" if meant else "; --help lists them"
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
