"""Single values of labels, whatever their format: numbers, coordinates and text, checked and normalised."""

import json
import re
import unicodedata
from typing import Any

_MAX_COORDINATE = 2**31 - 1  # pixels; the manifest's columns are int32
_SHOWN = 60  # characters of a wrong value that a message quotes
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)


class InvalidValue(Exception):
    """A required value is missing or wrong; the message names its path and quotes it."""


def read_number(value: Any, path: str, low: int, high: int) -> float:
    """A number from low to high, which may be written in quotes.

    Raises InvalidValue, which names `path`.
    """
    number = float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
    if not isinstance(number, int | float) or isinstance(number, bool) or not low <= number <= high:
        raise InvalidValue(f"{path}: {quote_value(value)}")
    return number


def read_coordinate(value: Any, path: str) -> int:
    """A coordinate or length in pixels, possibly negative, rounded to a whole number. Raises InvalidValue."""
    return round(read_number(value, path, -_MAX_COORDINATE, _MAX_COORDINATE))


def read_text(value: Any) -> str | None:
    """Text in composed form (NFC) without spaces around it; numbers as they are written; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return (unicodedata.normalize("NFC", _escape_surrogates(value)).strip() or None) if isinstance(value, str) else None


def quote_value(value: Any) -> str:
    """A value as JSON for a message, cut to 60 characters."""
    text = _escape_surrogates(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}.."


def _escape_surrogates(text: str) -> str:
    """Lone surrogates, which JSON may hold but UTF-8 columns may not, become escapes such as \\ud800."""
    return text.encode("utf-8", "backslashreplace").decode()
