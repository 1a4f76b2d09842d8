import json

import pytest

from preprocess.sources.aihub_label import parse_aihub_label, read_age, read_animal_count
from preprocess.sources.video import InvalidLabel, UnreadableLabel
from shards.crop_geometry import Box
from tests.trees import BOX, annotate, make_label


def encode(label) -> bytes:
    return json.dumps(label, ensure_ascii=False).encode()


def test_reads_what_the_dataset_varies():
    label = make_label(duration=4, frame_url="x", animal=None, owner=None)
    del label["metadata"]["location"]
    label["annotations"] = [
        annotate(0, None),
        {"frame_number": 6, "timestamp": 200.0},  # no box, no key points
        annotate(12, {"x": 1.6, "y": 2, "width": 3, "height": None}),
        annotate(18, {"x": 0.6, "y": -0.6, "width": 3.4, "height": 4.0}),
    ]
    read = parse_aihub_label(b"\xef\xbb\xbf" + encode(label | {"unknown": {"deep": [1]}}))
    assert [a.frame_number for a in read.annotations] == [0, 6, 12, 18]
    assert [a.box for a in read.annotations] == [None, None, None, Box(1, -1, 3, 4)]
    assert not any(a.fault for a in read.annotations)


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
        parse_aihub_label(data)


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
        (("annotations",), KeyError, r"\$\.annotations: no list"),
        (("annotations",), {}, r"\$\.annotations: no list"),
        (("annotations",), [], r"\$\.annotations: an empty list"),
    ],
)
def test_what_has_no_annotations_is_no_label(path, value, message):
    label = make_label() | {"annotations": [annotate(0)]}
    change(label, path, value)
    with pytest.raises(InvalidLabel, match=message):
        parse_aihub_label(encode(label))


FRAME, TIME, PLACE = ("frame_number",), ("timestamp",), ("bounding_box",)


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (FRAME, 6.0, None),
        (FRAME, "6", None),
        (FRAME, 6.5, "$.annotations[1].frame_number: 6.5"),
        (FRAME, True, "$.annotations[1].frame_number: true"),
        (FRAME, -1, "$.annotations[1].frame_number: -1"),
        (FRAME, 2**31, "$.annotations[1].frame_number: 2147483648"),
        (FRAME, KeyError, "$.annotations[1].frame_number: null"),
        (FRAME, float("nan"), "$.annotations[1].frame_number: NaN"),
        (TIME, 240.0, None),
        (TIME, "240", None),
        (TIME, None, "$.annotations[1].timestamp: null"),
        (TIME, float("inf"), "$.annotations[1].timestamp: Infinity"),
        (PLACE, [60, 40, 150, 100], "$.annotations[1].bounding_box: [60, 40, 150, 100]"),
        (PLACE, "60,40,150,100", '$.annotations[1].bounding_box: "60,40,150,100"'),
        ((*PLACE, "x"), "60", None),
        ((*PLACE, "x"), " 60.0 ", None),
        ((*PLACE, "width"), 150.0, None),
        ((*PLACE, "x"), "twenty", '$.annotations[1].bounding_box.x: "twenty"'),
        ((*PLACE, "x"), 1e300, "$.annotations[1].bounding_box.x: 1e+300"),
        ((*PLACE, "x"), float("nan"), "$.annotations[1].bounding_box.x: NaN"),
        ((*PLACE, "x"), "가" * 100, f'$.annotations[1].bounding_box.x: "{"가" * 59}..'),
        (("keypoints",), float("nan"), None),
        (("keypoints",), "nobody looks", None),
    ],
)
def test_a_bad_value_costs_its_own_annotation(path, value, fault):
    label = json.loads(json.dumps(make_label() | {"annotations": [annotate(0), annotate(6), annotate(12)]}))
    change(label["annotations"][1], path, value)
    read = parse_aihub_label(encode(label))
    before, odd, after = read.annotations
    assert odd.fault == fault
    if not fault:
        assert odd[:6] == (6, 240, (6, 240), Box(BOX["x"], BOX["y"], BOX["width"], BOX["height"]), None, None)
    assert (before.frame_number, before.fault, after.frame_number, after.fault) == (0, None, 12, None)


def test_what_is_no_annotation_at_all():
    read = parse_aihub_label(encode(make_label() | {"annotations": [annotate(0), 5, None]}))
    assert [a.fault for a in read.annotations] == [None, "$.annotations[1]: 5", "$.annotations[2]: null"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("metadata", "animal", "gender"), 1),
        (("metadata", "animal"), "a dog"),
        (("metadata", "owner"), []),
        (("metadata", "width"), "wide"),
        (("metadata", "duration"), float("nan")),
        (("metadata", "species"), None),
        (("file_video",), 7),
    ],
)
def test_what_is_not_needed_is_not_checked(path, value):
    label = json.loads(json.dumps(make_label() | {"annotations": [annotate(0)]}))
    change(label, path, value)
    read = parse_aihub_label(encode(label))
    assert read.emotion == "편안/안정" and read.annotations[0].fault is None
    assert read.traits["gender"] == {1: "1", "a dog": None}.get(value if not isinstance(value, list) else 0, "MALE")
    assert read.size == ((None if path[-1] == "width" else 320), 240)


def test_halves_of_surrogate_pairs_are_written_out():
    label = make_label(animal={"breed": "\ud800"}) | {"annotations": [annotate(0), annotate(5, {"x": "\udcff"})]}
    read = parse_aihub_label(json.dumps(label).encode())
    assert read.traits["breed"] == r"\ud800"
    assert read.annotations[1].fault == r'$.annotations[1].bounding_box.x: "\udcff"'


def test_sizes_in_quotes_are_read():
    assert parse_aihub_label(encode(make_label(width="320", height=240.0) | {"annotations": [annotate(0)]})).size == (
        320,
        240,
    )


@pytest.mark.parametrize("metadata", [None, [], {}, {"inspect": {"emotion": 3}}])
def test_without_a_mood(metadata):
    read = parse_aihub_label(encode({"metadata": metadata, "annotations": [annotate(0)]}))
    assert read.emotion in (None, "3") and len(read.annotations) == 1


def test_a_label_that_is_a_list():
    with pytest.raises(InvalidLabel):
        parse_aihub_label(b"[]")


@pytest.mark.parametrize(
    ("age", "years"),
    [(3, 3), (2.5, 2), ("7", 7), ("모름", None), (None, None), (float("inf"), None), ("99999999999", None), (-1, None)],
)
def test_read_age(age, years):
    assert read_age(age) == years


@pytest.mark.parametrize(
    ("stated", "count"), [(1, 1), ("3", 3), (2.0, 2), (0, None), (-1, None), ("여러", None), (None, None)]
)
def test_the_number_of_animals(stated, count):
    assert read_animal_count(stated) == count
    read = parse_aihub_label(encode(make_label(owner={"animalCount": stated}) | {"annotations": [annotate(0)]}))
    assert read.traits["animal_count"] == count
