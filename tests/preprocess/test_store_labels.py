"""CSVs, COCO JSON and folders of VOC XML in stores: read where they lie, with the bytes that they give on a disk."""

import json
import unicodedata
from pathlib import Path

import pytest

from preprocess.run import run
from preprocess.settings import PreprocessSettings
from preprocess.sources.source_kinds import check_sources, find_videos, list_sources
from shards.errors import CallError
from shards.storage.stores.remote_files import upload_file, write_remote_file
from shards.storage.stores.remote_path import RemotePath, parse_store_url
from tests.preprocess.sources.photos.photo_rows import LABEL_MAP, read_photo_rows
from tests.preprocess.sources.photos.test_coco_json import make_annotation, make_image, write_coco
from tests.preprocess.sources.photos.test_voc_tree import write_file
from tests.preprocess.sources.photos.test_voc_xml import make_object, make_voc
from tests.preprocess.sources.test_csv_rows import BBOX, read_rows_of, write_csv
from tests.trees import digests, make_jpeg, write_video

NAMES = ("csv/train.csv", "coco/annotations/instances_val.json", "voc")


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A source of each kind: images beside, below and above their labels, some missing, some named twice."""
    root = tmp_path_factory.mktemp("라벨") / "원본"
    write_video(root / "csv", "cat-arch-000156", 3).unlink()
    write_file(root / "사진" / "강아지" / "img1.jpg", make_jpeg(41))
    frames = "원천데이터/cat-arch-000156/frame_{}_timestamp_{}.jpg"
    rows = [(frames.format(5 * i, 200 * i), BBOX, "calm") for i in range(4)]  # the last one is not there
    rows += [("../사진/강아지/img1.jpg", BBOX, "2"), ("..\\사진\\강아지\\img2.jpg", BBOX, "anger"), ("", BBOX, "calm")]
    rows += [(frames.format(0, 0), "", "calm")]
    write_csv(root / NAMES[0], rows, "cp949")
    images = [make_image(1), make_image(2, "강아지/b.v2.jpg"), make_image(3, "none.jpg")]
    boxes = [make_annotation(2, category=7), make_annotation(1), make_annotation(3), make_annotation(8)]
    write_coco(root / NAMES[1], images, boxes, photos=False)
    for number, image in enumerate(images[:2]):
        write_file(root / "coco" / "val" / image["file_name"], make_jpeg(51 + number))
    for number, name in enumerate(("고양이 1", "b/개", "b/alone")):
        write_file(
            root / "voc" / "Annotations" / f"{name}.xml",
            make_voc(make_object("cat"), make_object("dog", (5, 5, 90, 80))),
        )
        if "alone" not in name:
            write_file(root / "voc" / "JPEGImages" / f"{name}.jpg", make_jpeg(61 + number))
    write_file(root / "voc" / "Annotations" / "broken.xml", b"<annotation>")
    write_file(root / "voc" / ".hidden" / "a.xml", make_voc(make_object()))
    (root.parent / "map.json").write_text(json.dumps(LABEL_MAP | {"calm": "calm", "anger": "anger", "2": "fear"}))
    return root


def upload(root: Path, url: str) -> RemotePath:
    place = parse_store_url(url)
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        upload_file(path, place / str(path.relative_to(root)))
    return place


@pytest.fixture(scope="module")
def far(tree, s3_server) -> RemotePath:
    return upload(tree, f"{s3_server.make_bucket('labels')}/원본?{s3_server.query}")


def test_a_run_gives_the_bytes_of_a_disk(tree, far, two_workers, tmp_path):
    def make(out, sources):
        made = run(PreprocessSettings(sources, str(out), label_map=str(tree.parent / "map.json")))
        assert made.counts["kept"] >= 10 and set(made.counts["reasons"]) >= {"image_missing", "label_unreadable"}
        return digests(out)

    near = make(tmp_path / "near" / "pets", [str(tree / name) for name in NAMES])
    assert make(tmp_path / "far" / "pets", [(far / name).url for name in NAMES]) == near


def test_rows_are_those_of_a_disk_on_an_sftp_server(tree, sftp_server, tmp_path):
    def name(relative):
        return f"{sftp_server.name_folder(tree / relative)}?{sftp_server.query}"

    label_map = json.loads((tree.parent / "map.json").read_text())
    for kind in NAMES:
        near = read_photo_rows(tmp_path / "near", tree / kind, label_map=label_map)
        assert read_photo_rows(tmp_path / "far", name(kind), label_map=label_map) == near and len(near) >= 4


def test_a_csv_names_images_of_its_store_by_url(tree, far, tmp_path):
    folder = far / "csv/원천데이터/cat-arch-000156"
    names = [f"{folder}/frame_0_timestamp_0.jpg", f"/{folder.key}/frame_5_timestamp_200.jpg", "s3://other/a.jpg"]
    write_csv(tmp_path / "urls.csv", [(name, BBOX, "calm") for name in names])
    upload_file(tmp_path / "urls.csv", far / "elsewhere/urls.csv")
    rows = read_rows_of(tmp_path, (far / "elsewhere/urls.csv").url)
    assert [(row["key"], row["status"], row["reason"]) for row in rows] == [
        ("cat-arch-000156/0", "kept", None),
        ("cat-arch-000156/5", "kept", None),
        (rows[2]["key"], "rejected", "annotation_invalid"),
    ]
    assert rows[0]["image_file"] == "../csv/원천데이터/cat-arch-000156/frame_0_timestamp_0.jpg"
    assert rows[2]["note"] == "image_path: lies in s3://other, not in s3://labels"


def test_a_name_is_found_however_it_is_composed(far, tmp_path):
    name = unicodedata.normalize("NFD", "강아지.jpg")
    write_remote_file(RemotePath(far.store, f"decomposed/{name}", far.query), make_jpeg(7))
    write_csv(tmp_path / "a.csv", [("강아지.jpg", BBOX, "calm")])
    place = RemotePath(far.store, "decomposed/a.csv", far.query)
    upload_file(tmp_path / "a.csv", place)
    (row,) = read_rows_of(tmp_path, place.url)
    assert (row["status"], row["image_file"]) == ("kept", "강아지.jpg")


def test_a_folder_is_listed_once_and_asked_for_what_it_is(tree, far, s3_server, tmp_path):
    s3_server.requests.clear()
    found = list_sources([(far / "voc").url], label_map=str(tree.parent / "map.json"))
    assert {video.kind for video in found.videos} == {"voc"} and len(found.videos) == 4
    assert s3_server.requests.total() <= 16, s3_server.requests
    write_video(tmp_path / "aihub", "dog-sit-000001", 2)
    write_file(tmp_path / "aihub" / "a.xml", make_voc(make_object()))
    place = upload(tmp_path / "aihub", f"{s3_server.make_bucket('mixed')}/aihub?{s3_server.query}")
    assert [video.kind for video in find_videos([place.url]).videos] == ["aihub_tree"]


def test_what_is_not_there_is_said(far):
    for name in ("none.csv", "none.json", "none"):
        with pytest.raises(CallError, match=f"source .*{name}.* holds nothing; give a folder that holds"):
            check_sources([(far / name).url])
