import os
import shutil
from pathlib import Path

import pytest

from shards.errors import CallError
from tools.reporting import report_files
from tools.reporting.report_files import check_report_files, write_text


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
            check_report_files(out, {"--html": path}, [tmp_path / "gone", source])
        assert str(error.value).startswith(f"--html {path}") and message in str(error.value)
    files = {"--html": tmp_path / "a", "--json": tmp_path / "b", "--csv": tmp_path / "원본" / ".." / "a"}
    with pytest.raises(CallError, match=r"^--html and --csv name the same file"):
        check_report_files(out, files, [source])
    check_report_files(out, {"--html": tmp_path / "a", "--json": tmp_path / "원본.html"}, [source])


def test_nobodys_file_is_replaced_but_a_report(own, tmp_path):
    out, _ = own
    path, ours = tmp_path / "a.html", [mark + b" ..." for mark in report_files._MARKS]
    for head in ours:
        path.write_bytes(head)
        check_report_files(out, {"--html": path}, [])
    for theirs in (b"", b"<html>my thesis", b'{"dataset": 1}', b"\x89PNG\r\n\x1a\n", b"key,mood\n"):
        path.write_bytes(theirs)
        with pytest.raises(CallError, match="is there already, and no report of ours"):
            check_report_files(out, {"--html": path}, [])
        assert path.read_bytes() == theirs
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(CallError, match="is no regular file"):
        check_report_files(out, {"--html": path}, [])


def test_text_that_is_no_unicode_is_written_alike(tmp_path):
    write_text(tmp_path / "a", "고양이 \udcb0")
    assert (tmp_path / "a").read_text("utf-8") == "고양이 \\udcb0"
