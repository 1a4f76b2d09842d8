import unicodedata

import pytest

from preprocess.sources.label_map import find_mood, read_label_map
from shards.emotions import KOREAN
from shards.errors import CallError


@pytest.mark.parametrize(
    ("label", "mood"),
    [
        ("편안/안정", 3),
        (unicodedata.normalize("NFD", "편안/안정"), 3),
        (" 편안 / 안정 ", 3),
        ("calm", 3),
        ("Calm", 3),
        ("3", 3),
        ("3.0", 3),
        ("6", None),
        ("", None),
        ("sleepy", None),
        ("-1", None),
    ],
)
def test_labels(label, mood):
    assert find_mood(label, {}) == (None if mood is None else KOREAN[mood])


@pytest.mark.parametrize("text", ["{", "5", "[]", '{"0": "sleepy"}', "\udcb0"])
def test_label_maps_that_are_none(tmp_path, text):
    (tmp_path / "map.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CallError, match="--label_map"):
        read_label_map(str(tmp_path / "map.json"))
    with pytest.raises(CallError, match="No such file"):
        read_label_map(str(tmp_path / "nowhere.json"))
