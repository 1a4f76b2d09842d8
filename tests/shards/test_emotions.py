import unicodedata

import pytest

from shards.emotions import EMOTIONS, KOREAN, parse_emotion


def test_numbers_are_the_students():
    assert KOREAN == ("화남/불쾌", "공포", "행복/즐거움", "편안/안정", "공격성", "불안/슬픔")
    assert len({emotion.english for emotion in EMOTIONS}) == 6


@pytest.mark.parametrize(("number", "name"), enumerate(KOREAN))
def test_spellings_of_a_mood(number, name):
    for text in (name, unicodedata.normalize("NFD", name), f" {name}\n", name.replace("/", " / ")):
        assert parse_emotion(text) == number


@pytest.mark.parametrize("text", ["", "행복", "happy", "화남", "3"])
def test_anything_else_is_no_mood(text):
    assert parse_emotion(text) is None
