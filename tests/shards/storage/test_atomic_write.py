import pytest

from shards.storage.atomic_write import make_temporary_folder, name_partial, remove_partials, write_atomically


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


def test_what_a_killed_process_was_writing_is_known_by_its_name(tmp_path):
    left = [name_partial(tmp_path / name) for name in ("run.json", "감정.json")]
    for path in left:
        path.touch()
    (name_partial(tmp_path / "model.keras")).mkdir()
    others = [tmp_path / name for name in ("run.json", ".run.json.partial", ".x.12-abc.partial")]
    for path in others:
        path.touch()
    remove_partials(tmp_path, older_than=60)
    assert len(list(tmp_path.iterdir())) == 6
    remove_partials(tmp_path, r"run\.json|model\.keras")
    assert set(tmp_path.iterdir()) == {left[1], *others}
    remove_partials(tmp_path)
    assert set(tmp_path.iterdir()) == set(others)
    remove_partials(tmp_path / "nowhere")


def test_a_temporary_folder_goes_whatever_happens(tmp_path):
    with pytest.raises(RuntimeError), make_temporary_folder(tmp_path / "model.keras") as folder:
        (folder / "half").touch()
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
