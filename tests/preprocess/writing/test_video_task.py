"""From label and frames to rows and records, in this process: every reason, on its edge."""

import json
import os

import numpy as np
import pyarrow.compute as pc
import pytest

from preprocess.settings import BoxSettings, CropSettings, DedupeSettings, FrameSettings, PreprocessSettings
from preprocess.sources.source_kinds import find_videos
from preprocess.writing.keyed_order import rank_in_video, shuffle_key
from preprocess.writing.spill import read_records, read_task_rows
from preprocess.writing.video_task import run_video_task
from shards.crop_geometry import Box, measure_box
from shards.jpeg_headers import MAX_FRAME_PIXELS
from shards.record import decode_record
from shards.record_fields import FRAME_FIELDS
from tests.trees import BOX, HEIGHT, WIDTH, annotate, make_jpeg, make_label, write_video

GOOD = make_jpeg(1)


def run_task(tmp_path, **settings):
    """Rows of all videos below tmp_path/pets, and the task's summary."""
    (tmp_path / "work").mkdir(exist_ok=True)
    settings = PreprocessSettings(source=[str(tmp_path / "pets")], out="unused", **settings)
    summary = run_video_task(find_videos(settings.source).videos, settings, tmp_path / "work")
    return read_task_rows(tmp_path / "work", summary.name, summary.rows_digest), summary


def reasons(rows) -> list[str | None]:
    return rows["reason"].to_pylist()


def claim(data: bytes, width: int, height: int) -> bytes:
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2) + width.to_bytes(2) + data[at + 4 :]


@pytest.mark.parametrize(
    ("image", "box", "reason"),
    [
        (GOOD, BOX, None),
        (None, BOX, "image_missing"),
        (b"", BOX, "image_unreadable"),
        (b"not a picture", BOX, "image_unreadable"),
        (GOOD[:-2], BOX, "image_unreadable"),
        (GOOD[:-2], None, "image_unreadable"),  # before box_missing
        (make_jpeg(1, HEIGHT, WIDTH), BOX, "image_size"),  # turned against its label
        (make_jpeg(1, WIDTH + 1, HEIGHT), None, "image_size"),
        (claim(GOOD, 65535, 65535), BOX, "image_size"),
        (GOOD, None, "box_missing"),
        (GOOD, {}, "box_missing"),
        (GOOD, BOX | {"x": None}, "box_missing"),
        (GOOD, BOX | {"x": -1}, "box_negative"),
        (GOOD, BOX | {"width": -1, "height": 0}, "box_negative"),
        (GOOD, BOX | {"height": 0}, "box_empty"),
        (GOOD, BOX | {"x": WIDTH - BOX["width"]}, None),  # touches the border
        (GOOD, BOX | {"x": WIDTH - BOX["width"] + 1}, "box_outside"),
        (GOOD, BOX | {"y": HEIGHT}, "box_outside"),
    ],
)
def test_reasons_of_one_frame(tmp_path, image, box, reason):
    images = {0: make_jpeg(2)} | ({5: image} if image is not None else {})
    write_video(tmp_path / "pets", images=images, annotations=[annotate(0), annotate(5, box)])
    rows, summary = run_task(tmp_path)
    assert reasons(rows) == [None, reason]
    assert rows["status"].to_pylist() == ["kept", "rejected" if reason else "kept"]
    assert summary.counts == ({"kept": 1, "rejected": 1} if reason else {"kept": 2})
    if box and None not in box.values():
        assert rows["box_width"][1].as_py() == box["width"]  # as annotated, rejected or not


def test_a_size_that_is_absurd_though_the_label_states_it(tmp_path):
    side = 6400
    assert side * side > MAX_FRAME_PIXELS
    label = make_label(width=side, height=side)
    write_video(tmp_path / "pets", images={0: claim(GOOD, side, side)}, label=label)
    rows, _ = run_task(tmp_path)
    assert reasons(rows) == ["image_size"] and "more than" in rows["note"][0].as_py()


