"""The CSV of image_path,bbox,labels: its spellings, its faulty rows, and the same crops as from the tree."""

import json
import os
import unicodedata

import pytest

from preprocess.run import run
from preprocess.settings import DedupeSettings, PreprocessSettings
from preprocess.sources.csv_rows import parse_csv_rows
from preprocess.sources.label_map import find_meaning, read_label_map
from preprocess.sources.source_kinds import find_videos
from preprocess.writing.spill import read_task_rows
from preprocess.writing.video_task import run_video_task
from shards.crop_geometry import Box
from shards.errors import CallError, DataError
from shards.manifest import read_manifest
from shards.record import decode_record
from shards.tfrecord import iterate_records
from tests.trees import BOX, annotate, make_jpeg, write_video
from tools import to_csv

BBOX = f"{BOX['y']},{BOX['x']},{BOX['height']},{BOX['width']}"


def write_csv(path, rows, encoding="utf-8", head="image_path,bbox,labels"):
    lines = [",".join(f'"{value}"' for value in row) for row in rows]
    path.write_bytes("\n".join([head, *lines, ""]).encode(encoding))
    return path


def read_rows_of(tmp_path, *sources, valid_source=(), **settings):
    """The rows, as dicts, that one task makes of all videos of some CSVs."""
    (tmp_path / "work").mkdir(exist_ok=True)
    settings = PreprocessSettings([str(s) for s in sources], "unused", [str(s) for s in valid_source], **settings)
    videos = find_videos(settings.source, settings.valid_source, settings.label_map).videos
    summary = run_video_task(videos, settings, tmp_path / "work")
    return read_task_rows(tmp_path / "work", summary.name, summary.rows_digest).to_pylist()


@pytest.fixture
def images(tmp_path):
    """Three frames of each of two videos, one of which names its files in another style."""
    write_video(tmp_path, "cat-arch-000156").unlink()
    for number in (1, 2, 10):
        path = tmp_path / "photos" / "강아지" / f"img{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make_jpeg(number))
    return tmp_path


FRAME = "원천데이터/cat-arch-000156/frame_5_timestamp_200.jpg"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_encodings(images, encoding):
    write_csv(images / "a.csv", [(FRAME, BBOX, "화남/불쾌")], encoding)
    (row,) = read_rows_of(images, images / "a.csv")
    assert row["status"] == "kept" and row["label"] == 0 and row["emotion_inspect"] == "화남/불쾌"
    assert (row["key"], row["timestamp"], row["species"]) == ("cat-arch-000156/5", 200, "CAT")
    assert (row["label_file"], row["image_file"]) == ("a.csv", FRAME)
    assert [row[f"box_{name}"] for name in BOX] == list(BOX.values())


@pytest.mark.parametrize(
    "written",
    [
        FRAME.replace("/", "\\"),
        f"./{FRAME}",
        f"photos/../{FRAME}",
        f" {FRAME} ",
        unicodedata.normalize("NFD", FRAME),
        "{folder}/" + FRAME,
    ],
)
def test_paths(images, written):
    write_csv(images / "a.csv", [(written.format(folder=images), BBOX, "공포")])
    (row,) = read_rows_of(images, images / "a.csv")
    assert (row["status"], row["image_file"], row["video"]) == ("kept", FRAME, "cat-arch-000156")


def test_a_csv_beside_its_images(images):
    folder = images / "lists"
    folder.mkdir()
    write_csv(folder / "a.csv", [(f"../{FRAME}", BBOX, "공포")])
    (row,) = read_rows_of(images, folder / "a.csv")
    assert (row["status"], row["image_file"]) == ("kept", f"../{FRAME}")


