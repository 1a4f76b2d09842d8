"""Files that carry a SHA-256 checksum of their own bytes, so that a reader can tell whether they are intact.

In JSON the checksum is the value of the field `digest`; it is computed while that value is the empty string.
Other bytes end with a line that holds the checksum of everything before it.
"""

import hashlib
import json
import re
from typing import Any

import msgspec

_EMPTY_FIELD = b'"digest": ""'
_FILLED_FIELD = re.compile(rb'"digest": "([0-9a-f]{64})"')
_LAST_LINE = re.compile(rb"\nsha256 ([0-9a-f]{64})\n")
_LAST_LINE_LENGTH = 73


class ChecksumMismatch(Exception):
    """The bytes differ from those that were written. The message says how, without naming the file."""


def dump_json_with_checksum(value: Any, indent: int | None = None) -> bytes:
    """Encode a msgspec.Struct or a dict as JSON and fill in its field `digest`, which is added where it is absent."""
    fields = msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value
    text = json.dumps(fields | {"digest": ""}, ensure_ascii=False, indent=indent) + "\n"
    data = text.encode("utf-8", "backslashreplace")  # file names may hold bytes that are not UTF-8
    return data.replace(_EMPTY_FIELD, f'"digest": "{_hash(data)}"'.encode(), 1)


def check_json_checksum(data: bytes) -> bytes:
    """Return the same bytes. Raises ChecksumMismatch where they are not as dump_json_with_checksum wrote them."""
    stated = _FILLED_FIELD.search(data)
    if not stated:
        raise ChecksumMismatch("holds no digest of itself")
    with_empty_field = data[: stated.start()] + _EMPTY_FIELD + data[stated.end() :]
    if _hash(with_empty_field) != stated[1].decode():
        raise ChecksumMismatch("differs from what was written (its digest does not fit)")
    return data


def append_checksum(data: bytes) -> bytes:
    """Return the bytes followed by a line with their checksum."""
    return data + f"\nsha256 {_hash(data)}\n".encode()


def strip_checksum(data: bytes) -> bytes:
    """Return the bytes that append_checksum was given. Raises ChecksumMismatch."""
    body, last_line = data[:-_LAST_LINE_LENGTH], _LAST_LINE.fullmatch(data[-_LAST_LINE_LENGTH:])
    if not last_line:
        raise ChecksumMismatch("is cut off, or was not written by this program")
    if _hash(body) != last_line[1].decode():
        raise ChecksumMismatch("differs from what was written (its digest does not fit)")
    return body


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
