"""The six moods of the pet videos: their numbers, their names, and how a spelling is recognised.

The numbers are those of the `label` field of every record, of the model's outputs and of the student's own files.
They never depend on the order in which labels are met.
"""

import unicodedata
from typing import NamedTuple


class Emotion(NamedTuple):
    korean: str  # as the label files have it, NFC
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
    """The number 0..5 of a mood's Korean name; None for any other text.

    Names typed on macOS may be decomposed (NFD) and hand-typed ones may hold spaces: neither matters.
    """
    return _NUMBERS.get("".join(unicodedata.normalize("NFC", text).split()))


_NUMBERS = {name: number for number, name in enumerate(KOREAN)}
