"""COCO JSON: boxes, faulty ones, images that are missing or not annotated, where images lie, and broken files."""

import json
import unicodedata

import pytest

from preprocess.sources.input_fingerprint import fingerprint_inputs, read_inputs
from preprocess.sources.source_kinds import check_sources, find_videos
from preprocess.sources.video import Video
from preprocess.writing.video_frames import open_videos
from shards.errors import DataError
from tests.preprocess.sources.photos.photo_rows import list_box, read_photo_rows
from tests.trees import HEIGHT, WIDTH, make_jpeg

CATEGORIES = [{"id": 0, "name": "cat"}, {"id": 7, "name": "dog"}, {"id": 9, "name": "zebra"}, {"id": 10}]
BOX = [60.2, 40.4, 150.0, 100.3]


def make_image(number, name=None, **changes):
    return {"id": number, "file_name": name or f"{number:03}.jpg", "width": WIDTH, "height": HEIGHT} | changes


def make_annotation(image, bbox=BOX, category=0, **changes):
    return {"id": 1, "image_id": image, "category_id": category, "bbox": bbox, "area": 5.5} | changes


def write_coco(path, images, annotations, categories=CATEGORIES, photos=True):
    """Write a COCO JSON, with an outline in each annotation, and beside it the images that lie in no other place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    outlines = [{"segmentation": [[1.5, 2.5, 3.5]]} | annotation for annotation in annotations]
    whole = {"info": {}, "licenses": [], "images": images, "annotations": outlines, "categories": categories}
    path.write_text(json.dumps(whole, ensure_ascii=False))
    for place, image in enumerate(images if photos else ()):
        file = path.parent / image["file_name"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(make_jpeg(place))
    return path


def test_each_box_is_a_row_of_its_photo(tmp_path):
    boxes = [
        make_annotation(2, category=7),
        make_annotation(1),
        make_annotation(2, [10, 20, 30, 40]),
        make_annotation(3),
    ]
    coco = write_coco(tmp_path / "a.json", [make_image(1), make_image(2, "강아지/b.v2.jpg"), make_image(3)], boxes)
    rows = read_photo_rows(tmp_path / "work", coco)
    assert [(row["key"], row["label"], row["species"], row["status"]) for row in rows] == [
        ("001/0", 3, "CAT", "kept"),
        ("003/0", 3, "CAT", "kept"),
        ("강아지/b.v2/0", 1, "DOG", "kept"),
        ("강아지/b.v2/1", 3, "CAT", "kept"),  # the box's own species, not that of the folder
    ]
    assert [list_box(row) for row in rows[:1] + rows[3:]] == [(60, 40, 150, 101), (10, 20, 30, 40)]
    first, last = rows[0], rows[-1]
    assert (last["image_file"], last["label_file"], last["video"]) == ("강아지/b.v2.jpg", "a.json", "강아지/b.v2")
    assert (first["width"], first["height"], first["timestamp"], first["emotion_inspect"]) == (320, 240, 0, "편안/안정")


@pytest.mark.parametrize(
    ("annotation", "reason", "note"),
    [
        ({"iscrowd": 1}, "annotation_invalid", "$.annotations[1].iscrowd: 1: the box is around several animals"),
        ({"iscrowd": True}, "annotation_invalid", "iscrowd: true"),
        ({"bbox": [1, 2, 3]}, "annotation_invalid", "$.annotations[1].bbox: [1, 2, 3]"),
        ({"bbox": "1,2,3,4"}, "annotation_invalid", "bbox"),
        ({"bbox": [1, 2, "x", 4]}, "annotation_invalid", '$.annotations[1].bbox[2]: "x"'),
        ({"bbox": [1, 2, 1e300, 4]}, "annotation_invalid", "bbox[2]"),
        ({"bbox": [1e9, 2, 3, 4]}, "annotation_invalid", "bbox[0]"),
        ({"category_id": None}, "annotation_invalid", "category_id: null"),
        ({"category_id": 9}, "emotion_unknown", None),
        ({"bbox": None}, "box_missing", None),
        ({"bbox": []}, "box_missing", None),
        ({"bbox": [1, 2, None, 4]}, "box_missing", None),
        ({"bbox": [1, 2, 0.2, 4]}, "box_empty", None),
        ({"bbox": [9, 2, -0.2, 4]}, "box_negative", None),
        ({"bbox": [-3, 2, 9, 4]}, "box_negative", None),
        ({"bbox": [300, 2, 20.6, 4]}, "box_outside", None),
        ({"image_id": 2}, "image_missing", None),
        ({"image_id": 3}, "image_size", "its label states 640x480"),
        ({"image_id": 4}, "image_missing", None),
        ({"image_id": 5}, "image_missing", None),
    ],
)
def test_a_box_that_cannot_be_used_is_a_row(tmp_path, annotation, reason, note):
    images = [make_image(1), make_image(3, width=640, height=480)]
    coco = write_coco(tmp_path / "a.json", images, [])
    images += [make_image(2), make_image(4, file_name=None), make_image(5, "\0.jpg")]
    write_coco(coco, images, [make_annotation(1), make_annotation(1) | annotation], photos=False)
    rows = {row["reason"]: row for row in read_photo_rows(tmp_path / "work", coco)}
    assert rows.keys() == {None, reason} and (note or "") in (rows[reason]["note"] or "")


@pytest.mark.parametrize("number", ["1e99999", "-1e99999", "9" * 400, "9" * 5000])
def test_a_number_that_is_too_large_for_any_type_is_a_row(tmp_path, number):
    annotations = [make_annotation(1), make_annotation(1) | {"bbox": [1, 2, 777, 4]}]
    coco = write_coco(tmp_path / "a.json", [make_image(1)], annotations)
    coco.write_text(coco.read_text().replace("777", number))
    kept, rejected = sorted(read_photo_rows(tmp_path / "work", coco), key=lambda row: row["status"])
    assert kept["status"] == "kept" and rejected["reason"] == "annotation_invalid"
    assert rejected["note"].replace('"', "").startswith(f"$.annotations[1].bbox[2]: {number[:50]}")


def test_a_category_that_the_map_does_not_know_is_named(tmp_path):
    boxes = [make_annotation(1, category=number) for number in (9, 10, 3)]
    coco = write_coco(tmp_path / "a.json", [make_image(1)], boxes)
    rows = read_photo_rows(tmp_path / "work", coco)
    # Not 3 alone, which is a mood's number.
    assert [row["emotion_inspect"] for row in rows] == ["zebra", "category_id 10", "category_id 3"]
    assert {row["reason"] for row in rows} == {"emotion_unknown"}


def test_boxes_of_no_image_are_rows_too(tmp_path):
    boxes = [make_annotation(1), make_annotation(99), make_annotation(None)]
    coco = write_coco(tmp_path / "a.json", [make_image(1)], boxes)
    rows = read_photo_rows(tmp_path / "work", coco)
    assert [(row["key"], row["reason"]) for row in rows] == [
        ("001/0", None),
        ("a/0", "annotation_invalid"),
        ("a/1", "annotation_invalid"),
    ]
    assert rows[1]["note"] == "$.annotations[1].image_id: 99 is the id of no image"


def test_an_image_without_boxes_is_counted(tmp_path):
    coco = write_coco(tmp_path / "a.json", [make_image(1), make_image(2)], [make_annotation(1)])
    found = find_videos([str(coco)])
    opened = list(open_videos([read_inputs(video) for video in found.videos]))
    assert [(len(video.frames), video.unannotated) for video in opened] == [(1, 0), (0, 1)] and found.frames == 2


def test_a_file_that_is_listed_twice_is_one_photo(tmp_path):
    images = [make_image(1, "a.jpg"), make_image(2, "./a.jpg")]
    coco = write_coco(tmp_path / "a.json", images, [make_annotation(2), make_annotation(1, [1, 2, 30, 40])])
    assert [row["key"] for row in read_photo_rows(tmp_path / "work", coco)] == ["a/0", "a/1"]


@pytest.mark.parametrize(
    ("json_path", "folder"),
    [
        ("a.json", "."),
        ("annotations/a.json", "annotations/images"),
        ("annotations/a.json", "."),
        ("annotations/a.json", "images"),
        ("annotations/instances_train2017.json", "train2017"),
        ("annotations/instances_train2017.json", "images/train2017"),
    ],
)
def test_where_images_are_looked_for(tmp_path, json_path, folder):
    images = [make_image(1, "없음.jpg"), make_image(2, unicodedata.normalize("NFC", "고양이.jpg"))]
    coco = write_coco(tmp_path / json_path, images, [make_annotation(2)], photos=False)
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / unicodedata.normalize("NFD", "고양이.jpg")).write_bytes(make_jpeg(1))
    (row,) = read_photo_rows(tmp_path / "work", coco)
    assert (row["key"], row["status"]) == ("고양이/0", "kept")
    assert (coco.parent / unicodedata.normalize("NFD", row["image_file"])).exists()


def test_windows_paths_and_absolute_ones(tmp_path):
    other = tmp_path / "other" / "b.jpg"
    other.parent.mkdir()
    other.write_bytes(make_jpeg(5))
    images = [make_image(1, "x/a.jpg")]
    coco = write_coco(tmp_path / "set" / "a.json", images, [])
    images = [make_image(1, "x\\a.jpg"), make_image(2, str(other))]
    write_coco(coco, images, [make_annotation(1), make_annotation(2)], photos=False)
    rows = read_photo_rows(tmp_path / "work", coco)
    assert [(row["key"], row["image_file"], row["status"]) for row in rows] == [
        ("other/b/0", "../other/b.jpg", "kept"),
        ("x/a/0", "x/a.jpg", "kept"),
    ]


@pytest.mark.parametrize(
    ("json_path", "name", "split"),
    [
        ("instances_train2017.json", "a.jpg", "train"),
        ("instances_val2017.json", "a.jpg", "val"),
        ("검증.json", "a.jpg", "val"),
        ("instances.json", "val2017/a.jpg", "val"),
        ("train.json", "val/a.jpg", "val"),
        ("valid/_annotations.coco.json", "a.jpg", "val"),
        ("train/set/_annotations.coco.json", "a.jpg", None),  # not the source's own name
    ],
)
def test_the_split_is_what_names_say(tmp_path, json_path, name, split):
    coco = write_coco(tmp_path / json_path, [make_image(1, name)], [make_annotation(1)])
    assert [video.split for video in find_videos([str(coco)]).videos] == [split]


def test_photos_of_one_name_in_two_sets_are_two(tmp_path):
    cocos = [
        write_coco(tmp_path / part / "_annotations.coco.json", [make_image(1), make_image(n)], [make_annotation(1)])
        for n, part in ((2, "train"), (3, "valid"))
    ]
    names = [video.name for video in find_videos(list(map(str, cocos))).videos]
    assert names == ["002", "003", "train/001", "valid/001"]


def test_one_photo_in_two_files_is_one_video(tmp_path):
    for name in ("cats", "dogs"):
        write_coco(tmp_path / f"{name}.json", [make_image(1)], [make_annotation(1)])
    rows = read_photo_rows(tmp_path / "work", tmp_path / "cats.json", tmp_path / "dogs.json")
    assert [(row["key"], row["reason"], row["note"]) for row in rows] == [
        ("001/0", None, None),
        ("001/0", "video_repeated", "the first is cats.json"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no COCO JSON"),
        ("{", "is no COCO JSON"),
        ("[]", r"is no COCO JSON \(Expected `object`, got `array`\)"),
        ('{"annotations": [], "metadata": {}}', "missing required field `images`"),
        ('{"images": [], "annotations": [], "categories": []}', r"a\.json: no images"),
        ('{"images": [], "annotations": [5], "categories": []}', r"\$\.annotations\[0\]"),
        (
            '{"images": [{"id": 1}, {"id": 1}], "annotations": [], "categories": []}',
            r"\$\.images\[1\] both have the id 1",
        ),
        ('{"images": ' + "[" * 100_000, "is no COCO JSON"),
        ('{"images": [{"id": "\xff"}]}', "is no COCO JSON"),
    ],
)
def test_a_file_that_is_broken_is_one_error(tmp_path, text, message):
    (tmp_path / "a.json").write_bytes(text.encode("latin-1"))
    check_sources([str(tmp_path / "a.json")])
    with pytest.raises(DataError, match=message):
        find_videos([str(tmp_path / "a.json")])


def test_a_byte_order_mark(tmp_path):
    coco = write_coco(tmp_path / "A.JSON", [make_image(1)], [make_annotation(1)])
    coco.write_bytes(b"\xef\xbb\xbf" + coco.read_bytes())
    assert len(find_videos([str(coco)]).videos) == 1


def test_what_changes_the_work_changes_its_fingerprint(tmp_path):
    def fingerprint(label_map=None, boxes=(BOX,)):
        coco = write_coco(tmp_path / "a.json", [make_image(1)], [make_annotation(1, box) for box in boxes])
        (tmp_path / "map.json").write_text(json.dumps(label_map or {"cat": "calm"}))
        videos: list[Video] = find_videos([str(coco)], label_map=str(tmp_path / "map.json")).videos
        return fingerprint_inputs([read_inputs(video) for video in videos], "")

    first = fingerprint()
    assert fingerprint() == first
    others = {
        fingerprint({"cat": "fear"}),
        fingerprint({"cat": {"mood": "calm", "species": "cat"}}),
        fingerprint(boxes=[[1, 2, 3, 4]]),
        fingerprint(boxes=[BOX, BOX]),
    }
    assert len(others | {first}) == 5


def test_a_large_file_is_cut_into_small_labels(tmp_path):
    """Of 20,000 boxes with long outlines only the boxes are kept in memory."""
    import tracemalloc

    images = [make_image(number) for number in range(2_000)]
    boxes = [make_annotation(n % 2_000, segmentation=[[0.123456] * 200]) for n in range(20_000)]
    coco = write_coco(tmp_path / "a.json", images, boxes, photos=False)
    size = coco.stat().st_size
    tracemalloc.start()
    found = find_videos([str(coco)])
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.videos) == 2_000 and found.frames == 20_000
    assert size > 40_000_000 and kept < 10_000_000 and peak < size + 15_000_000
