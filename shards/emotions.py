"""The six moods of the pet videos: their numbers, their names, and how a name in a label file is recognised.

A mood's number is its position in the table. Records (field `label`), the model's outputs and the label lists of users
have these numbers, so the table's order must never change.
"""

import unicodedata
from typing import NamedTuple


class Emotion(NamedTuple):
    korean: str  # as in the label files, NFC
    english: str


EMOTIONS = (
    Emotion("화남/불쾌", "anger"),
    Emotion("공포", "fear"),
    Emotion("행복/즐거움", "happiness"),
    Emotion("편안/안정", "calm"),
    Emotion("공격성", "aggression"),
    Emotion("불안/슬픔", "anxiety"),
)
KOREAN = tuple(emotion.korean for emotion in EMOTIONS)
ENGLISH = tuple(emotion.english for emotion in EMOTIONS)


def parse_emotion(text: str) -> int | None:
    """Return the number 0..5 of a mood's Korean name, None for any other text.

    Spaces and the Unicode form are ignored, because names typed on macOS may be decomposed (NFD).
    """
    return _NUMBERS.get("".join(unicodedata.normalize("NFC", text).split()))


_NUMBERS = {name: number for number, name in enumerate(KOREAN)}