@pytest.mark.parametrize(
    ("label", "reason", "note"),
    [
        (b"", "label_unreadable", "truncated"),
        (b'{"metadata"', "label_unreadable", "truncated"),
        (b"{}", "label_invalid", "$.annotations"),
        (json.dumps(make_label()).encode(), "label_invalid", "$.annotations: an empty list"),
    ],
)
def test_a_label_that_cannot_be_used_is_one_row(tmp_path, label, reason, note):
    write_video(tmp_path / "pets", label=label)
    rows, summary = run_task(tmp_path)
    assert reasons(rows) == [reason] and note in rows["note"][0].as_py()
    assert rows["frame_number"].to_pylist() == [None] and rows["key"][0].as_py() == "dog-walkrun-000001"
    assert summary.videos == []


def test_emotion_unknown_names_every_frame(tmp_path):
    write_video(tmp_path / "pets", label=make_label(inspect={"emotion": "지루함"}))
    rows, summary = run_task(tmp_path)
    assert reasons(rows) == ["emotion_unknown"] * 3 and summary.videos == []
    assert rows["emotion_inspect"][0].as_py() == "지루함" and rows["label"].null_count == 3


def test_video_repeated_keeps_the_first(tmp_path):
    for part in ("a", "b"):
        write_video(tmp_path / "pets", part=part)
    rows, summary = run_task(tmp_path)
    assert rows["frame_number"].to_pylist() == [0, 0, 5, 5, 10, 10]  # the manifest's order
    assert reasons(rows) == [None, "video_repeated"] * 3
    assert set(rows.filter(pc.equal(rows["status"], "kept"))["label_file"].to_pylist()) == {
        "a/라벨링데이터/dog-walkrun-000001.json"
    }
    assert [video.kept for video in summary.videos] == [3]


@pytest.mark.parametrize("first", [b"", b"{}", make_label(inspect={"emotion": "지루함"})])
def test_of_two_labels_the_first_that_can_be_used_counts(tmp_path, first):
    write_video(tmp_path / "pets", part="a", label=first)
    write_video(tmp_path / "pets", part="b")
    rows, summary = run_task(tmp_path)
    assert "video_repeated" not in reasons(rows) and summary.counts["kept"] == 3
    assert [(video.name, video.kept) for video in summary.videos] == [("dog-walkrun-000001", 3)]


def test_a_frame_that_is_a_link_to_nowhere_is_missing(tmp_path):
    write_video(tmp_path / "pets")
    frame = next((tmp_path / "pets").rglob("frame_5_*.jpg"))
    frame.unlink()
    frame.symlink_to(tmp_path / "nowhere")
    rows, _ = run_task(tmp_path)
    assert reasons(rows) == [None, "image_missing", None]


def test_frame_repeated_comes_after_image_missing(tmp_path):
    annotations = [annotate(0), annotate(0), annotate(5), annotate(7), annotate(7)]
    write_video(tmp_path / "pets", images={0: make_jpeg(1), 5: make_jpeg(2)}, annotations=annotations)
    rows, _ = run_task(tmp_path)
    assert reasons(rows) == [None, "frame_repeated", None, "image_missing", "image_missing"]


def test_frames_are_joined_on_both_numbers(tmp_path):
    write_video(tmp_path / "pets", annotations=[annotate(0), annotate(5) | {"timestamp": 201}])
    rows, summary = run_task(tmp_path)
    assert reasons(rows) == [None, "image_missing"]
    assert summary.unannotated_frames == 2


def test_columns(tmp_path):
    write_video(tmp_path / "pets", "20201028_cat-arch-000156.mp4", label=make_label(species="CAT"))
    rows, _ = run_task(tmp_path)
    row = rows.to_pylist()[1]
    expected = {
        "key": "20201028_cat-arch-000156.mp4/5",
        "source": 0,
        "label_file": "라벨링데이터/20201028_cat-arch-000156.mp4.json",
        "image_file": "원천데이터/20201028_cat-arch-000156.mp4/frame_5_timestamp_200.jpg",
        "frame_number": 5,
        "timestamp": 200,
        "species": "CAT",
        "action": "ARCH",
        "breed": "믹스견",
        "gender": "MALE",
        "age": 3,
        "neuter": "Y",
        "location": "실외",
        "date": "20201215",
        "width": WIDTH,
        "height": HEIGHT,
        "box_x": 60,
        "box_height": 100,
        "crop_x": 52,
        "crop_y": 7,
        "crop_size": 165,
        "emotion_inspect": "편안/안정",
        "emotion_owner": "행복/즐거움",
        "label": 3,
        "status": "kept",
    }
    assert {name: row[name] for name in expected} == expected
    assert len(row["hash"]) == 8 and row["detail"] > 1000