def test_names_that_the_disk_holds_otherwise(images):
    """Decomposed names, and names in CP949, which old archives unpack to."""
    photos = images / "photos"
    os.rename(photos / "강아지", photos / unicodedata.normalize("NFD", "강아지"))
    write_csv(images / "a.csv", [("photos/강아지/img1.jpg", BBOX, "공포")])
    assert [row["status"] for row in read_rows_of(images, images / "a.csv")] == ["kept"]
    strange = os.path.join(os.fsencode(photos), "고양이".encode("cp949"))
    os.rename(os.path.join(os.fsencode(photos), unicodedata.normalize("NFD", "강아지").encode()), strange)
    write_csv(images / "a.csv", [(r"photos/\xb0\xed\xbe\xe7\xc0\xcc/img1.jpg".replace("\\", "\\\\"), BBOX, "공포")])
    assert [row["reason"] for row in read_rows_of(images, images / "a.csv")] == ["image_missing"]  # \ parts folders


@pytest.mark.parametrize("value", [{"0": "편안/안정", "1": "fear", "sleepy": "calm"}, ["calm", "공포"]])
def test_a_label_map_says_what_numbers_mean(images, value):
    (images / "map.json").write_text(json.dumps(value, ensure_ascii=False))
    names = ["frame_0_timestamp_0.jpg", "frame_5_timestamp_200.jpg", "frame_10_timestamp_400.jpg"]
    rows = [(f"{FRAME.rpartition('/')[0]}/{name}", BBOX, label) for name, label in zip(names, "012", strict=True)]
    write_csv(images / "a.csv", rows)
    read = read_rows_of(images, images / "a.csv", label_map=str(images / "map.json"))
    assert [row["label"] for row in read] == [3, 1, None] and read[2]["reason"] == "emotion_unknown"
    assert read[2]["emotion_inspect"] == "2"  # not ours: the map does not say what it means
    sleepy = find_meaning("sleepy", read_label_map(str(images / "map.json")))
    assert (sleepy and sleepy.mood) == ("편안/안정" if "1" in value else None)


def test_a_label_map_may_say_the_species(images):
    (images / "map.json").write_text('{"0": {"mood": "fear", "species": "dog"}, "1": "fear"}')
    rows = [(FRAME, BBOX, "0"), (FRAME.replace("5_timestamp_200", "0_timestamp_0"), BBOX, "1"), ("", "", "0")]
    write_csv(images / "a.csv", rows)
    read = read_rows_of(images, images / "a.csv", label_map=str(images / "map.json"))
    species = {row["frame_number"]: (row["species"], row["label"], row["reason"]) for row in read}
    assert species[5] == ("DOG", 1, None) and species[0] == ("CAT", 1, None)  # the file's name says cat
    assert species[None] == ("DOG", 1, "annotation_invalid")


@pytest.mark.parametrize(
    ("row", "reason", "note"),
    [
        (("", BBOX, "공포"), "annotation_invalid", "image_path"),
        (("photos/강아지/", BBOX, "공포"), "annotation_invalid", "image_path"),
        ((FRAME, "1,2,3", "공포"), "annotation_invalid", 'bbox: "1,2,3"'),
        ((FRAME, "a,b,c,d", "공포"), "annotation_invalid", 'bbox: "a,b,c,d"'),
        ((FRAME, "", "공포"), "box_missing", None),
        ((FRAME, "-1,2,30,40", "공포"), "box_negative", None),
        ((FRAME, "1,2,0,40", "공포"), "box_empty", None),
        ((FRAME, "1,2,999,40", "공포"), "box_outside", None),
        ((FRAME, BBOX, "졸림"), "emotion_unknown", None),
        (("nowhere/frame_0_timestamp_0.jpg", BBOX, "공포"), "image_missing", None),
        (("가" * 300 + "/frame_0_timestamp_0.jpg", BBOX, "공포"), "image_missing", None),
        ((FRAME, *BBOX.split(","), "공포"), "annotation_invalid", "6 values instead of 3"),
        ((FRAME,), "annotation_invalid", "1 values instead of 3"),
        ((FRAME.replace("200", "201"), BBOX, "공포"), "image_missing", None),
    ],
)
def test_a_row_that_cannot_be_used_is_a_row_of_the_manifest(images, row, reason, note):
    good = (FRAME.replace("5_timestamp_200", "0_timestamp_0"), BBOX, "공포")
    write_csv(images / "a.csv", [good, row])
    rows = {row["reason"]: row for row in read_rows_of(images, images / "a.csv")}
    assert rows.keys() == {None, reason} and (note or "") in (rows[reason]["note"] or "")


