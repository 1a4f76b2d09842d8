"""What a label stands for: a mood's Korean or English name, its number, or what a user's label map says."""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from shards.emotions import ENGLISH, KOREAN
from shards.errors import CallError

_WHOLE_NUMBER = re.compile(r"(\d{1,9})(?:\.0*)?", re.ASCII)


_SPECIES = ("CAT", "DOG")  # as the manifest writes them


class Meaning(NamedTuple):
    """What a label, or a category of a photo's box, stands for."""

    mood: str  # its Korean name
    species: str | None = None  # CAT or DOG; None where the label does not say


def read_label_map(path: str | None) -> dict[str, Meaning]:
    """A label map, from label to what it stands for; empty where `path` is None.

    The file is a JSON object of label -> mood, or a list of moods, numbered from 0; moods are named in Korean or
    English. Instead of a mood there may be an object such as {"mood": "calm", "species": "cat"}.
    Raises CallError where it is unreadable or names something that is not a mood or not a species.
    """
    if path is None:
        return {}
    try:
        value = msgspec.json.decode(Path(path).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise CallError(f"--label_map {path}: {error.strerror}; give a JSON file of label -> mood") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CallError(f"--label_map {path}: is no JSON in UTF-8 ({error}); write it anew") from error
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = {_normalize(str(label)): _read_meaning(path, str(label), given) for label, given in pairs}
    unknown = [label for label, meaning in found.items() if meaning is None]
    if unknown or not found:
        what = f"{unknown[0]!r} is mapped to no mood" if unknown else "is no JSON object of label -> mood"
        raise CallError(f"--label_map {path}: {what}; the moods are {', '.join(KOREAN)}, or {', '.join(ENGLISH)}")
    return found


def _read_meaning(path: str, label: str, value: Any) -> Meaning | None:
    """What a label map's value says; None where it names no mood. Raises CallError for what else is wrong with it."""
    if not isinstance(value, dict):
        return find_meaning(str(value), {})
    species = str(value.get("species") or "").strip().upper() or None
    if others := value.keys() - {"mood", "species"}:
        raise CallError(f"--label_map {path}: {label!r} has {min(others)!r}; an object holds mood and species alone")
    if species not in (None, *_SPECIES):
        raise CallError(f"--label_map {path}: {label!r} has the species {value['species']!r}; give cat or dog")
    meaning = find_meaning(str(value.get("mood")), {})
    return meaning and Meaning(meaning.mood, species)


def find_meaning(label: str, label_map: Mapping[str, Meaning]) -> Meaning | None:
    """What a label stands for; None where it stands for no mood.

    With a label map, numbers mean what the map says; without one, they are those of shards.emotions.
    """
    text = "".join(_normalize(label).split())
    if number := _WHOLE_NUMBER.fullmatch(text):  # also 3.0: pandas writes a column with missing values as floats
        text = number[1]
    if found := label_map.get(text) or label_map.get(_normalize(label)):
        return found
    if number:
        return None if label_map or int(text) >= len(KOREAN) else Meaning(KOREAN[int(text)])
    if text in KOREAN:
        return Meaning(text)
    return Meaning(KOREAN[ENGLISH.index(text.lower())]) if text.lower() in ENGLISH else None


def _normalize(label: str) -> str:
    return unicodedata.normalize("NFC", label).strip()
