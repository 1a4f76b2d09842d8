"""Files that say of themselves whether they are as they were written: a SHA-256 of their own bytes lies in them.

JSON carries it as the field `digest`, taken while that is blank; other bytes carry it behind them, as a last line.
"""

import hashlib
import json
import re
from typing import Any

import msgspec

_BLANK = b'"digest": ""'
_STATED = re.compile(rb'"digest": "([0-9a-f]{64})"')
_LINE = re.compile(rb"\nsha256 ([0-9a-f]{64})\n")
_LINE_LENGTH = 73


class BrokenSeal(Exception):
    """Bytes that are not those that were written; the message says what is wrong, without the file's name."""


def seal_json(value: Any, indent: int | None = None) -> bytes:
    """A value that has a field `digest` (a msgspec.Struct or a dict) as JSON that carries its own digest."""
    fields = msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value
    text = json.dumps(fields | {"digest": ""}, ensure_ascii=False, indent=indent) + "\n"
    data = text.encode("utf-8", "backslashreplace")  # names of bytes that are no text
    return data.replace(_BLANK, f'"digest": "{_digest(data)}"'.encode(), 1)


def check_json(data: bytes) -> bytes:
    """The same bytes, known to be as they were written. Raises BrokenSeal."""
    stated = _STATED.search(data)
    if not stated:
        raise BrokenSeal("holds no digest of itself")
    blank = data[: stated.start()] + _BLANK + data[stated.end() :]
    if _digest(blank) != stated[1].decode():
        raise BrokenSeal("differs from what was written (its digest does not fit)")
    return data


def seal_bytes(data: bytes) -> bytes:
    """Any bytes, with a line behind them that carries their digest."""
    return data + f"\nsha256 {_digest(data)}\n".encode()


def open_bytes(data: bytes) -> bytes:
    """The bytes that seal_bytes was given. Raises BrokenSeal."""
    body, line = data[:-_LINE_LENGTH], _LINE.fullmatch(data[-_LINE_LENGTH:])
    if not line:
        raise BrokenSeal("is cut off, or was not written by this program")
    if _digest(body) != line[1].decode():
        raise BrokenSeal("differs from what was written (its digest does not fit)")
    return body


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
