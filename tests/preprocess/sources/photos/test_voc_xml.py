"""VOC XML: corners to boxes, what is missing or wrong, and documents made to harm."""

import pytest

from preprocess.sources.label_map import Meaning
from preprocess.sources.photos.voc_xml import find_stated_image, is_voc_xml, parse_voc_xml
from preprocess.sources.video import InvalidLabel, UnreadableLabel

MAP = {"cat": Meaning("편안/안정", "CAT"), "고양이": Meaning("공포")}


def make_object(name="cat", corners=(10, 20, 39, 59), extra=""):
    places = "".join(f"<{n}>{c}</{n}>" for n, c in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True))
    return f"<object><name>{name}</name><difficult>1</difficult>{extra}<bndbox>{places}</bndbox></object>"


def make_voc(*objects, size="<size><width>320</width><height>240</height><depth>3</depth></size>", head=""):
    return f"{head}<annotation><filename>a.jpg</filename>{size}{''.join(objects)}</annotation>".encode()


def test_corners_count_from_1_and_belong_to_the_box():
    label = parse_voc_xml(make_voc(make_object(), make_object("고양이", (1, 1, 320, 240))), MAP)
    assert [(found.frame_number, *found.box) for found in label.annotations] == [
        (0, 9, 19, 30, 40),
        (1, 0, 0, 320, 240),
    ]
    assert [(found.emotion, found.species) for found in label.annotations] == [("편안/안정", "CAT"), ("공포", None)]
    assert label.size == (320, 240)


@pytest.mark.parametrize(
    ("corners", "box"),
    [
        ((" 10.4 ", "20.6", "39.4", "59.4"), (9, 20, 30, 39)),
        ((10, 20, 10, 20), (9, 19, 1, 1)),
        ((10, 20, 9, 20), (9, 19, 0, 1)),
        ((10, 20, 5, 20), (9, 19, -4, 1)),
        ((0, 0, 5, 5), (-1, -1, 6, 6)),  # a tool that counts from 0: outside, see --box.policy clip
        (("", 1, 2, 3), None),
    ],
)
def test_corners(corners, box):
    (found,) = parse_voc_xml(make_voc(make_object(corners=corners)), MAP).annotations
    assert (found.box, found.fault) == (box, None)


def test_parts_of_an_animal_are_no_boxes():
    part = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>"
    (found,) = parse_voc_xml(make_voc(make_object(extra=part)), MAP).annotations
    assert found.box == (9, 19, 30, 40) and found.emotion == "편안/안정"


def test_what_one_object_lacks_costs_that_object_only():
    objects = (
        make_object("zebra"),
        make_object(corners=("x", 1, 2, 3)),
        "<object><bndbox/></object>",
        "<object><name>cat</name></object>",
        make_object(),
    )
    found = parse_voc_xml(make_voc(*objects), MAP).annotations
    assert [annotation.emotion for annotation in found] == ["zebra", *["편안/안정", "", "편안/안정", "편안/안정"]]
    assert [annotation.fault for annotation in found] == [
        None,
        '/annotation/object[2]/bndbox/xmin: "x"',
        "/annotation/object[3]/name: missing",
        None,
        None,
    ]
    assert [annotation.box is None for annotation in found] == [False, True, True, True, False]


@pytest.mark.parametrize(("size", "stated"), [("", (None, None)), ("<size><width>0</width></size>", (None, None))])
def test_a_size_that_is_not_stated(size, stated):
    label = parse_voc_xml(make_voc(size=size), MAP)
    assert label.size == stated and label.annotations == []


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE a [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>'


@pytest.mark.parametrize("head", [LAUGHS, OUTSIDE, PARAMETER])
def test_entities_are_refused(head):
    data = make_voc(make_object("&a;"), head=head)
    with pytest.raises(UnreadableLabel, match=r"declares the entity '[ab]'"):
        parse_voc_xml(data, MAP)
    assert not is_voc_xml(data) and find_stated_image(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<annotation>",
        b"{}",
        b"\xff\xfe",
        make_voc(make_object("&nbsp;")),
        '<?xml version="1.0" encoding="euc-kr"?><annotation>고양이</annotation>'.encode("euc-kr"),
        b'<?xml version="1.0" encoding="nothing"?><annotation/>',
        b"<a>" * 300_000,
    ],
)
def test_what_is_no_xml(data):
    with pytest.raises(UnreadableLabel, match="no XML"):
        parse_voc_xml(data, MAP)


def test_other_xml():
    with pytest.raises(InvalidLabel, match="/svg: no VOC annotation"):
        parse_voc_xml(b"<svg/>", MAP)
    deep = b"<annotation>" + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</annotation>"
    assert parse_voc_xml(deep, MAP).annotations == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_and_a_document_type(encoding):
    text = make_voc(make_object("고양이"), head='<!DOCTYPE annotation SYSTEM "voc.dtd">').decode()
    assert parse_voc_xml(text.encode(encoding), MAP).annotations[0].emotion == "공포"
    assert find_stated_image(text.encode(encoding)) == "a.jpg"
