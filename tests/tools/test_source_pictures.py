import os
import shutil
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from preprocess.run import run
from preprocess.settings import PreprocessSettings
from shards.dataset import read_dataset
from shards.errors import CallError, DataError
from shards.record import decode_record
from shards.tfrecord import read_record_at
from tests.trees import BOX, annotate, make_jpeg, write_video
from tools import report_files
from tools.report_files import check_files, dataset_folder, write_text
from tools.source_pictures import PICTURE_COLUMNS, Opened, Pictures, find_sources, open_dataset

KOREAN = "dog-walkrun-강아지"  # decomposed on the disk
STRANGE = "dog-sit-고양이".encode("cp949")
OUTSIDE = {"x": -100, "y": 40, "width": 150, "height": 100}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures") / "원본"
    same = make_jpeg(1)
    boxes = {0: BOX, 5: BOX, 10: BOX, 15: OUTSIDE, 20: BOX, 25: BOX, 30: None}
    images = {number: same if number == 5 else make_jpeg(1 + number) for number in boxes} | {0: same, 20: b"no JPEG"}
    del images[25]
    path = write_video(root, unicodedata.normalize("NFD", KOREAN), images, [annotate(*pair) for pair in boxes.items()])
    assert path.exists()
    other = write_video(root, "x", 2)
    os.rename(other, os.path.join(os.fsencode(other.parent), STRANGE + b".json"))
    frames = os.fsencode(root / "원천데이터")
    os.rename(os.path.join(frames, b"x"), os.path.join(frames, STRANGE))
    write_video(root.with_name("둘째"), "cat-sit-000001", 2)
    return root


@pytest.fixture(scope="module")
def folder(two_workers, source):
    out = source.with_name("데이터")
    run(PreprocessSettings(source=[str(source), str(source.with_name("둘째"))], out=str(out)))
    return out


@pytest.fixture(scope="module")
def rows(folder) -> dict[str, dict]:
    return {
        row["key"]: row for row in pq.read_table(folder / "manifest.parquet", columns=list(PICTURE_COLUMNS)).to_pylist()
    }


def by_status(rows, status):
    return [row for row in rows.values() if row["status"] == status]


def decode(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB).astype(int)


def thumbnail(pictures: Pictures, row: dict) -> bytes | None:
    return pictures.thumbnails([row])[row["key"]]


def differ(one: bytes, other: bytes) -> float:
    return np.abs(decode(one) - decode(other)).mean()


def test_kept_frames_are_those_of_the_shards(folder, rows):
    pictures = Pictures(open_dataset(folder), [])
    kept = by_status(rows, "kept")
    found = pictures.thumbnails(kept)
    assert list(found) != [] and found.keys() == {row["key"] for row in kept} and not pictures.reasons
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
    pictures = Pictures(opened._replace(is_dry_run=True), sources)
    cut, stored = pictures.thumbnails(kept), Pictures(opened, sources).thumbnails(kept)
    assert not pictures.reasons
    for one in stored:
        assert differ(stored[one], cut[one]) < 6
        assert all(differ(stored[one], cut[other]) > 20 for other in stored if other != one)
    (twin,) = by_status(rows, "duplicate")
    assert differ(thumbnail(Pictures(opened, sources), twin), stored[f"{KOREAN}/0"]) < 6


def test_a_rejected_frame_is_drawn_whole_with_its_box(folder, source, rows):
    pictures = Pictures(open_dataset(folder), find_sources(open_dataset(folder), None))
    row = rows[f"{KOREAN}/10"]
    inside = decode(pictures.frame_with_box(row, 160))
    drawn = np.abs(inside - decode(pictures.frame_with_box(row | {"box_x": None}, 160))).max(-1) > 60
    assert inside.shape == (120, 160, 3)
    for line in (drawn[40, 28:33], drawn[40, 103:108], drawn[18:23, 60], drawn[68:73, 60]):
        assert line.any()  # the box is 30..105 by 20..70 there
    assert not drawn[25:65, 36:99].any() and not drawn[76:].any()
    outside = decode(pictures.frame_with_box(rows[f"{KOREAN}/15"], 160))
    assert outside.shape == (120, 160 + 52, 3)  # 50 pixels and a line's width to the left
    assert np.abs(outside[100, 10] - [226, 232, 240]).max() < 12
    assert decode(pictures.frame_with_box(row, 900)).shape == (675, 900, 3)  # more than the frame has
    without = decode(pictures.frame_with_box(rows[f"{KOREAN}/30"], 160))
    assert without.shape == (120, 160, 3) and not pictures.reasons