def test_records_lie_in_the_order_of_their_keys(tmp_path):
    write_video(tmp_path / "pets", images=12)
    rows, summary = run_task(tmp_path, seed=3)
    rows = rows.filter(pc.is_valid(rows["shuffle_key"])).sort_by("spill_offset")
    assert rows["shuffle_key"].to_pylist() == sorted(shuffle_key(key, 3) for key in rows["key"].to_pylist())
    places = [rows[f"spill_{name}"].to_numpy() for name in ("offset", "length", "check")]
    records = [decode_record(record) for record in read_records(tmp_path / "work", summary.name, *places)]
    assert [record["key"] for record in records] == rows["key"].to_pylist()
    whole_frames = rows.filter(pc.is_valid(rows["frame_spill_length"]))  # in the same order, behind the crops
    assert pc.min(whole_frames["frame_spill_offset"]).as_py() == places[1].sum()
    keys = [shuffle_key(key, 3) for key in rows["key"].to_pylist()]
    chosen = sorted(keys, key=lambda key: int(rank_in_video(np.array([key], np.uint64))[0]))[:4]
    assert whole_frames["shuffle_key"].to_pylist() == sorted(chosen)
    places = [whole_frames[f"frame_spill_{name}"].to_numpy() for name in ("offset", "length", "check")]
    found = read_records(tmp_path / "work", summary.name, *places)
    records = [decode_record(record, FRAME_FIELDS) for record in found]
    assert [record["key"] for record in records] == whole_frames["key"].to_pylist()
    assert records[0].keys() == FRAME_FIELDS.keys() and records[0]["bbox"] == measure_box(Box(**BOX), WIDTH, HEIGHT)
    assert summary.record_bytes == (rows["spill_length"].to_numpy().sum() + places[1].sum())


def test_a_frame_that_is_damaged_outside_its_crop_has_a_crop_alone(tmp_path):
    """The crop does not need the damaged part of the scan; another frame's whole picture takes its place."""
    damaged = bytearray(make_jpeg(1))
    damaged[-60:-2] = b"\xff" * 58
    images = {0: bytes(damaged)} | {5 * i: make_jpeg(i + 1) for i in range(1, 5)}
    write_video(tmp_path / "pets", images=images, annotations=[annotate(n, BOX | {"y": 0}) for n in images])
    rows, _ = run_task(tmp_path, frames=FrameSettings(5))
    assert rows["status"].to_pylist() == ["kept"] * 5
    assert rows["frame_spill_length"].is_valid().to_pylist() == [False] + [True] * 4


def test_near_duplicates_are_dropped_unless_told_otherwise(tmp_path):
    near = make_jpeg(4, flags=(1, 70))  # the same picture, harder compressed
    write_video(tmp_path / "pets", images={0: make_jpeg(4), 5: near, 10: make_jpeg(6), 15: make_jpeg(4)})
    rows, _ = run_task(tmp_path)
    (representative,) = {row["duplicate_of"] for row in rows.to_pylist() if row["status"] == "duplicate"}
    assert rows["status"].to_pylist().count("duplicate") == 2
    for row in rows.to_pylist():
        if row["status"] == "duplicate":
            assert row["reason"] == "near_in_video" and row["distance"] <= 8 and row["hash"]
            assert row["duplicate_of"] == representative != row["key"]
    kept, _ = run_task(tmp_path, dedupe=DedupeSettings(enabled=False))
    assert set(kept["status"].to_pylist()) == {"kept"} and kept["hash"].null_count == 0


def test_black_frames_are_compared_by_their_pixels(tmp_path):
    import cv2

    black = cv2.imencode(".jpg", np.zeros((HEIGHT, WIDTH, 3), np.uint8))[1].tobytes()
    dark = cv2.imencode(".jpg", np.full((HEIGHT, WIDTH, 3), 8, np.uint8))[1].tobytes()
    write_video(tmp_path / "pets", images={0: black, 5: dark, 10: black})
    rows, _ = run_task(tmp_path)
    assert rows["status"].to_pylist() == ["kept", "kept", "duplicate"]
    assert rows["distance"].to_pylist() == [None, None, 0]


