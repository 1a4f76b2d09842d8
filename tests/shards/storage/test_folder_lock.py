"""One run at a time writes a folder."""

import os
import signal
import subprocess
import sys

import pytest

from shards.errors import CallError
from shards.storage.folder_lock import lock_file, lock_folder
from tests.conftest import ROOT


def test_the_second_run_stops_and_a_dead_ones_lock_does_not_block(tmp_path):
    with lock_folder(tmp_path / "out"), pytest.raises(CallError, match="another run"), lock_folder(tmp_path / "out"):
        pass
    lock_file(tmp_path / "out").touch()  # what a killed run leaves
    with lock_folder(tmp_path / "out"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_has_one_lock_by_any_name_and_nobodys_file_goes_with_it(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to("out")
    lock_file(tmp_path / "out").write_text("precious")
    with lock_folder(tmp_path / "link"), pytest.raises(CallError, match="another run"), lock_folder(tmp_path / "out"):
        pass
    assert lock_file(tmp_path / "link").read_text() == "precious"


def test_a_lock_outlives_its_folder(tmp_path):
    with lock_folder(tmp_path / "out"):
        (tmp_path / "out").rmdir()
        with pytest.raises(CallError, match="another run"), lock_folder(tmp_path / "out"):
            pass


def test_the_lock_file_lies_inside_where_nothing_may_be_written_beside(tmp_path, monkeypatch):
    monkeypatch.setattr("shards.storage.folder_lock.os.access", lambda path, mode: False)
    with lock_folder(tmp_path / "out"):
        assert os.listdir(tmp_path / "out") == [".lock"]
    assert list(tmp_path.iterdir()) == []


def test_the_lock_ends_with_a_process_that_is_killed(tmp_path):
    code = f"""
import pathlib, time
from shards.storage.folder_lock import lock_folder
with lock_folder(pathlib.Path({str(tmp_path / "out")!r})):
    print("locked", flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"locked\n"
    with pytest.raises(CallError, match="another run"), lock_folder(tmp_path / "out"):
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with lock_folder(tmp_path / "out"):
        pass
    assert list(tmp_path.iterdir()) == []
