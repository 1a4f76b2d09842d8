"""Folders of VOC XML: told apart from AI Hub's, paired with images, and made into rows."""

import json
import os
import unicodedata

import pytest

from preprocess.sources.photos.voc_tree import VOC_KIND, is_voc_source
from preprocess.sources.source_kinds import find_videos
from shards.errors import DataError
from tests.preprocess.sources.photos.photo_rows import list_box, read_photo_rows
from tests.preprocess.sources.photos.test_voc_xml import make_object, make_voc
from tests.trees import make_jpeg, make_label, write_video


def write_file(path, data=b""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.fixture
def voc(tmp_path):
    """Two photos in the layout of the Oxford pets, with the masks that lie there."""
    root = tmp_path / "voc"
    for number, name in enumerate(("Abyssinian_1", "강아지_2")):
        write_file(root / "annotations" / "xmls" / f"{name}.xml", make_voc(make_object(), make_object("dog")))
        write_file(root / "annotations" / "trimaps" / f"{name}.png", b"mask")
        write_file(root / "annotations" / "trimaps" / f"._{name}.xml", b"\0")
        write_file(root / "images" / f"{name}.jpg", make_jpeg(number))
    return root


def test_rows(voc, tmp_path):
    rows = read_photo_rows(tmp_path / "work", voc)
    assert [(row["key"], row["label"], row["species"], row["status"]) for row in rows] == [
        ("images/Abyssinian_1/0", 3, "CAT", "kept"),
        ("images/Abyssinian_1/1", 1, "DOG", "kept"),
        ("images/강아지_2/0", 3, "CAT", "kept"),
        ("images/강아지_2/1", 1, "DOG", "kept"),
    ]
    assert list_box(rows[0]) == (9, 19, 30, 40)
    assert (rows[2]["label_file"], rows[2]["image_file"]) == ("annotations/xmls/강아지_2.xml", "images/강아지_2.jpg")


def test_rows_of_what_is_missing_or_broken(voc, tmp_path):
    labels = voc / "annotations" / "xmls"
    write_file(labels / "alone.xml", make_voc(make_object()))
    write_file(labels / "broken.xml", b"<annotation>")
    write_file(labels / "bomb.xml", make_voc(head='<!DOCTYPE a [<!ENTITY a "ha">]>'))
    write_file(labels / "svg.xml", b"<svg/>")
    write_file(voc / "images" / "empty.jpg", make_jpeg(7))
    write_file(labels / "empty.xml", make_voc())
    write_file(voc / "images" / "png.png", b"\x89PNG")
    write_file(labels / "png.xml", make_voc(make_object()))
    write_file(voc / "images" / "unlabelled.jpg", make_jpeg(8))
    os.symlink("nowhere", labels / "link.xml")
    rows = {row["video"]: row for row in read_photo_rows(tmp_path / "work", voc) if row["status"] == "rejected"}
    assert {name: row["reason"] for name, row in rows.items()} == {
        "annotations/xmls/alone": "image_missing",
        "annotations/xmls/broken": "label_unreadable",
        "annotations/xmls/bomb": "label_unreadable",
        "annotations/xmls/link": "label_unreadable",
        "annotations/xmls/svg": "label_invalid",
        "images/png": "image_unreadable",
    }
    assert rows["annotations/xmls/bomb"]["note"] == "declares the entity 'a', which no label needs"
    found = find_videos([str(voc)])
    assert found.directories_without_label == ["images/unlabelled.jpg"]
    assert "annotations/xmls/alone.xml" in found.labels_without_frames and found.frames == 4


def test_the_image_of_the_same_name_that_is_nearest(tmp_path):
    for part in ("train", "valid"):
        write_file(tmp_path / part / "xml" / "a.xml", make_voc(make_object()))
        write_file(tmp_path / part / "img" / "a.JPEG", make_jpeg(1))
    videos = find_videos([str(tmp_path)]).videos
    assert [(video.name, video.label_file, video.split) for video in videos] == [
        ("train/img/a", "train/xml/a.xml", "train"),
        ("valid/img/a", "valid/xml/a.xml", "val"),
    ]


@pytest.mark.parametrize("stated", ["a.jpg", "C:\\photos\\a.jpg", "/x/a.png"])
def test_an_image_that_only_the_label_names(tmp_path, stated):
    label = make_voc(make_object()).replace(b"a.jpg", stated.encode())
    write_file(tmp_path / "voc" / "label_1.xml", label)
    write_file(tmp_path / "voc" / "a.jpg", make_jpeg(1))
    assert [row["key"] for row in read_photo_rows(tmp_path / "work", tmp_path / "voc")] == ["a/0"]


def test_names_that_the_disk_holds_otherwise(tmp_path):
    voc = os.fsencode(tmp_path / "voc")
    os.mkdir(voc)
    for name, data in (
        (unicodedata.normalize("NFD", "고양이.xml").encode(), make_voc(make_object())),
        (unicodedata.normalize("NFC", "고양이.jpg").encode(), make_jpeg(1)),
        ("강아지.xml".encode("cp949"), make_voc(make_object())),
        ("강아지.jpg".encode("cp949"), make_jpeg(2)),
    ):
        with open(os.path.join(voc, name), "wb") as file:
            file.write(data)
    rows = read_photo_rows(tmp_path / "work", tmp_path / "voc")
    assert [(row["key"], row["status"]) for row in rows] == [
        (r"\xb0\xad\xbe\xc6\xc1\xf6/0", "kept"),
        ("고양이/0", "kept"),
    ]


def test_links_and_cycles(voc):
    os.symlink(voc, voc / "images" / "again")
    os.symlink(voc / "images", voc / "zz")
    assert len(find_videos([str(voc)]).videos) == 2


def test_a_voc_folder_is_recognised_beside_other_json(voc):
    write_file(voc / "ATTRIBUTION.json", b'[{"file_name": "a.jpg"}]')
    write_file(voc / "coco.json", b'{"images": [], "annotations": [], "categories": []}')
    write_file(voc / "broken.xml", b"<")
    assert is_voc_source(str(voc))
    assert {video.kind for video in find_videos([str(voc)]).videos} == {VOC_KIND}


AIHUB_LABEL = json.dumps(make_label()).encode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("z/cat-sit-000001.json", AIHUB_LABEL),
        ("z/cat-sit-000001.json", b"\xef\xbb\xbf" + AIHUB_LABEL),
        ("z/cat-sit-000001.json", AIHUB_LABEL[:-5]),  # damaged: it may be one
        ("z/cat-sit-000001.json", b'{"metadata": NaN}'),
        ("z/cat-sit-000001.json", b""),
        ("z/cat-sit-000001/frame_0_timestamp_0.jpg", b""),
        ("z/CAT/ARCH.zip", b""),
        ("z/download.tar", b""),
        ("z/X.zip.part0", b""),
    ],
)
def test_anything_of_aihub_makes_it_aihub(voc, name, data):
    write_file(voc / name, data)
    assert not is_voc_source(str(voc))


def test_an_aihub_tree_with_xml_is_what_it_was(tmp_path):
    write_video(tmp_path / "a")
    before = find_videos([str(tmp_path / "a")])
    write_file(tmp_path / "a" / "000.xml", make_voc(make_object()))
    assert find_videos([str(tmp_path / "a")]) == before


def test_nothing_that_is_voc(tmp_path):
    assert not is_voc_source(str(tmp_path / "nowhere"))
    write_file(tmp_path / "a" / "a.xml", b"<svg/>")
    write_file(tmp_path / "file")
    assert not is_voc_source(str(tmp_path / "a")) and not is_voc_source(str(tmp_path / "file"))
    write_file(tmp_path / "a" / "b.xml", make_voc(make_object()))
    with pytest.raises(DataError, match="2 VOC XML, but no images; give the folder that holds both"):
        find_videos([str(tmp_path / "a")])
