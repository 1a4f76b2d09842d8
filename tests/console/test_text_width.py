import pytest

from console.text_width import pad_to_width, wrap_to_width


@pytest.mark.parametrize(
    ("text", "padded"), [("", "    "), ("ab", "ab  "), ("화남", "화남"), ("화/", "화/ "), ("공격성", "공격성")]
)
def test_hangul_takes_two_columns(text, padded):
    assert pad_to_width(text, 4) == padded


def test_lines_are_cut_between_words():
    assert wrap_to_width("감정을 알려 줍니다 abc", 11) == ["감정을 알려", "줍니다 abc"]
    assert wrap_to_width("https://a.b/c  d", 5) == ["https://a.b/c", "d"]  # a word that is too long has its own line
    assert wrap_to_width("", 5) == []
