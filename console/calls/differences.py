"""What differs between the settings that made something and those of a call, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

_MOST_NAMED = 6


def list_changed_settings(was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, str]:
    """By the dotted name of a setting that is not the same: such as "seed was 0 and is 1"."""
    before, after = dict(_flatten(was)), dict(_flatten(now))
    return {
        name: f"{name} was {_word(before.get(name))} and is {_word(after.get(name))}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def join_some(words: list[str], most: int = _MOST_NAMED) -> str:
    """The first of them, and how many more there are."""
    return ", ".join(words[:most]) + (f" and {len(words) - most:,} more" if len(words) > most else "")


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "not given" if value is None else str(value)
