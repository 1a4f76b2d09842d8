"""AI Hub's label JSON -> Label.

The parser accepts what varies within the dataset: whole numbers written as floats or in quotes, and NaN or Infinity,
which are no JSON, in fields that are not used. Fields that are not used are not checked. A wrong value in an annotation
costs that annotation only.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from preprocess.sources.label_values import InvalidValue, quote_value, read_coordinate, read_number, read_text
from preprocess.sources.video import Annotation, InvalidLabel, Label, UnreadableLabel
from shards.crop_geometry import Box

_T = TypeVar("_T")

# Upper bounds, so that every value fits its column of the manifest.
_MAX_SIDE = 2**31 - 1  # pixels
_MAX_FRAME_NUMBER = 2**31 - 1
_MAX_TIMESTAMP = 2**53  # milliseconds
_MAX_AGE = 1000  # years
_MAX_ANIMALS = 1000
_DATE_FOLDER = re.compile(r"(\d{8})/")  # the start of `file_video`


def parse_aihub_label(data: bytes) -> Label:
    """A label file's bytes (UTF-8, with or without a byte order mark) as a Label.

    Raises UnreadableLabel where they are not JSON, InvalidLabel where they hold no annotations; the messages go into
    the manifest's note.
    """
    value = _parse_json(data)
    found = value.get("annotations") if isinstance(value, dict) else None
    if not isinstance(found, list) or not found:
        path = "$" if not isinstance(value, dict) else "$.annotations"
        problem = "an empty list" if found == [] else "no list of annotations"
        raise InvalidLabel(f"{path}: {problem}")
    metadata = _get_object(value, "metadata")
    animal, inspection, owner = (_get_object(metadata, name) for name in ("animal", "inspect", "owner"))
    date = _DATE_FOLDER.match(read_text(value.get("file_video")) or "")
    return Label(
        annotations=[_read_annotation(item, f"$.annotations[{place}]") for place, item in enumerate(found)],
        emotion=read_text(inspection.get("emotion")),
        emotion_owner=read_text(owner.get("emotion")),
        size=(_read_side(metadata.get("width")), _read_side(metadata.get("height"))),
        traits={
            "species": (read_text(metadata.get("species")) or "").upper() or None,
            "location": read_text(metadata.get("location")),
            **{name: read_text(animal.get(name)) for name in ("breed", "gender", "neuter")},
            "age": read_age(animal.get("age")),
            "animal_count": read_animal_count(owner.get("animalCount")),
            "date": date[1] if date else None,
        },
    )


def read_age(value: Any) -> int | None:
    """An age in whole years, 0 to 1000; None for anything else."""
    return _read_whole_number(value, 0, _MAX_AGE)


def read_animal_count(value: Any) -> int | None:
    """A number of animals, 1 to 1000; None for anything else: a label of an animal has at least one."""
    return _read_whole_number(value, 1, _MAX_ANIMALS)


def _read_whole_number(value: Any, least: int, most: int) -> int | None:
    """A number within bounds, its decimals cut off; None for anything else, as if the label did not state it."""
    try:
        return int(read_number(value, "", least, most))
    except InvalidValue:
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
        return _parse_lenient_json(text, str(error))


def _parse_lenient_json(text: str, strict_error: str) -> Any:
    """JSON with NaN and Infinity, which some exports write and Python's parser accepts.

    Raises UnreadableLabel with the strict parser's error where this parser fails too.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UnreadableLabel("brackets within brackets without end") from error
    except ValueError as error:
        raise UnreadableLabel(strict_error) from error


def _get_object(value: Any, name: str) -> dict[str, Any]:
    """The object at value[name]; an empty one where there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _read_annotation(value: Any, path: str) -> Annotation:
    """An annotation; a faulty one keeps the values that are readable, so that its row still names the frame."""
    if not isinstance(value, dict):
        return Annotation(None, None, None, None, fault=f"{path}: {quote_value(value)}")
    faults: list[str] = []
    number = _read_or_note(faults, _read_frame_number, value.get("frame_number"), f"{path}.frame_number")
    timestamp = _read_or_note(faults, _read_timestamp, value.get("timestamp"), f"{path}.timestamp")
    box = _read_or_note(faults, _read_box, value.get("bounding_box"), f"{path}.bounding_box")
    return Annotation(number, timestamp, (number, timestamp), box, fault="; ".join(faults) or None)


def _read_or_note(faults: list[str], read: Callable[[Any, str], _T], value: Any, path: str) -> _T | None:
    """read(value, path); where that raises InvalidValue, None, and the message is added to `faults`."""
    try:
        return read(value, path)
    except InvalidValue as error:
        faults.append(str(error))
        return None


def _read_frame_number(value: Any, path: str) -> int:
    number = read_number(value, path, 0, _MAX_FRAME_NUMBER)
    if number != int(number):
        raise InvalidValue(f"{path}: {quote_value(value)}")
    return int(number)


def _read_timestamp(value: Any, path: str) -> int:
    return round(read_number(value, path, 0, _MAX_TIMESTAMP))


def _read_box(value: Any, path: str) -> Box | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidValue(f"{path}: {quote_value(value)}")
    numbers = [
        None if value.get(name) is None else read_coordinate(value[name], f"{path}.{name}")
        for name in ("x", "y", "width", "height")
    ]
    return None if None in numbers else Box(*numbers)


def _read_side(value: Any) -> int | None:
    """A side in whole pixels; None for anything else, as if the label did not state it."""
    try:
        side = read_number(value, "", 0, _MAX_SIDE)
    except InvalidValue:
        return None
    return int(side) if math.isfinite(side) and side == int(side) else None
