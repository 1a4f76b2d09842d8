"""Fuzzing that is guided by coverage, where atheris is installed; it is in no lock file."""

import random
import re
import subprocess
import sys

import pytest

from chaos.experiment import Bench
from chaos.foreign_input.guided_fuzzing import run
from tests.conftest import ROOT


def test_without_atheris_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("chaos.foreign_input.guided_fuzzing.list_missing", lambda names: list(names))
    found = run(Bench(tmp_path, 100, random.Random(1)))
    assert "pip install '.[fuzz]'" in found.left_out and not found.outcomes


def fuzz(reader: str, folder, runs: int) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("atheris")
    folder.mkdir()
    (folder / "good").write_bytes(b'{"annotations": [{"frame_number": 1}]}')
    call = ["chaos.foreign_input.guided_fuzzing", reader, str(folder), f"-runs={runs}", "-seed=1"]
    command = [sys.executable, "-m", *call]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_reader_is_fuzzed_and_new_inputs_reach_more_lines(tmp_path):
    done = fuzz("AI Hub label", tmp_path / "corpus", 3_000)
    assert done.returncode == 0, done.stderr
    reached = [int(number) for number in re.findall(r"cov: (\d+)", done.stderr)]
    assert reached[-1] > reached[0] > 0
    assert len(list((tmp_path / "corpus").iterdir())) > 1
