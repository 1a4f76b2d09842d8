import os

import pytest

from preprocess.sources.source_kinds import check_sources, find_videos
from shards.errors import CallError, DataError
from tests.preprocess.archives.zips import make_zip
from tests.trees import write_video


def test_nothing_to_read(tmp_path):
    with pytest.raises(DataError, match="no label JSON and no frames"):
        find_videos([str(tmp_path)])
    (tmp_path / "a.zip").write_bytes(make_zip({"readme.txt": b"x"}))
    with pytest.raises(DataError, match="no label JSON and no frames in folders and 1 archive; give"):
        find_videos([str(tmp_path)])


def test_what_is_wrong_with_archives_ends_a_run_before_its_work(tmp_path):
    write_video(tmp_path)
    for name in ("a.zip", "b.zip.part1073741824"):
        (tmp_path / name).touch()
    problems = r"b.zip: a piece is missing.*download it again \(and 1 more: python -m tools.inventory lists them\)"
    with pytest.raises(DataError, match=problems):
        find_videos([str(tmp_path)])


def test_frames_alone(tmp_path):
    write_video(tmp_path).unlink()
    with pytest.raises(DataError, match="3 frames, but no label JSON"):
        find_videos([str(tmp_path)])


def test_labels_alone(tmp_path):
    write_video(tmp_path, images={})
    with pytest.raises(DataError, match="1 label JSON, but no frames"):
        find_videos([str(tmp_path)])
    (tmp_path / "원천데이터.zip").write_bytes(make_zip({"1.jpg": b"not called like a frame"}))
    with pytest.raises(DataError, match=r"1 label JSON, but no frames; add the folder"):
        find_videos([str(tmp_path)])


def test_check_sources(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    for sources, message in [
        (["nowhere"], "does not exist"),
        (["file"], "is not a folder"),
        (["a", "a/b"], "lie in one another"),
        (["a", "a"], "lie in one another"),
    ]:
        with pytest.raises(CallError, match=message):
            check_sources([str(tmp_path / source) for source in sources])
    check_sources([str(tmp_path / "a")])


def test_archives_as_sources(tmp_path):
    for name in ("a/X.zip", "a/download.tar", "a/b.csv", "Y.zip", "a/X.zip.part0", "a/X.tar.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    os.symlink(tmp_path / "Y.zip", tmp_path / "Z.zip")
    for sources, message in [
        (["a", "a/X.zip"], "lie in one another"),
        (["a/X.zip", "a"], "lie in one another"),
        (["a/X.zip", "a/X.zip"], "lie in one another"),
        (["Y.zip", "Z.zip"], "lie in one another"),
        (["a/X.zip.part0"], "is one piece of X.zip; give the folder that holds all its pieces"),
        (
            ["a/X.tar.gz"],
            "is not a folder; give a folder that holds label JSON and frames, a .zip, a .tar, a .csv or a COCO .json",
        ),
        (["no.zip"], "does not exist; give a folder"),
    ]:
        with pytest.raises(CallError, match=message):
            check_sources([str(tmp_path / source) for source in sources])
    check_sources([str(tmp_path / name) for name in ("a/X.zip", "a/download.tar", "a/b.csv", "Y.zip")])


def test_sources_of_both_kinds_are_checked(tmp_path):
    (tmp_path / "a.csv").touch()
    (tmp_path / "folder").mkdir()
    check_sources([str(tmp_path / "a.csv"), str(tmp_path / "folder")])
    with pytest.raises(CallError, match="name each"):
        check_sources([str(tmp_path / "a.csv")] * 2)
    with pytest.raises(CallError, match="does not exist"):
        check_sources([str(tmp_path / "b.csv")])
