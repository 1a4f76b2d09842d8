import unicodedata

import pytest

from preprocess.sources.label_map import Meaning, find_meaning, read_label_map
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
    assert find_meaning(label, {}) == (None if mood is None else Meaning(KOREAN[mood]))


@pytest.mark.parametrize("text", ["{", "5", "[]", '{"0": "sleepy"}', '{"0": {"species": "cat"}}', "\udcb0"])
def test_label_maps_that_are_none(tmp_path, text):
    (tmp_path / "map.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CallError, match="--label_map"):
        read_label_map(str(tmp_path / "map.json"))
    with pytest.raises(CallError, match="No such file"):
        read_label_map(str(tmp_path / "nowhere.json"))


def test_a_label_may_name_a_species_too(tmp_path):
    path = tmp_path / "map.json"
    path.write_text(
        '{"tabby cat": {"mood": "calm", "species": "cat"}, "7": {"mood": "공포", "species": null}, "a": "fear"}'
    )
    found = read_label_map(str(path))
    assert found == {"tabby cat": Meaning(KOREAN[3], "CAT"), "7": Meaning(KOREAN[1]), "a": Meaning(KOREAN[1])}
    assert (
        find_meaning(" tabby cat ", found) == Meaning(KOREAN[3], "CAT") and find_meaning("7.0", found).species is None
    )
    assert find_meaning("3", found) is None and find_meaning("불안/슬픔", found) == Meaning(KOREAN[5])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ('{"mood": "calm", "species": "bird"}', "'a' has the species 'bird'; give cat or dog"),
        ('{"mood": "calm", "specie": "cat"}', "'a' has 'specie'; an object holds mood and species"),
        ('{"mood": null}', "'a' is mapped to no mood"),
        ('["calm"]', "'a' is mapped to no mood"),
    ],
)
def test_an_object_of_a_label_map_is_checked(tmp_path, value, message):
    (tmp_path / "map.json").write_text(f'{{"a": {value}}}')
    with pytest.raises(CallError, match=message):
        read_label_map(str(tmp_path / "map.json"))


def test_names_typed_on_a_mac(tmp_path):
    text = unicodedata.normalize("NFD", '{"삼색 고양이": "공포"}')
    (tmp_path / "map.json").write_text(text)
    assert find_meaning("삼색 고양이", read_label_map(str(tmp_path / "map.json"))) == Meaning(KOREAN[1])
