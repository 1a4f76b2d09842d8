"""Which mood a label stands for: a Korean or English name, a number, or what a user's label map says."""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import msgspec

from shards.emotions import ENGLISH, KOREAN
from shards.errors import CallError

_WHOLE_NUMBER = re.compile(r"(\d{1,9})(?:\.0*)?", re.ASCII)


def read_label_map(path: str | None) -> dict[str, str]:
    """A label map, from label to the mood's Korean name; empty where `path` is None.

    The file is a JSON object of label -> mood, or a list of moods, numbered from 0; moods are named in Korean or
    English. Raises CallError where it is unreadable or names something that is not a mood.
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
    found = {str(label).strip(): find_mood(str(mood), {}) for label, mood in pairs}
    unknown = [label for label, mood in found.items() if mood is None]
    if unknown or not found:
        what = f"{unknown[0]!r} is mapped to no mood" if unknown else "is no JSON object of label -> mood"
        raise CallError(f"--label_map {path}: {what}; the moods are {', '.join(KOREAN)}, or {', '.join(ENGLISH)}")
    return found


def find_mood(label: str, label_map: Mapping[str, str]) -> str | None:
    """The Korean name of the mood that a label stands for; None where it stands for none.

    With a label map, numbers mean what the map says; without one, they are those of shards.emotions.
    """
    text = "".join(unicodedata.normalize("NFC", label).split())
    if number := _WHOLE_NUMBER.fullmatch(text):  # also 3.0: pandas writes a column with missing values as floats
        text = number[1]
    if found := label_map.get(text) or label_map.get(label.strip()):
        return found
    if number:
        return None if label_map or int(text) >= len(KOREAN) else KOREAN[int(text)]
    if text in KOREAN:
        return text
    return KOREAN[ENGLISH.index(text.lower())] if text.lower() in ENGLISH else None