def test_a_video_is_named_as_a_folder_is_written(tmp_path):
    folder = tmp_path / os.fsdecode("강아지".encode("cp949"))
    folder.mkdir()
    (folder / "frame_0_timestamp_0.jpg").write_bytes(make_jpeg(1))
    write_csv(folder / "a.csv", [("frame_0_timestamp_0.jpg", BBOX, "공포")])
    (row,) = read_rows_of(tmp_path, folder / "a.csv")
    assert (row["status"], row["video"]) == ("kept", r"\xb0\xad\xbe\xc6\xc1\xf6")


def test_decimals_are_rounded_as_in_json(images):
    write_csv(images / "a.csv", [(FRAME, "40.4, 59.6,100.0,[150]"[:-5] + "150", "공포")])
    (row,) = read_rows_of(images, images / "a.csv")
    assert [row[f"box_{name}"] for name in ("y", "x", "height", "width")] == [40, 60, 100, 150]


def test_frames_with_other_names_are_numbered_in_their_order(images):
    rows = [(f"photos/강아지/img{number}.jpg", BBOX, "공포") for number in (10, 1, 2, 2)]
    write_csv(images / "a.csv", rows)
    read = read_rows_of(images, images / "a.csv")
    assert [(row["image_file"][-7:], row["frame_number"], row["reason"]) for row in read] == [
        ("mg1.jpg", 0, None),
        ("mg2.jpg", 1, None),
        ("mg2.jpg", 1, "frame_repeated"),
        ("g10.jpg", 2, None),
    ]
    assert {row["species"] for row in read} == {"DOG"}


def test_each_frame_may_have_a_mood_of_its_own(images):
    rows = [(f"photos/강아지/img{number}.jpg", BBOX, mood) for number, mood in ((1, "공포"), (2, "calm"), (10, "calm"))]
    write_csv(images / "a.csv", rows)
    assert [row["label"] for row in read_rows_of(images, images / "a.csv")] == [1, 3, 3]


def test_videos_are_named_by_as_many_folders_as_tell_them_apart(tmp_path):
    rows = [(f"{folder}/a.jpg", BBOX, "공포") for folder in ("x/dog/1", "y/dog/1", "y/dog/2", "z")]
    write_csv(tmp_path / "a.csv", rows)
    names = {video.name for video in find_videos([str(tmp_path / "a.csv")]).videos}
    assert names == {"x/dog/1", "y/dog/1", "2", "z"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"image_path,bbox\n", "no column labels"),
        (b"image_path,bbox,labels\n", "no rows"),
        (b'image_path,bbox,labels\n"a,b,c\n', "no CSV"),
        (b"image_path,bbox,labels\na,b,\xff\xff\n", "neither UTF-8 nor CP949"),
    ],
)
def test_what_is_no_csv(tmp_path, data, message):
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(DataError, match=message):
        find_videos([str(tmp_path / "a.csv")])


def test_columns_may_come_in_any_order_with_others(images):
    write_csv(images / "a.csv", [("7", "공포", BBOX, FRAME)], head="id, labels,bbox,image_path")
    assert [row["status"] for row in read_rows_of(images, images / "a.csv")] == ["kept"]