def test_clip_writes_a_note(tmp_path):
    write_video(tmp_path / "pets", annotations=[annotate(0, BOX | {"x": -20})])
    rows, _ = run_task(tmp_path, box=BoxSettings("clip"))
    assert rows["status"].to_pylist() == ["kept"] and "87%" in rows["note"][0].as_py()
    assert rows["box_x"][0].as_py() == -20 and rows["crop_x"][0].as_py() >= 0


def test_a_long_video_is_cut_again_to_the_same_bytes(tmp_path, monkeypatch):
    """Pixels of a long video are not all held: what is cut a second time is what was cut the first time."""
    write_video(tmp_path / "pets", images=6)
    _, held = run_task(tmp_path)
    first = (tmp_path / "work" / f"{held.name}.records").read_bytes()
    (tmp_path / "work" / f"{held.name}.json").unlink()
    monkeypatch.setattr("preprocess.writing.video_frames._HELD_CROPS", 2)
    _, again = run_task(tmp_path)
    assert again == held and (tmp_path / "work" / f"{held.name}.records").read_bytes() == first


def test_finished_work_is_found_and_a_change_is_noticed(tmp_path):
    path = write_video(tmp_path / "pets")
    _, summary = run_task(tmp_path)
    spill = tmp_path / "work" / f"{summary.name}.records"
    written = spill.stat().st_mtime_ns
    assert run_task(tmp_path)[1].name == summary.name and spill.stat().st_mtime_ns == written
    names = {summary.name, run_task(tmp_path, crop=CropSettings(size=128))[1].name}
    path.write_bytes(path.read_bytes() + b" ")
    names.add(run_task(tmp_path)[1].name)
    next((tmp_path / "pets").rglob("frame_5_*.jpg")).unlink()
    names.add(run_task(tmp_path)[1].name)
    assert len(names) == 4


def test_another_time_of_change_is_nothing_and_other_bytes_of_the_same_size_are_noticed(tmp_path):
    write_video(tmp_path / "pets")
    rows, summary = run_task(tmp_path)
    spill = tmp_path / "work" / f"{summary.name}.records"
    written = spill.stat().st_mtime_ns
    frame = next((tmp_path / "pets").rglob("frame_5_*.jpg"))
    os.utime(frame, (1, 1))
    again = run_task(tmp_path)[1]
    assert spill.stat().st_mtime_ns == written and again.rows_digest == summary.rows_digest
    assert again.origin.stamps != summary.origin.stamps and run_task(tmp_path)[1] == again
    data = bytearray(frame.read_bytes())
    data[-40] ^= 1  # within the scan
    frame.write_bytes(data)
    changed, other = run_task(tmp_path)
    assert other.name == summary.name and other.origin.contents != summary.origin.contents
    assert changed["content"].to_pylist() != rows["content"].to_pylist()
    assert spill.stat().st_mtime_ns != written


def test_all_odd_real_files_pass_with_a_row_each(real_files, tmp_path):
    from shards.jpeg_headers import UnreadableImage, read_header

    odd = sorted(path for path in (real_files / "jpeg_edge").rglob("*") if path.is_file())
    assert len(odd) > 100
    for number, path in enumerate(odd):
        data = path.read_bytes()
        try:
            size = read_header(data)
        except UnreadableImage:
            size = (WIDTH, HEIGHT)
        label = make_label(width=size[0], height=size[1])
        box = {"x": 0, "y": 0, "width": size[0], "height": size[1]}
        name = f"dog-odd-{number:06}"
        write_video(tmp_path / "pets", name, {0: data}, [annotate(0, box)], label)
    rows, _ = run_task(tmp_path)
    assert len(rows) == len(odd)
    outcomes = rows["reason"].to_pylist()
    assert set(outcomes) <= {None, "image_unreadable", "image_size"}
    assert outcomes.count(None) > 70 and outcomes.count("image_unreadable") > 20
    assert all(row["note"] for row in rows.to_pylist() if row["reason"])
