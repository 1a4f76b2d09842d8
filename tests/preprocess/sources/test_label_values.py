import pytest

from preprocess.sources.label_values import InvalidValue, quote_value, read_coordinate, read_number, read_text


@pytest.mark.parametrize(("value", "number"), [(3, 3), (2.5, 2.5), ("3", 3), (" 1e1 ", 10), (".5", 0.5)])
def test_numbers_may_be_in_quotes(value, number):
    assert read_number(value, "path", 0, 10) == number


@pytest.mark.parametrize("value", [None, True, "", "three", "0x3", "३", [3], 10.1, -1, float("nan"), float("inf")])
def test_what_is_no_number_from_low_to_high(value):
    with pytest.raises(InvalidValue, match=r"\$\.x: "):
        read_number(value, "$.x", 0, 10)


def test_coordinates_are_rounded_and_may_be_negative():
    assert [read_coordinate(value, "x") for value in (1.6, "-0.6", -(2**31) + 1)] == [2, -1, -(2**31) + 1]
    with pytest.raises(InvalidValue):
        read_coordinate(2**31, "x")


@pytest.mark.parametrize(
    ("value", "text"),
    [(" a ", "a"), ("", None), (5, "5"), (2.5, "2.5"), (True, None), (["a"], None), ("e\u0301", "é")],
)
def test_text(value, text):
    assert read_text(value) == text


def test_lone_surrogates_are_escaped():
    assert read_text("\ud800") == r"\ud800"


def test_long_values_are_cut():
    assert quote_value("a" * 100) == '"' + "a" * 59 + ".."
