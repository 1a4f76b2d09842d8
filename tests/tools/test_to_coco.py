"""Frames and boxes as COCO JSON, and the way back."""

import json
import os
import shutil
from collections import Counter

import pyarrow.parquet as pq
import pytest

from preprocess.sources.source_kinds import find_videos
from shards.emotions import ENGLISH
from shards.errors import CallError
from tests.preprocess.sources.photos.photo_rows import list_box, read_photo_rows
from tools import to_coco, to_csv


@pytest.fixture(scope="module")
def rows(odd_dataset):
    return pq.read_table(odd_dataset / "manifest.parquet").to_pylist()


def state(values):
    return [values[name] for name in ("species", "status", "reason")]


def read_boxes(folder):
    """(split, file name, box, mood, species, status, reason) of each box."""
    found = []
    for path in sorted(folder.glob("*.json")):
        coco = json.loads(path.read_text())
        moods = {category["id"]: category["name"] for category in coco["categories"]}
        images = {image["id"]: image for image in coco["images"]}
        assert len(images) == len(coco["images"]) and len({box["id"] for box in coco["annotations"]}) == len(
            coco["annotations"]
        )
        found += [
            (
                path.stem,
                images[box["image_id"]]["file_name"],
                tuple(box["bbox"]),
                moods[box["category_id"]],
                *state(box),
            )
            for box in coco["annotations"]
        ]
    return sorted(found, key=str)


def describe(rows, name_image):
    return sorted(
        [(row["split"], name_image(row), list_box(row), ENGLISH[row["label"]], *state(row)) for row in rows],
        key=str,
    )


def test_kept_rows_and_the_way_back(odd_dataset, rows, tmp_path, capsys):
    assert to_coco.main([str(odd_dataset), "--out", str(tmp_path / "coco")]) == 0
    assert "val.json: 2 images, 2 boxes" in capsys.readouterr().out
    kept = [row for row in rows if row["status"] == "kept"]
    source = odd_dataset.parent / "pets"
    assert read_boxes(tmp_path / "coco") == describe(kept, lambda row: str(source / row["image_file"]))
    for split in ("train", "val"):
        back = read_photo_rows(tmp_path / "work", tmp_path / "coco" / f"{split}.json")
        want = [row for row in kept if row["split"] == split]
        assert {row["status"] for row in back} == {"kept"}
        read = sorted(
            (os.path.normpath(tmp_path / "coco" / row["image_file"]), list_box(row), row["label"], row["species"])
            for row in back
        )
        assert read == sorted(
            (str(source / row["image_file"]), list_box(row), row["label"], row["species"]) for row in want
        )


def test_all_rows_with_their_reasons(odd_dataset, rows, tmp_path, capsys):
    assert to_coco.main([str(odd_dataset), "--out", str(tmp_path), "--all"]) == 0
    named = [row for row in rows if row["image_file"] and row["split"]]
    assert f"{len(rows) - len(named)} rows left out" in capsys.readouterr().err
    boxed = [row for row in named if row["box_x"] is not None and row["label"] is not None]
    source = odd_dataset.parent / "pets"
    assert read_boxes(tmp_path) == describe(boxed, lambda row: str(source / row["image_file"]))
    images = json.loads((tmp_path / "train.json").read_text())["images"]
    others = [other for image in images for other in image.get("without_box", [])]
    assert Counter(other["reason"] for other in others) == {"box_missing": 1}
    assert len({image["file_name"] for image in images}) == len(images)  # a repeated frame is one image with two boxes


def test_frames_are_copied_out_of_zips(odd_dataset, rows, tmp_path):
    for part in ("Training", "Validation"):
        shutil.make_archive(str(tmp_path / "zips" / part), "zip", odd_dataset.parent / "pets" / part)
    coco = tmp_path / "coco"
    call = [str(odd_dataset), "--out", str(coco), "--source", str(tmp_path / "zips"), "--images"]
    assert to_coco.main(call) == 0
    kept = [row for row in rows if row["status"] == "kept"]
    for _, name, *_ in read_boxes(coco):
        (row,) = [row for row in kept if name == f"images/0/{row['image_file']}"]
        assert (coco / name).read_bytes() == (odd_dataset.parent / "pets" / row["image_file"]).read_bytes()
    moved = coco.rename(tmp_path / "moved")  # needs nothing but itself
    listed = find_videos([str(moved / "train.json")], [str(moved / "val.json")])
    assert sorted(video.split for video in listed.videos) == ["train", "val", "val"] and not listed.problems
    with pytest.raises(CallError, match=r"train\.json is there already"):
        to_coco.main([str(odd_dataset), "--out", str(moved)])


def test_pycocotools_reads_it(odd_dataset, rows, tmp_path):
    coco = pytest.importorskip("pycocotools.coco")
    assert to_coco.main([str(odd_dataset), "--out", str(tmp_path), "--all"]) == 0
    found = coco.COCO(str(tmp_path / "val.json"))
    boxes = found.loadAnns(found.getAnnIds(catIds=found.getCatIds(catNms=["calm"])))
    val = [row for row in rows if row["split"] == "val"]
    assert sorted(tuple(box["bbox"]) for box in boxes) == sorted(map(list_box, val))


def test_bad_calls(odd_dataset, tmp_path):
    (tmp_path / "file").touch()
    for arguments, message in (
        (["--out", str(tmp_path / "file")], "is a file"),
        (["--source", str(tmp_path / "nowhere")], "does not exist"),
        (["--out", str(odd_dataset.parent / "pets")], "lies in the source"),
    ):
        with pytest.raises(CallError, match=message):
            to_coco.main([str(odd_dataset), *arguments])
    assert not list((odd_dataset.parent / "pets").glob("*.json"))


def test_a_csv_for_excel_is_read_back(odd_dataset, rows, tmp_path):
    for name, options in (("plain", []), ("bom", ["--bom"])):
        assert to_csv.main([str(odd_dataset), "--out", str(tmp_path / name), *options]) == 0
    for split in ("train", "val"):
        plain, marked = ((tmp_path / name / f"{split}.csv").read_bytes() for name in ("plain", "bom"))
        assert marked == b"\xef\xbb\xbf" + plain and plain.startswith(b"image_path")
    sources = [str(tmp_path / "bom" / f"{split}.csv") for split in ("train", "val")]
    listed = find_videos(sources[:1], sources[1:])
    assert not listed.problems and listed.frames == sum(row["status"] == "kept" for row in rows)
    assert {video.name for video in listed.videos} == {row["video"] for row in rows if row["status"] == "kept"}
