"""What grows with the number of tasks is found, and what does not is flat: in a real run, and in made figures."""

import random

import pytest

from chaos.experiment import Bench
from chaos.whole_runs import many_tasks
from chaos.whole_runs.many_tasks import Sample, draw_samples, find_growth

# In each process of a run: what an atomic write leaves behind. A worker does three for each task, the driver none.
LEAK = """
import os, tempfile
kept = []
def replace(*call, real=os.replace):
    kept.append(os.urandom(100_000))
    kept.append(os.open("/dev/null", os.O_RDONLY))
    os.close(tempfile.mkstemp()[0])
    return real(*call)
os.replace = replace
"""


@pytest.mark.skipif(not many_tasks.can_sample(), reason="needs Linux' /proc")
def test_a_leak_of_the_workers_is_found_and_the_driver_is_flat(tmp_path, monkeypatch):
    (tmp_path / "startup").mkdir()
    (tmp_path / "startup" / "sitecustomize.py").write_text(LEAK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "startup"))
    monkeypatch.setattr(many_tasks, "_SECONDS", 0.05)
    (tmp_path / "plots").mkdir()
    findings = many_tasks.run(Bench(tmp_path, 250, random.Random(1), plots=tmp_path / "plots"))
    assert {line.split(":")[0] for line in findings.lost} == {"worker MiB", "worker descriptors", "temporary files"}
    assert 200 < findings.outcomes["task done"] <= 250
    assert findings.measured["milliseconds_a_task"] > 0
    assert (tmp_path / "plots" / "many_tasks.png").read_bytes().startswith(b"\x89PNG")


def make_samples(*figures: float) -> list[Sample]:
    return [Sample(10 * place, place, {"worker MiB": figure}) for place, figure in enumerate(figures)]


def test_growth_is_what_goes_on_after_the_warm_up():
    steady = find_growth(make_samples(*(100 + 2 * place for place in range(21))))
    assert steady == {"worker MiB": (pytest.approx(30), 150)}
    warming = find_growth(make_samples(10, 30, 60, 90, 99, *[100] * 16))
    assert warming["worker MiB"][0] == 0
    step = find_growth(make_samples(*[100] * 12, *[160] * 3, *[100] * 6))
    assert step["worker MiB"][0] == 0
    assert find_growth(make_samples(*[100] * 9)) == {}


def test_too_few_samples_are_no_result():
    findings = many_tasks.Findings()
    many_tasks._judge(make_samples(*[100] * 9), findings)
    assert findings.lost == ["9 samples are too few to tell what grows"]
    assert draw_samples(make_samples(100, 101)).startswith(b"\x89PNG")
