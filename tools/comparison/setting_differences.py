"""Settings, and other nested values, that differ."""

from typing import Any

from trainer.evaluation.run_page import flatten_settings

_ABSENT = "–"  # of a setting that one of the two does not have


def list_differences(a: Any, b: Any) -> dict[str, list[str]]:
    """The leaves that differ by their dotted names, each with the value of `a` and that of `b` as text."""
    first, second = flatten_settings(a), flatten_settings(b)
    names = [*first, *(name for name in second if name not in first)]
    pairs = {name: [first.get(name, _ABSENT), second.get(name, _ABSENT)] for name in names if name}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
