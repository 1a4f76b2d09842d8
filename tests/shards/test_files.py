import pytest

from shards.files import write_atomically


def test_appears_only_when_whole(tmp_path):
    with write_atomically(tmp_path / "파일") as file:
        file.write(b"half")
        assert not (tmp_path / "파일").exists()
    assert (tmp_path / "파일").read_bytes() == b"half"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(RuntimeError), write_atomically(tmp_path / "file") as file:
        file.write(b"new")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"
