import pytest

from tools.duplicates.number_text import abbreviate_number, format_duration, round_up_axis


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0, "0 s"), (0.038, "0.038 s"), (9.94, "9.9 s"), (59.4, "59 s"), (59.6, "1 min 0 s")),
        *((3550, "59 min 10 s"), (3599.7, "1 h 0 min"), (36_000, "10 h 0 min")),
    ],
)
def test_times(seconds, text):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "end", "half"),
    [
        *((0, 4, "2"), (4, 4, "2"), (5, 8, "4"), (49, 60, "30"), (61, 80, "40"), (1900, 2000, "1 k")),
        *((465_016, 480_000, "240 k"), (2_000_000, 2_000_000, "1 M"), (2_130_000, 2_400_000, "1.2 M")),
    ],
)
def test_the_scale_of_a_chart(number, end, half):
    assert round_up_axis(number) == end and abbreviate_number(end / 2) == half
