import json

import pytest

from preprocess.labels import InvalidLabel, UnreadableLabel, parse_age, parse_label
from tests.trees import annotate, make_label


def encode(label) -> bytes:
    return json.dumps(label, ensure_ascii=False).encode()


def test_reads_what_the_dataset_varies():
    label = make_label(duration=4, frame_url="x", animal=None, owner=None)
    del label["metadata"]["location"]
    label["annotations"] = [
        annotate(0, None),
        {"frame_number": 6, "timestamp": 200.0},  # no box, no key points
        annotate(12, {"x": 1.6, "y": 2, "width": 3, "height": None}),
    ]
    read = parse_label(b"\xef\xbb\xbf" + encode(label | {"unknown": {"deep": [1]}}))
    assert [a.frame_number for a in read.annotations] == [0, 6, 12]
    assert read.annotations[0].bounding_box is None and read.annotations[2].bounding_box.height is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b"\x00\x01", "malformed"),
        (b'{"x": ' + b"[" * 5000, "brackets"),
        ("{}".encode("utf-16"), "not UTF-8"),
        ('{"a": "화남"}'.encode("cp949"), "not UTF-8"),
    ],
)
def test_what_is_no_json(data, message):
    with pytest.raises(UnreadableLabel, match=message):
        parse_label(data)


def change(label, path, value):
    *way, last = path
    for step in way:
        label = label[step]
    if value is KeyError:
        del label[last]
    else:
        label[last] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("metadata", "inspect"), KeyError, r"inspect.*\$\.metadata"),
        (("metadata", "inspect", "emotion"), 3, r"\$\.metadata\.inspect\.emotion"),
        (("annotations",), KeyError, "annotations"),
        (("annotations", 0, "frame_number"), "0", r"\$\.annotations\[0\]\.frame_number"),
        (("annotations", 0, "frame_number"), 2**31, r"\$\.annotations\[0\]\.frame_number"),
        (("annotations", 0, "frame_number"), -1, r"\$\.annotations\[0\]\.frame_number"),
        (("annotations", 0, "bounding_box", "x"), "1", r"\$\.annotations\[0\]\.bounding_box\.x"),
        (("annotations", 0, "bounding_box", "x"), 1e300, r"\$\.annotations\[0\]\.bounding_box\.x"),
    ],
)
def test_what_is_no_label_names_its_path(path, value, message):
    label = make_label() | {"annotations": [annotate(0)]}
    label = json.loads(json.dumps(label))
    change(label, path, value)
    with pytest.raises(InvalidLabel, match=message):
        parse_label(encode(label))


def test_a_label_that_is_a_list():
    with pytest.raises(InvalidLabel):
        parse_label(b"[]")


@pytest.mark.parametrize(
    ("age", "years"),
    [(3, 3), (2.5, 2), ("7", 7), ("모름", None), (None, None), (float("inf"), None), ("99999999999", None), (-1, None)],
)
def test_parse_age(age, years):
    assert parse_age(age) == years
