"""AI Hub's label JSON -> Label: tolerant of what the dataset varies, exact about what is wrong.

One bad value costs one annotation. Whole numbers may be written as floats or in quotes, numbers that no JSON has (NaN,
Infinity) may stand where nobody looks, and what is not needed is not checked.
"""

import json
import math
import re
import unicodedata
from typing import Any

import msgspec

from preprocess.sources.video import Annotation, InvalidLabel, Label, UnreadableLabel
from shards.crop_geometry import Box

# Bounds, so that every value fits its column of the manifest.
_MOST_PIXELS = 2**31 - 1
_MOST_FRAMES = 2**31 - 1
_MOST_MILLISECONDS = 2**53
_MOST_YEARS = 1000
_RAW = 60  # letters of a wrong value that are shown
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)
_DATE = re.compile(r"(\d{8})/")


class WrongValue(Exception):
    """A value that is needed and cannot be used; the message names its path and shows it."""


def parse_aihub_label(data: bytes) -> Label:
    """A label file's bytes (UTF-8, with or without a byte order mark) as a Label.

    Raises UnreadableLabel where it is no JSON, InvalidLabel where it has no annotations; the messages go into the
    manifest's note.
    """
    value = _parse_json(data)
    found = value.get("annotations") if isinstance(value, dict) else None
    if not isinstance(found, list) or not found:
        where = "$" if not isinstance(value, dict) else "$.annotations"
        what = "an empty list" if found == [] else "no list of annotations"
        raise InvalidLabel(f"{where}: {what}")
    metadata = _get(value, "metadata")
    animal, inspection, owner = (_get(metadata, name) for name in ("animal", "inspect", "owner"))
    folder = _DATE.match(read_text(value.get("file_video")) or "")
    return Label(
        annotations=[_read_annotation(one, f"$.annotations[{place}]") for place, one in enumerate(found)],
        emotion=read_text(inspection.get("emotion")),
        emotion_owner=read_text(owner.get("emotion")),
        size=(_read_side(metadata.get("width")), _read_side(metadata.get("height"))),
        traits={
            "species": (read_text(metadata.get("species")) or "").upper() or None,
            "location": read_text(metadata.get("location")),
            **{name: read_text(animal.get(name)) for name in ("breed", "gender", "neuter")},
            "age": read_age(animal.get("age")),
            "date": folder[1] if folder else None,
        },
    )


def read_number(value: Any, path: str, low: int, high: int) -> float:
    """A number, or one in quotes, from low to high. Raises WrongValue."""
    number = float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
    if not isinstance(number, int | float) or isinstance(number, bool) or not low <= number <= high:
        raise WrongValue(f"{path}: {show_value(value)}")
    return number


def show_value(value: Any) -> str:
    text = _make_text(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _RAW else f"{text[:_RAW]}.."


def read_text(value: Any) -> str | None:
    """Composed (NFC), without spaces around it; numbers as they are written; None where there is no text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return (unicodedata.normalize("NFC", _make_text(value)).strip() or None) if isinstance(value, str) else None


def _make_text(value: str) -> str:
    """Halves of surrogate pairs, which JSON may hold and no column, as \\ud800 and the like."""
    return value.encode("utf-8", "backslashreplace").decode()


def read_age(value: Any) -> int | None:
    """Whole years from 0 to 1000, where the label says any."""
    try:
        return int(read_number(value, "age", 0, _MOST_YEARS))
    except WrongValue:
        return None


def _parse_json(data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableLabel(f"not UTF-8: {error.reason} at byte {error.start}") from error
    try:
        return msgspec.json.decode(text)
    except RecursionError as error:
        raise UnreadableLabel("brackets within brackets without end") from error
    except msgspec.DecodeError as error:
        return _parse_odd_json(text, str(error))


def _parse_odd_json(text: str, fault: str) -> Any:
    """JSON as Python reads it, NaN and Infinity too, which some exports write; `fault`: what a strict parser says."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UnreadableLabel("brackets within brackets without end") from error
    except ValueError as error:
        raise UnreadableLabel(fault) from error


def _get(value: Any, name: str) -> dict[str, Any]:
    """The object of that name in an object; an empty one where there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _read_annotation(value: Any, path: str) -> Annotation:
    """What can be read of it is kept beside its fault, so that its row says which frame it was."""
    if not isinstance(value, dict):
        return Annotation(None, None, None, None, fault=f"{path}: {show_value(value)}")
    faults: list[str] = []
    number = _try(faults, _read_frame_number, value.get("frame_number"), f"{path}.frame_number")
    time = _try(faults, _read_timestamp, value.get("timestamp"), f"{path}.timestamp")
    box = _try(faults, _read_box, value.get("bounding_box"), f"{path}.bounding_box")
    return Annotation(number, time, (number, time), box, fault="; ".join(faults) or None)


def _try(faults: list[str], read: Any, value: Any, path: str) -> Any:
    try:
        return read(value, path)
    except WrongValue as wrong:
        faults.append(str(wrong))
        return None


def _read_frame_number(value: Any, path: str) -> int:
    number = read_number(value, path, 0, _MOST_FRAMES)
    if number != int(number):
        raise WrongValue(f"{path}: {show_value(value)}")
    return int(number)


def _read_timestamp(value: Any, path: str) -> int:
    return round(read_number(value, path, 0, _MOST_MILLISECONDS))


def _read_box(value: Any, path: str) -> Box | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise WrongValue(f"{path}: {show_value(value)}")
    numbers = [
        None if value.get(name) is None else read_number(value[name], f"{path}.{name}", -_MOST_PIXELS, _MOST_PIXELS)
        for name in ("x", "y", "width", "height")
    ]
    return None if None in numbers else Box(*map(round, numbers))


def _read_side(value: Any) -> int | None:
    """A side in pixels; None for what is none, which is as if it were not stated."""
    try:
        side = read_number(value, "", 0, _MOST_PIXELS)
    except WrongValue:
        return None
    return int(side) if math.isfinite(side) and side == int(side) else None
