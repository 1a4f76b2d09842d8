import pytest

from preprocess.sources.source_kinds import check_sources, find_videos
from shards.errors import CallError, DataError
from tests.trees import write_video


@pytest.mark.parametrize(
    ("names", "message"),
    [([], "no label JSON and no frames"), (["a.zip", "b.zip.part1073741824"], "2 archives.*unpack")],
)
def test_nothing_to_read(tmp_path, names, message):
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=message):
        find_videos([str(tmp_path)])


def test_frames_alone(tmp_path):
    write_video(tmp_path).unlink()
    with pytest.raises(DataError, match="3 frames, but no label JSON"):
        find_videos([str(tmp_path)])


def test_labels_alone(tmp_path):
    write_video(tmp_path, images={})
    with pytest.raises(DataError, match="1 label JSON, but no frames"):
        find_videos([str(tmp_path)])
    (tmp_path / "원천데이터.zip").touch()
    with pytest.raises(DataError, match=r"1 label JSON, 0 frames, 1 archives.*unpack"):
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


def test_sources_of_both_kinds_are_checked(tmp_path):
    (tmp_path / "a.csv").touch()
    (tmp_path / "folder").mkdir()
    check_sources([str(tmp_path / "a.csv"), str(tmp_path / "folder")])
    with pytest.raises(CallError, match="name each"):
        check_sources([str(tmp_path / "a.csv")] * 2)
    with pytest.raises(CallError, match="does not exist"):
        check_sources([str(tmp_path / "b.csv")])
