import pytest

from console.text_width import pad_to_width


@pytest.mark.parametrize(
    ("text", "padded"), [("", "    "), ("ab", "ab  "), ("화남", "화남"), ("화/", "화/ "), ("공격성", "공격성")]
)
def test_hangul_takes_two_columns(text, padded):
    assert pad_to_width(text, 4) == padded