def test_parse_csv_rows_needs_no_disk():
    label = parse_csv_rows(b'["frame_6_timestamp_200.jpg","1,2,3,4","\xea\xb3\xb5\xed\x8f\xac"]')
    assert label.annotations[0][:5] == (6, 200, "frame_6_timestamp_200.jpg", Box(2, 1, 4, 3), "공포")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Two training videos and one validation video, each with one frame that is rejected."""
    root = tmp_path_factory.mktemp("tree") / "pets"
    for number, part in enumerate(("Training", "Training", "Validation")):
        images = {5 * i: make_jpeg(100 * number + i) for i in range(4)}
        annotations = [annotate(0), annotate(5), annotate(10, BOX | {"x": 60.4}), annotate(15, None)]
        write_video(root, f"cat-arch-{number:06}", images, annotations, part=part)
    return root


def list_images(folder) -> dict[str, tuple[str, bytes, int]]:
    """(shard, image, label) of each record, by key."""
    found = {}
    for path in sorted(folder.glob("pet_mood-*")):
        with open(path, "rb") as file:
            for frame in iterate_records(file):
                record = decode_record(frame.record)
                found[record["key"]] = (path.name, record["image"], record["label"])
    return found


def test_tree_and_csv_give_the_same_crops_and_the_way_back(two_workers, tree, tmp_path, capsys):
    run(PreprocessSettings([str(tree)], str(tmp_path / "tree")))
    assert to_csv.main([str(tmp_path / "tree"), "--out", str(tmp_path / "csv")]) == 0
    train, val = tmp_path / "csv" / "train.csv", tmp_path / "csv" / "val.csv"
    assert len(train.read_text().splitlines()) == 1 + 6 and len(val.read_text().splitlines()) == 1 + 3
    run(PreprocessSettings([str(train)], str(tmp_path / "out"), [str(val)]))
    assert list_images(tmp_path / "out") == list_images(tmp_path / "tree") and len(list_images(tmp_path / "out")) == 9
    assert to_csv.main([str(tmp_path / "out"), "--out", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "train.csv").read_text() == train.read_text()
    assert to_csv.main([str(tmp_path / "tree"), "--out", str(tmp_path / "all"), "--all"]) == 0
    assert (tmp_path / "all" / "val.csv").read_text() == val.read_text()  # a row without a box has no bbox
    with pytest.raises(CallError, match=r"train\.csv is there already"):
        to_csv.main([str(tmp_path / "tree"), "--out", str(tmp_path / "csv")])


def test_a_video_of_both_is_not_trained_on(two_workers, tree, tmp_path):
    names = [path.relative_to(tree) for path in sorted(tree.rglob("*.jpg"))]
    rows = [(name, BBOX, "공포") for name in names if "000002" not in name.parent.name]
    write_csv(tree / "train.csv", rows)
    write_csv(tree / "val.csv", [(name, BBOX, "공포") for name in names if "000000" not in name.parent.name])
    settings = PreprocessSettings([str(tree / "train.csv")], str(tmp_path / "out"), [str(tree / "val.csv")])
    made = run(
        PreprocessSettings(settings.source, settings.out, settings.valid_source, dedupe=DedupeSettings(enabled=False))
    )
    (table,) = read_manifest(tmp_path / "out")
    found = {(row["video"], row["source"], row["split"], row["reason"], row["note"]) for row in table.to_pylist()}
    assert found == {
        ("cat-arch-000000", 0, "train", None, None),
        ("cat-arch-000001", 0, "val", "video_repeated", "the first is val.csv"),
        ("cat-arch-000001", 1, "val", None, None),
        ("cat-arch-000002", 1, "val", None, None),
    }
    assert made.counts["splits"]["train"]["frames"] == 4 and made.counts["splits"]["val"]["frames"] == 8


def test_frames_of_one_folder_on_both_sides_are_refused_and_never_moved(two_workers, tree, tmp_path):
    names = [path.relative_to(tree) for path in sorted(tree.rglob("*.jpg"))]
    write_csv(tree / "train.csv", [(name, BBOX, "공포") for name in names[::2]])
    write_csv(tree / "val.csv", [(name, BBOX, "공포") for name in names[1::2]])
    settings = PreprocessSettings([str(tree / "train.csv")], str(tmp_path / "out"), [str(tree / "val.csv")])
    with pytest.raises(DataError, match=r"train\.csv: nothing of it is left for training: .* divide folders, not rows"):
        run(settings)
    assert not (tmp_path / "out" / "dataset.json").exists()
