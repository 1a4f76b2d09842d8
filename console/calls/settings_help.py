"""The help of commands whose settings are dataclasses: what values they take, in words instead of the types' names."""

import argparse
import types
from typing import Any, Union, get_args, get_origin

from jsonargparse import DefaultHelpFormatter

from console.calls.help_format import WordedHelp, put_help_in_words
from console.restricted_numbers import find_restriction

# What stands for the value of a setting that is a text; TEXT where nothing is said.
_PLACES = dict.fromkeys(("train", "valid", "out", "work", "source", "valid_source"), "DIR")
_PLACES |= dict.fromkeys(("label_map", "config"), "FILE")
_PLACES |= {"address": "HOST:PORT", "backbone": "NAME", "weights": "NAME"}
_OWN_HELP = {
    "help": "show this and end",
    "print_config": "print the settings that hold, as YAML for a file, and end",
}


class SettingsHelpFormatter(WordedHelp, DefaultHelpFormatter):
    """jsonargparse's formatter, which names Python types, with the ranges in words instead."""

    def _expand_help(self, action: argparse.Action) -> str:
        text, wanted = map(put_help_in_words, describe_help(action))
        notes = [f"{put_help_in_words('default')} {_word_default(action.default)}"] if _has_default(action) else []
        notes = [put_help_in_words("required"), *notes] if action.required else notes
        return text + (f"; {wanted}" if wanted else "") + (f" ({', '.join(notes)})" if notes else "")

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if get_origin(_find_type(action)) is dict:
            return f"--{action.dest}.NAME VALUE"
        if action.dest == "print_config":
            return "--print_config"
        return super()._format_action_invocation(action)

    def _get_default_metavar_for_optional(self, action: argparse.Action) -> str:
        kind = _find_type(action)
        restriction = find_restriction(kind)
        base = restriction.base if restriction else kind
        if base in (int, float):
            return "N" if base is int else "X"
        return _PLACES.get(action.dest, "TEXT")


def describe_help(action: argparse.Action) -> tuple[str, str]:
    """What a flag is for, and the values that it may have, in words; one of no help or of any value has no words."""
    return _OWN_HELP.get(action.dest, action.help or "").rstrip("."), describe_range(_find_type(action)) or ""


def describe_range(kind: Any) -> str | None:
    """The values that a number may have, such as "a whole number from 1" or "a number above 0, at most 1".

    None where no words are needed: for texts, choices and numbers without bounds.
    """
    restriction = find_restriction(kind)
    if not restriction:
        return None
    bounds = dict(restriction.bounds)
    if restriction.base is int and bounds.get(">") is not None:
        bounds[">="] = bounds.pop(">") + 1
    if restriction.base is int and bounds.get("<") is not None:
        bounds["<="] = bounds.pop("<") - 1
    noun = "a whole number" if restriction.base is int else "a number"
    if ">=" in bounds and "<=" in bounds:
        return f"{noun} from {_word_limit(bounds['>='])} to {_word_limit(bounds['<='])}"
    words = {">=": "from", ">": "above", "<=": "at most", "<": "below"}
    return f"{noun} " + ", ".join(
        f"{word} {_word_limit(bounds[sign])}" for sign, word in words.items() if sign in bounds
    )


def _word_limit(limit: float) -> str:
    return f"{limit:,}"


def _find_type(action: argparse.Action) -> Any:
    """The type of a setting's value, without the None of one that need not be given."""
    kind = getattr(action, "_typehint", None) or action.type
    if isinstance(kind, types.UnionType) or get_origin(kind) is Union:
        kind = next((one for one in get_args(kind) if one is not types.NoneType), None)
    return kind


def _has_default(action: argparse.Action) -> bool:
    takes_value = action.nargs != 0 and action.option_strings
    return bool(takes_value) and action.default not in (None, argparse.SUPPRESS, [], {})


def _word_default(default: Any) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