def test_what_was_never_cut_has_no_crop(folder, rows):
    pictures = Pictures(open_dataset(folder), find_sources(open_dataset(folder), None))
    rejected = by_status(rows, "rejected")
    assert [row["key"] for row in rejected] == [f"{KOREAN}/{number}" for number in (15, 20, 25, 30)]
    assert set(pictures.thumbnails(rejected).values()) == {None} and pictures.reasons == {"never cut": 4}


def test_why_a_frame_has_no_picture(folder, source, rows, tmp_path):
    copy = tmp_path / "원본"
    shutil.copytree(os.fsencode(source), os.fsencode(copy))
    (twin,) = by_status(rows, "duplicate")

    def reasons(row, sources):
        pictures = Pictures(open_dataset(folder), sources)
        assert pictures.frame_with_box(row, 100) is None
        return dict(pictures.reasons)

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
    pictures = Pictures(open_dataset(copy), [])
    assert thumbnail(pictures, row) is None
    assert thumbnail(pictures, row | {"offset": len(data)}) is None
    (copy / row["shard"]).unlink()
    assert thumbnail(pictures, row) is None
    assert pictures.reasons == {"record damaged: run tools.verify": 2, "shard missing": 1}


def test_of_two_rows_with_one_key_the_kept_one_is_shown(folder, rows):
    row = by_status(rows, "kept")[0]
    again = row | {"status": "rejected", "crop_size": None}
    for order in ([row, again], [again, row]):
        assert Pictures(open_dataset(folder), []).thumbnails(order)[row["key"]]


def test_sources_that_are_given(folder, source):
    second = source.with_name("둘째")
    assert find_sources(open_dataset(folder), [str(second), str(source)]) == [second, source]
    for given, message in (
        ([str(source)], "names 1 of 2 folders"),
        ([str(source), str(source / "nowhere")], "nowhere does not exist"),
        ([str(source), str(folder / "dataset.json")], "is not a folder"),
    ):
        with pytest.raises(CallError, match=message):
            find_sources(open_dataset(folder), given)


def test_sources_of_the_log_only_while_all_are_there(folder, source, tmp_path):
    copy = tmp_path / "데이터"
    shutil.copytree(folder, copy)
    assert find_sources(open_dataset(copy), None) == []  # no log beside it
    log = folder.with_name("데이터.log.json").read_text("utf-8")
    (tmp_path / "데이터.log.json").write_text(log, "utf-8")
    assert find_sources(open_dataset(copy), None) == [source, source.with_name("둘째")]
    (tmp_path / "데이터.log.json").write_text(log.replace("둘째", "셋째"), "utf-8")
    assert find_sources(open_dataset(copy), None) == []


def test_a_dataset_is_opened(folder, source):
    sources = (source, source.with_name("둘째"))
    assert open_dataset(folder) == Opened(folder, read_dataset(folder), False, sources)


def test_a_dry_run_is_opened_where_there_is_no_dataset(two_workers, source, tmp_path):
    out, both = tmp_path / "데이터", [str(source), str(source.with_name("둘째"))]
    found = run(PreprocessSettings(source=both, out=str(out), dry_run=True))
    opened = open_dataset(out)
    assert (
        opened.is_dry_run
        and opened.dataset == found
        and find_sources(open_dataset(out), None) == [Path(path) for path in both]
    )
    rows = pq.read_table(opened.folder / "manifest.parquet", columns=list(PICTURE_COLUMNS)).to_pylist()
    pictures = Pictures(opened, find_sources(opened, both))
    assert all(pictures.thumbnails([row for row in rows if row["status"] != "rejected"]).values())
    with pytest.raises(CallError, match="names 1 of 2 folders"):
        find_sources(opened, both[:1])
    run(PreprocessSettings(source=both, out=str(out)))
    assert not open_dataset(out).is_dry_run


