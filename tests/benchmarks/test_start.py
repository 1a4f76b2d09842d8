"""`python -m benchmarks.start`, one round of it, with a real Ray."""

import json

import pytest

from benchmarks.start import main
from shards.errors import CallError
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec


def test_a_round_names_each_step_and_each_process_of_ray(tmp_path, capsys):
    make_sample(tmp_path / "sample", SampleSpec(videos=6, frames=2, height=64, defects=False), workers=1)
    assert main(["--rounds", "1", "--source", str(tmp_path / "sample")]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(found["steps"]) == 7
    assert all(seconds > 0 for seconds, _ in found["steps"].values())
    assert found["steps"]["start Ray"][0] > found["steps"]["the first task, empty"][0]
    assert {"raylet", "gcs_server", "workers"} <= found["processes"].keys()
    assert found["processes"]["workers"] > found["processes"]["raylet"]  # which imports nothing
    assert 0 < found["command"]["to_the_first_crops"] < found["command"]["to_the_end"]


def test_no_rounds_are_refused():
    with pytest.raises(CallError, match="--rounds 0"):
        main(["--rounds", "0"])
