"""Whole frames in real runs: which are chosen, where they may be, and what tensorflow_datasets sees of them."""

import shutil

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from preprocess.run import run
from preprocess.settings import FrameSettings, PreprocessSettings
from shards import dataset as index
from shards.crop_geometry import fit_size
from shards.errors import CallError, DataError
from shards.record_fields import FRAME_SIDE, WHOLE_FRAMES
from shards.record_reader import RecordReader
from shards.verification import verify_dataset
from tests.trees import BOX, make_image, make_jpeg, make_label, write_video

pytestmark = pytest.mark.usefixtures("two_workers")

TWINS = {0: make_jpeg(501), 5: make_jpeg(502), 10: make_jpeg(503)}


def make(folder, name="out", **settings):
    made = PreprocessSettings(source=[str(folder / "동물")], out=str(folder / name), shard_bytes=40_000, **settings)
    run(made)
    return folder / name


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two videos for training, the second one short and of three animals, and one for validation."""
    root = tmp_path_factory.mktemp("whole")
    write_video(
        root / "동물",
        "dog-sit-000001",
        images={i: make_jpeg(i, 1280, 720) for i in range(9)},
        part="Training",
        label=make_label(width=1280, height=720),
    )
    label = make_label(owner={"animalCount": 3}, species="CAT")
    write_video(root / "동물", "cat-sit-000002", images=TWINS, label=label, part="Training")
    write_video(root / "동물", "dog-sit-000003", images=6, part="Validation")
    make(root)
    return root


def rows_of(out):
    return pq.read_table(out / "manifest.parquet").to_pylist()


def chosen(out, video):
    return {row["key"] for row in rows_of(out) if row["frame_shard"] and row["video"] == video}


def test_each_video_gives_the_first_of_its_kept_frames(folder):
    rows = rows_of(folder / "out")
    whole = [row for row in rows if row["frame_shard"]]
    assert all(row["status"] == "kept" and f"-{row['split']}." in row["frame_shard"] for row in whole)
    for video, count in (("dog-sit-000001", 4), ("cat-sit-000002", 3), ("dog-sit-000003", 4)):
        assert [
            row["video_index"]
            for row in sorted(whole, key=lambda row: row["video_index"] or 0)
            if row["video"] == video
        ] == list(range(count))
    dataset = index.read_dataset(folder / "out")
    assert dataset.counts["whole_frames"] == {"train": 7, "val": 4}
    assert {split: sum(file.records for file in files) for split, files in dataset.frames.items()} == {
        "train": 7,
        "val": 4,
    }
    assert len(dataset.frames["train"]) > 1
    assert list(verify_dataset(folder / "out")) == []


def test_records_hold_the_whole_picture_and_its_box(folder):
    out = folder / "out"
    with RecordReader(out) as reader:
        for row in (row for row in rows_of(out) if row["frame_shard"]):
            record = reader.read_values(row["frame_shard"], row["frame_offset"], WHOLE_FRAMES)
            size = fit_size(row["width"], row["height"], FRAME_SIDE)
            stored = cv2.imdecode(np.frombuffer(record["image"], np.uint8), cv2.IMREAD_COLOR)
            assert (record["width"], record["height"]) == size == stored.shape[1::-1]
            sides = BOX["y"] / row["height"], BOX["x"] / row["width"]
            assert record["bbox"][:2] == pytest.approx(sides)
            assert record["bbox"].xmax == pytest.approx((BOX["x"] + BOX["width"]) / row["width"])
            assert {name: record[name] for name in ("key", "video", "label")} == {
                name: row[name] for name in ("key", "video", "label")
            }
            assert record["species"] == row["species"] and record["animal_count"] == row["animal_count"]
            assert record["animal_count"] == (3 if record["species"] == "CAT" else 1)
            if row["video"] == "dog-sit-000001":
                expected = cv2.resize(make_image(row["frame_number"], 1280, 720), size, interpolation=cv2.INTER_AREA)
                assert np.abs(stored.astype(int) - expected).mean() < 4
            assert reader.read_image(row["shard"], row["offset"])[:2] == b"\xff\xd8"  # the crop is read as before


def test_tensorflow_datasets_opens_them(folder):
    import tensorflow_datasets as tfds

    builder = tfds.builder_from_directory(folder / "out" / "frames")
    assert isinstance(builder.info.features["bbox"], tfds.features.BBoxFeature)
    rows = {row["key"]: row for row in rows_of(folder / "out") if row["frame_shard"]}
    found = [example for split in ("train", "val") for example in builder.as_dataset(split=split)]
    assert {example["key"].numpy().decode() for example in found} == rows.keys()
    for example in found:
        row, bbox = rows[example["key"].numpy().decode()], example["bbox"].numpy()
        assert example["image"].shape[:2] == (example["height"].numpy(), example["width"].numpy())
        assert bbox.tolist()[1] == pytest.approx(BOX["x"] / row["width"])
    assert builder.info.features["label"].int2str(3) == "편안/안정"


def test_another_video_takes_frames_away_but_brings_in_none(folder, tmp_path):
    """A validation video that shows two of a training video's frames: they leave both kinds of records."""
    shutil.copytree(folder / "동물", tmp_path / "동물")
    twins = {0: TWINS[0], 5: TWINS[10], 10: make_jpeg(777)}
    write_video(tmp_path / "동물", "dog-sit-000009", images=twins, part="Validation")
    out = make(tmp_path)
    assert chosen(out, "dog-sit-000001") == chosen(folder / "out", "dog-sit-000001")
    assert chosen(out, "dog-sit-000003") == chosen(folder / "out", "dog-sit-000003")
    assert chosen(out, "cat-sit-000002") == {"cat-sit-000002/5"}
    assert len(chosen(out, "dog-sit-000009")) == 3
    assert list(verify_dataset(out)) == []


def test_none_are_left_out_as_if_they_had_never_been(folder, tmp_path, capsys):
    shutil.copytree(folder, tmp_path / "copy")
    before = {path.name: path.read_bytes() for path in folder.glob("out/pet_mood-*")}
    out = make(tmp_path / "copy", frames=FrameSettings(0), replace=True)
    assert "whole frames" not in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in out.glob("pet_*")} == before
    assert not (out / "frames").exists() and "whole_frames" not in index.read_dataset(out).counts
    assert list(verify_dataset(out)) == []
    with pytest.raises(DataError, match=r"has no whole frames \(it was made with --frames.per_video 0\)"):
        index.check_has_frames(out, index.read_dataset(out))


def test_a_dry_run_tells_how_many(folder, tmp_path, capsys):
    shutil.copytree(folder / "동물", tmp_path / "동물")
    make(tmp_path, dry_run=True)
    assert "at most 11 whole frames" in capsys.readouterr().out
    assert index.read_dataset(make(tmp_path)).digest == index.read_dataset(folder / "out").digest  # from its hashes


def test_a_foreign_file_among_the_small_ones_is_not_touched(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "out" / "frames" / "notes.txt").write_text("mine")
    with pytest.raises(CallError, match=r"frames/notes\.txt"):
        make(tmp_path / "copy", frames=FrameSettings(0), replace=True)
    assert (tmp_path / "copy" / "out" / "frames" / "features.json").exists()
