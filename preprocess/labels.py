"""Label JSON -> Label: typed, tolerant of what the dataset varies, exact about what is wrong."""

import unicodedata
from typing import Annotated

import msgspec

# Whole or not, as some exports write; bounded, so that every value fits its column of the manifest.
_PIXELS = msgspec.Meta(ge=-(2**31), le=2**31 - 1)
_MILLISECONDS = msgspec.Meta(ge=0, le=2**53)
Number = Annotated[int, _PIXELS] | Annotated[float, _PIXELS]
Time = Annotated[int, _MILLISECONDS] | Annotated[float, _MILLISECONDS]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class BoundingBox(msgspec.Struct):
    x: Number | None = None
    y: Number | None = None
    width: Number | None = None
    height: Number | None = None


class Annotation(msgspec.Struct):
    frame_number: Count
    timestamp: Time  # milliseconds
    bounding_box: BoundingBox | None = None


class Animal(msgspec.Struct):
    breed: str | None = None
    gender: str | None = None
    age: Number | str | None = None
    neuter: str | None = None


class Owner(msgspec.Struct):
    emotion: str | None = None


class Inspection(msgspec.Struct):
    emotion: str


class Metadata(msgspec.Struct):
    inspect: Inspection
    species: str | None = None
    location: str | None = None
    width: Count | None = None
    height: Count | None = None
    animal: Animal | None = None
    owner: Owner | None = None


class Label(msgspec.Struct):
    """What is read of one video's label file; everything else in it is ignored."""

    metadata: Metadata
    annotations: list[Annotation]
    file_video: str | None = None


class UnreadableLabel(Exception):
    """Not JSON at all: damaged, empty, or in another encoding."""


class InvalidLabel(Exception):
    """JSON, but not a label; the message names the path inside it."""


_DECODER = msgspec.json.Decoder(Label)


def parse_label(data: bytes) -> Label:
    """A label file's bytes (UTF-8, with or without a byte order mark) as a Label.

    Raises UnreadableLabel or InvalidLabel, whose messages go into the manifest's note.
    """
    try:
        return _DECODER.decode(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableLabel(f"not UTF-8: {error.reason} at byte {error.start}") from error
    except RecursionError as error:
        raise UnreadableLabel("brackets within brackets without end") from error
    except msgspec.ValidationError as error:
        raise InvalidLabel(str(error)) from error
    except msgspec.DecodeError as error:
        raise UnreadableLabel(str(error)) from error


def clean_text(text: str | None) -> str | None:
    """Composed (NFC), without spaces around it; None when nothing is left."""
    return (unicodedata.normalize("NFC", text).strip() or None) if text else None


def parse_age(age: int | float | str | None) -> int | None:
    """Whole years from 0 to 1000, where the label says any."""
    try:
        years = int(float(age)) if age is not None else -1
    except (ValueError, OverflowError):
        return None
    return years if 0 <= years <= 1000 else None
