"""Photos through the whole command: COCO and VOC sources to a dataset whose every byte is verified."""

import json
import shutil

import pytest

from shards.dataset import read_dataset
from shards.jpeg_headers import read_file_header
from shards.manifest import read_manifest
from shards.verification import verify_dataset
from tests.preprocess.command_runs import preprocess_here
from tests.preprocess.sources.photos.photo_rows import LABEL_MAP
from tests.preprocess.sources.photos.test_coco_json import make_annotation, make_image, write_coco
from tests.preprocess.sources.photos.test_voc_tree import write_file
from tests.preprocess.sources.photos.test_voc_xml import make_object, make_voc
from tests.trees import make_jpeg

COCO_CATEGORIES = {0: "person", 15: "cat", 16: "dog", 17: "horse"}  # of YOLO's 80, by their number there


def make_coco_of_yolo(folder, path):
    """Write a COCO JSON of the images in a folder and their labels in YOLO's form."""
    images, annotations = [], []
    for number, image in enumerate(sorted((folder / "images").glob("*.jpg"))):
        width, height = read_file_header(image)
        images.append(make_image(number, image.name, width=width, height=height))
        label = folder / "labels_yolo" / f"{image.stem}.txt"
        for line in label.read_text().splitlines() if label.exists() else ():
            category, x, y, w, h = map(float, line.split())
            box = [(x - w / 2) * width, (y - h / 2) * height, w * width, h * height]
            annotations.append(make_annotation(number, box, int(category)))
    categories = [{"id": number, "name": name} for number, name in COCO_CATEGORIES.items()]
    return write_coco(path, images, annotations, categories, photos=False)


@pytest.fixture
def preprocess(two_workers):
    """The command in this process, one task at a time."""
    return lambda *arguments: preprocess_here(*arguments, "--workers", "1")


def read_rows(out):
    return [row for rows in read_manifest(out) for row in rows.to_pylist()]


def test_real_photos(preprocess, real_files, tmp_path):
    boxes = real_files / "boxes"
    shutil.copytree(boxes / "coco_permissive" / "images", tmp_path / "images")
    coco = make_coco_of_yolo(boxes / "coco_permissive", tmp_path / "annotations" / "instances.json")
    (tmp_path / "map.json").write_text(json.dumps(LABEL_MAP | {"person": "calm", "horse": "calm"}))
    voc, out = boxes / "oxford_pets_5", tmp_path / "out"
    done = preprocess("--source", coco, voc, "--label_map", tmp_path / "map.json", "--out", out)
    assert done.returncode == 0, done.stderr
    assert list(verify_dataset(out)) == [] and read_dataset(out).counts["kept"]
    rows = read_rows(out)
    pets = [row for row in rows if row["source"] == 1]
    assert [row["status"] for row in pets] == ["kept"] * 5
    assert {row["video"]: row["species"] for row in pets}["images/pug_188"] == "DOG"
    (pug,) = (row for row in pets if row["video"] == "images/pug_188")
    assert [pug[f"box_{name}"] for name in ("x", "y", "width", "height")] == [103, 25, 120, 97]
    lines = sum(len(path.read_text().splitlines()) for path in (boxes / "coco_permissive" / "labels_yolo").glob("*"))
    photos = [row for row in rows if row["source"] == 0]
    assert len(photos) == lines and {row["species"] for row in photos if row["emotion_inspect"] == "공포"} == {"DOG"}
    # Boxes on the edge are inside, although YOLO's six decimals put many a little outside.
    reasons = {row["reason"] for row in photos if row["status"] == "rejected"}
    assert reasons == {"emotion_unknown"}
    assert all(row["emotion_inspect"] for row in photos)


@pytest.fixture
def photos(tmp_path):
    """A COCO JSON for training, one for validation, and a VOC folder."""
    for number, part in enumerate(("train2017", "val2017")):
        images = [make_image(3 * number + n, f"{3 * number + n:012}.jpg") for n in range(3)]
        annotations = [make_annotation(image["id"], category=7 * (n % 2)) for n, image in enumerate(images)]
        write_coco(tmp_path / "annotations" / f"instances_{part}.json", images, annotations, photos=False)
        for n, image in enumerate(images):
            write_file(tmp_path / part / image["file_name"], make_jpeg(10 * number + n))
    write_file(tmp_path / "voc" / "고양이.xml", make_voc(make_object("고양이", (30, 30, 200, 180))))
    write_file(tmp_path / "voc" / "고양이.jpg", make_jpeg(99))
    (tmp_path / "map.json").write_text(json.dumps(LABEL_MAP))
    return tmp_path


def test_made_photos(preprocess, photos):
    sources = sorted((photos / "annotations").iterdir())
    arguments = ["--source", *sources, photos / "voc", "--label_map", photos / "map.json", "--out", photos / "out"]
    done = preprocess(*arguments)
    assert done.returncode == 0, done.stderr
    assert list(verify_dataset(photos / "out")) == []
    rows = {row["key"]: row for row in read_rows(photos / "out")}
    assert {row["status"] for row in rows.values()} == {"kept"} and len(rows) == 7
    assert [rows[f"{n:012}/0"]["split"] for n in (0, 3)] == ["train", "val"] and rows["고양이/0"]["split"] == "train"
    assert rows["000000000001/0"]["image_file"] == "../train2017/000000000001.jpg"
    assert "nothing to do" in preprocess(*arguments).stdout
    (photos / "map.json").write_text(json.dumps(LABEL_MAP | {"고양이": "fear"}))
    assert preprocess(*arguments).returncode == 2  # another dataset, which needs --replace


def test_a_forgotten_label_map_is_named(preprocess, photos):
    done = preprocess("--source", photos / "annotations" / "instances_val2017.json", "--out", photos / "out")
    assert done.returncode == 1 and "emotion_unknown 3; --label_map FILE says" in done.stderr
    assert len([line for line in done.stderr.splitlines() if "label_map" in line]) == 1
