"""What experiments compare: files by their bytes, and what a run leaves behind."""

from chaos.workload import compare_files, digest_files, find_fault, list_traces


def test_every_difference_has_a_line(tmp_path):
    for name in ("a", "b", "c/d"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    expected = digest_files(tmp_path)
    assert compare_files(expected, tmp_path) == []
    (tmp_path / "a").write_text("A")
    (tmp_path / "b").unlink()
    (tmp_path / "e").touch()
    assert compare_files(expected, tmp_path) == ["a differs", "b is missing", "e is too many"]


def test_hidden_files_are_traces(tmp_path):
    (tmp_path / "out" / ".work").mkdir(parents=True)
    for name in (".out.lock", "out/.x.1-00000000.partial", "out/dataset.json"):
        (tmp_path / name).touch()
    assert list_traces(tmp_path) == [".out.lock", "out/.work", "out/.x.1-00000000.partial"]


def test_a_torn_dataset_json_is_a_fault_like_others(tmp_path):
    """A power cut leaves it of a file that was not synced; the experiment that looks for that must go on."""
    for data in (b"", b"{", bytes(100)):
        (tmp_path / "dataset.json").write_bytes(data)
        assert "dataset.json" in find_fault(tmp_path)
