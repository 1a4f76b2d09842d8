import os
import shutil
import unicodedata

import cv2
import numpy as np

from shards.record import decode_record
from shards.tfrecord import read_record_at
from tests.tools.reporting.conftest import KOREAN
from tests.trees import make_jpeg
from tools.reporting.frame_pictures import FramePictures
from tools.reporting.opened_dataset import find_sources, open_dataset


def by_status(rows, status):
    return [row for row in rows.values() if row["status"] == status]


def decode(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB).astype(int)


def thumbnail(pictures: FramePictures, row: dict) -> bytes | None:
    return pictures.make_thumbnails([row])[row["key"]]


def differ(one: bytes, other: bytes) -> float:
    return np.abs(decode(one) - decode(other)).mean()


def test_kept_frames_are_those_of_the_shards(folder, rows):
    pictures = FramePictures(open_dataset(folder), [])
    kept = by_status(rows, "kept")
    found = pictures.make_thumbnails(kept)
    assert list(found) != [] and found.keys() == {row["key"] for row in kept} and not pictures.missing
    for row in kept:
        with open(folder / row["shard"], "rb") as file:
            stored = decode(decode_record(read_record_at(file, row["offset"]))["image"]).astype(np.uint8)
        expected = cv2.resize(stored, (112, 112), interpolation=cv2.INTER_AREA)
        assert decode(found[row["key"]]).shape == (112, 112, 3)
        assert np.abs(decode(found[row["key"]]) - expected).mean() < 4
        assert thumbnail(pictures, row) == found[row["key"]]


def test_all_others_are_cut_from_the_source_by_the_same_code(folder, source, rows):
    """Names that the disk has decomposed or in CP949 are found; the two ways to a picture agree."""
    sources = find_sources(open_dataset(folder), None)
    assert sources == [source, source.with_name("둘째")]
    opened = open_dataset(folder)
    kept = by_status(rows, "kept")
    assert {row["source"] for row in kept} == {0, 1}
    assert any("\\xb0" in row["image_file"] for row in kept) and any(KOREAN in row["image_file"] for row in kept)
    pictures = FramePictures(opened._replace(is_dry_run=True), sources)
    cut, stored = pictures.make_thumbnails(kept), FramePictures(opened, sources).make_thumbnails(kept)
    assert not pictures.missing
    for one in stored:
        assert differ(stored[one], cut[one]) < 6
        assert all(differ(stored[one], cut[other]) > 20 for other in stored if other != one)
    (twin,) = by_status(rows, "duplicate")
    assert differ(thumbnail(FramePictures(opened, sources), twin), stored[f"{KOREAN}/0"]) < 6


def test_a_rejected_frame_is_drawn_whole_with_its_box(folder, source, rows):
    pictures = FramePictures(open_dataset(folder), find_sources(open_dataset(folder), None))
    row = rows[f"{KOREAN}/10"]
    inside = decode(pictures.draw_frame_with_box(row, 160))
    drawn = np.abs(inside - decode(pictures.draw_frame_with_box(row | {"box_x": None}, 160))).max(-1) > 60
    assert inside.shape == (120, 160, 3)
    for line in (drawn[40, 28:33], drawn[40, 103:108], drawn[18:23, 60], drawn[68:73, 60]):
        assert line.any()  # the box is 30..105 by 20..70 there
    assert not drawn[25:65, 36:99].any() and not drawn[76:].any()
    outside = decode(pictures.draw_frame_with_box(rows[f"{KOREAN}/15"], 160))
    assert outside.shape == (120, 160 + 52, 3)  # 50 pixels and a line's width to the left
    assert np.abs(outside[100, 10] - [226, 232, 240]).max() < 12
    assert decode(pictures.draw_frame_with_box(row, 900)).shape == (675, 900, 3)  # more than the frame has
    without = decode(pictures.draw_frame_with_box(rows[f"{KOREAN}/30"], 160))
    assert without.shape == (120, 160, 3) and not pictures.missing


def test_what_was_never_cut_has_no_crop(folder, rows):
    pictures = FramePictures(open_dataset(folder), find_sources(open_dataset(folder), None))
    rejected = by_status(rows, "rejected")
    assert [row["key"] for row in rejected] == [f"{KOREAN}/{number}" for number in (15, 20, 25, 30)]
    assert set(pictures.make_thumbnails(rejected).values()) == {None} and pictures.missing == {"never cut": 4}


def test_why_a_frame_has_no_picture(folder, source, rows, tmp_path):
    copy = tmp_path / "원본"
    shutil.copytree(os.fsencode(source), os.fsencode(copy))
    (twin,) = by_status(rows, "duplicate")

    def reasons(row, sources):
        pictures = FramePictures(open_dataset(folder), sources)
        assert pictures.draw_frame_with_box(row, 100) is None
        return dict(pictures.missing)

    assert reasons(twin, []) == {"no source": 1}
    assert reasons(rows[f"{KOREAN}/25"], [copy]) == {"image missing": 1}  # it never had one
    assert reasons(rows[f"{KOREAN}/20"], [copy]) == {"image unreadable": 1}
    assert reasons(twin | {"image_file": "../데이터/dataset.json"}, [copy]) == {"image missing": 1}
    path = copy / "원천데이터" / unicodedata.normalize("NFD", KOREAN) / "frame_5_timestamp_200.jpg"
    path.write_bytes(make_jpeg(3, 64, 64))
    assert reasons(twin, [copy]) == {"image changed since": 1}
    path.write_bytes(make_jpeg(3)[:-2])
    assert reasons(twin, [copy]) == {"image unreadable": 1}
    path.unlink()
    assert reasons(twin, [copy]) == {"image missing": 1}
    path.mkdir()
    assert reasons(twin, [copy]) == {"image unreadable": 1}


def test_damaged_and_missing_shards(folder, rows, tmp_path):
    copy = tmp_path / "데이터"
    shutil.copytree(folder, copy)
    row = by_status(rows, "kept")[0]
    data = bytearray((copy / row["shard"]).read_bytes())
    data[row["offset"] + 100] ^= 1
    (copy / row["shard"]).write_bytes(data)
    pictures = FramePictures(open_dataset(copy), [])
    assert thumbnail(pictures, row) is None
    assert thumbnail(pictures, row | {"offset": len(data)}) is None
    (copy / row["shard"]).unlink()
    assert thumbnail(pictures, row) is None
    assert pictures.missing == {"record damaged: run tools.verify": 2, "shard missing": 1}


def test_of_two_rows_with_one_key_the_kept_one_is_shown(folder, rows):
    row = by_status(rows, "kept")[0]
    again = row | {"status": "rejected", "crop_size": None}
    for order in ([row, again], [again, row]):
        assert FramePictures(open_dataset(folder), []).make_thumbnails(order)[row["key"]]


def test_pictures_that_another_source_would_give(folder, source, rows, tmp_path):
    (twin,) = by_status(rows, "duplicate")
    empty = [tmp_path, tmp_path]
    for sources, where in ((empty, f"(image missing) in {tmp_path}, {tmp_path}"), ([], "(no source)")):
        pictures = FramePictures(open_dataset(folder), sources)
        pictures.make_thumbnails([twin, *by_status(rows, "kept"), *by_status(rows, "rejected")])
        what = f"no picture for 1 of {len(rows)} frames {where}"
        assert pictures.explain_missing() == f"{what}; give the folders that preprocess was given as --source"
    pictures = FramePictures(open_dataset(folder), find_sources(open_dataset(folder), None))
    pictures.make_thumbnails(rows.values())
    assert pictures.missing == {"never cut": 4} and pictures.explain_missing() is None