def test_what_is_no_dataset(folder, tmp_path):
    with pytest.raises(CallError, match="is not a folder"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(CallError, match="no dataset"):
        open_dataset(tmp_path)
    for dry_run in (False, True):
        with pytest.raises(CallError, match=r"dataset\.json is a file; give the folder that preprocess wrote"):
            open_dataset(folder / "dataset.json", dry_run)
    for text, message in (("{", "damaged: .*"), (stated(folder).replace("cat", "cow"), "its digest does not fit.*")):
        (tmp_path / "dataset.json").write_text(text, "utf-8")
        with pytest.raises(DataError, match=f"{message}; make the dataset again with python -m preprocess and --repl"):
            open_dataset(tmp_path)


def stated(folder: Path) -> str:
    """dataset.json with a word in it that a test can change."""
    text = (folder / "dataset.json").read_text("utf-8")
    return text.replace('"scope": "all"', '"scope": "cat"')


def test_pictures_that_another_source_would_give(folder, source, rows, tmp_path):
    (twin,) = by_status(rows, "duplicate")
    empty = [tmp_path, tmp_path]
    for sources, where in ((empty, f"(image missing) in {tmp_path}, {tmp_path}"), ([], "(no source)")):
        pictures = Pictures(open_dataset(folder), sources)
        pictures.thumbnails([twin, *by_status(rows, "kept"), *by_status(rows, "rejected")])
        what = f"no picture for 1 of {len(rows)} frames {where}"
        assert pictures.explain_missing() == f"{what}; give the folders that preprocess was given as --source"
    pictures = Pictures(open_dataset(folder), find_sources(open_dataset(folder), None))
    pictures.thumbnails(rows.values())
    assert pictures.reasons == {"never cut": 4} and pictures.explain_missing() is None


@pytest.fixture
def own(folder, source, tmp_path):
    """A copy of the dataset and its sources that a test may spoil: (the dataset, the first source)."""
    out = Path(shutil.copytree(folder, tmp_path / "데이터"))
    shutil.copytree(os.fsencode(source), os.fsencode(tmp_path / "원본"))
    return out, tmp_path / "원본"


def test_files_that_must_not_be_overwritten(own, tmp_path):
    out, source = own
    log = tmp_path / "데이터.log.json"
    log.write_text("{}")
    frame = next(source.rglob("frame_0*.jpg"))
    (tmp_path / "way").symlink_to(frame.parent)
    (tmp_path / "page.html").symlink_to(frame)
    (source / "page.html").symlink_to(tmp_path / "elsewhere.html")
    for path, message in (
        (frame, f"lies in the source {source}, which is only read; give a file outside of it"),
        (tmp_path / "way" / frame.name, "lies in the source"),
        (tmp_path / "page.html", "lies in the source"),
        (source / "page.html", "lies in the source"),
        (source, "is a folder; give a file's name"),
        (log, "is the log of the run that made the dataset; give another file"),
        (tmp_path / "원본" / ".." / log.name, "is the log of the run"),
        (out / "new.html", "lies in the dataset"),
        (tmp_path / "way" / "no" / "a", "its folder does not exist"),
    ):
        with pytest.raises(CallError) as error:
            check_files(out, {"--html": path}, [tmp_path / "gone", source])
        assert str(error.value).startswith(f"--html {path}") and message in str(error.value)
    files = {"--html": tmp_path / "a", "--json": tmp_path / "b", "--csv": tmp_path / "원본" / ".." / "a"}
    with pytest.raises(CallError, match=r"^--html and --csv name the same file"):
        check_files(out, files, [source])
    check_files(out, {"--html": tmp_path / "a", "--json": tmp_path / "원본.html"}, [source])


def test_nobodys_file_is_replaced_but_a_report(own, tmp_path):
    out, _ = own
    path, ours = tmp_path / "a.html", [mark + b" ..." for mark in report_files._MARKS]
    for head in ours:
        path.write_bytes(head)
        check_files(out, {"--html": path}, [])
    for theirs in (b"", b"<html>my thesis", b'{"dataset": 1}', b"\x89PNG\r\n\x1a\n", b"key,mood\n"):
        path.write_bytes(theirs)
        with pytest.raises(CallError, match="is there already, and no report of ours"):
            check_files(out, {"--html": path}, [])
        assert path.read_bytes() == theirs
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(CallError, match="is no regular file"):
        check_files(out, {"--html": path}, [])


def test_text_that_is_no_unicode_is_written_alike(tmp_path):
    write_text(tmp_path / "a", "고양이 \udcb0")
    assert (tmp_path / "a").read_text("utf-8") == "고양이 \\udcb0"


def test_a_folder_is_asked_for(folder):
    assert dataset_folder(str(folder)) == folder and dataset_folder(".") == Path()
    for text, message in (("", "DIR is empty; give"), (str(folder / "dataset.json"), "dataset.json is a file; give")):
        with pytest.raises(CallError, match=message):
            dataset_folder(text)
