"""Check a user's list of labels against the moods of the model. The list never changes what is answered."""

import csv
import json
from pathlib import Path

from shards.emotions import EMOTIONS, ENGLISH, parse_emotion
from shards.errors import CallError, describe_error


def check_labels(path: Path) -> None:
    """Raise CallError if a file of labels is unreadable or numbers the moods differently from the model.

    The file holds one name a line, numbered from 0; or lines `number,name`; or a JSON list of names; or a JSON object
    number -> name. Names may be Korean or English.
    """
    names = _read_names(path)
    for number, emotion in enumerate(EMOTIONS):
        if number not in names:
            raise CallError(f"{path}: has no name for {number}; the model has {emotion.korean} ({emotion.english})")
        if _parse_mood_name(names[number]) != number:
            raise CallError(
                f"{path}: {number} is {names[number]!r}, in the model it is {emotion.korean} ({emotion.english}); "
                "the model's own names are used, leave --label out"
            )
    if unknown := sorted(set(names) - set(range(len(EMOTIONS)))):
        raise CallError(f"{path}: names number {unknown[0]}; the model has {len(EMOTIONS)} moods, 0 to 5")


def _parse_mood_name(name: str) -> int | None:
    english = name.strip().lower()
    return ENGLISH.index(english) if english in ENGLISH else parse_emotion(name)


def _read_names(path: Path) -> dict[int, str]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CallError(f"--label {path}: {error.strerror or describe_error(error)}") from error
    except UnicodeDecodeError as error:
        raise CallError(f"--label {path}: is not UTF-8; save it as UTF-8") from error
    try:
        return _parse_json(text) if text.lstrip()[:1] in ("[", "{") else _parse_lines(text)
    except (ValueError, TypeError) as error:
        raise CallError(f"--label {path}: is no list of labels: {error}") from error


def _parse_json(text: str) -> dict[int, str]:
    value = json.loads(text)
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    return {int(number): str(name) for number, name in pairs}


def _parse_lines(text: str) -> dict[int, str]:
    rows = [row for row in csv.reader(text.splitlines()) if any(cell.strip() for cell in row)]
    if all(len(row) == 1 for row in rows):
        return {number: row[0] for number, row in enumerate(rows)}
    if rows and not rows[0][0].strip().isdecimal():  # a header line
        rows = rows[1:]
    return {int(number): name for number, name in rows}
