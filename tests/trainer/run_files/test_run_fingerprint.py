"""Which changes make it another run, and which do not."""

import pytest

from trainer.run_files.run_fingerprint import fingerprint_run
from trainer.settings import TrainSettings


@pytest.mark.parametrize(
    ("change", "same"),
    [({}, True), ({"precision": "float32"}, True), ({"seed": 1}, False), ({"checkpoint_steps": 7}, True)],
)
def test_what_a_run_may_go_on_from(small_weights, change, same):
    base = {"train": "a", "weights": str(small_weights), "precision": "float32"}
    effective = {"kind": "cpu", "jit": False}
    first = fingerprint_run(TrainSettings(**base), "x", "y", effective)
    assert (fingerprint_run(TrainSettings(**(base | change)), "x", "y", effective) == first) == same
    assert fingerprint_run(TrainSettings(**base), "x", "y", effective | {"jit": True}) != first
    assert fingerprint_run(TrainSettings(**base), "z", "y", effective) != first


def test_weights_are_known_by_their_content(tmp_path):
    (tmp_path / "w.keras").write_bytes(b"1")
    settings = TrainSettings("a", weights=str(tmp_path / "w.keras"))
    first = fingerprint_run(settings, "x", "y", {})
    (tmp_path / "w.keras").write_bytes(b"2")
    assert fingerprint_run(settings, "x", "y", {}) != first
