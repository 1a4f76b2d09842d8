"""Starting TensorFlow quietly: its notes are dropped, an unexpected failure shows them, a crash is reported."""

import os
import subprocess
import sys

import pytest

from shards.errors import DataError
from tests.conftest import ROOT
from trainer.tensorflow_startup import without_notes


def test_notes_are_dropped_unless_the_start_fails(capfd):
    with without_notes():
        os.write(2, b"a note")
    with pytest.raises(DataError), without_notes():
        os.write(2, b"a note")
        raise DataError("one line")
    assert capfd.readouterr().err == ""
    with pytest.raises(ImportError), without_notes():
        os.write(2, b"libcuda.so: not found")
        raise ImportError
    assert capfd.readouterr().err == "libcuda.so: not found"


CRASH = """
import sys
sys.argv[1:] = ["--weight_path", sys.argv[1], "--image", sys.argv[2]]
import importlib.abc, os, signal
class Crash(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in ("keras", "tensorflow"):  # keras imports it below more frames than are printed
            os.kill(os.getpid(), signal.SIGILL)
sys.meta_path.insert(0, Crash())
from trainer.inference import main
main(sys.argv[1:])
"""


def test_a_crash_inside_an_import_is_reported(tmp_path):
    """As where TensorFlow was built for another kind of processor."""
    from tests.trainer.networks import OFFSET, build, describe
    from tests.trees import make_jpeg
    from trainer.model.model_file import write_model

    write_model(tmp_path / "model.keras", build(), OFFSET, describe())
    (tmp_path / "a.jpg").write_bytes(make_jpeg(1))
    command = [sys.executable, "-c", CRASH, str(tmp_path / "model.keras"), str(tmp_path / "a.jpg")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == -4
    assert "Illegal instruction" in done.stderr and "trainer/model/mood_network.py" in done.stderr
