"""The state machine: some sequences lose nothing, and it finds a run that passes over damage."""

import random

import pytest

from chaos.damage.damaged_bytes import damage_bytes
from chaos.whole_runs.dataset_machine import DatasetMachine, Ground, try_sequences


def test_some_sequences_end_in_the_same_bytes(two_workers, tmp_path):
    found = try_sequences(tmp_path, 3, None)
    assert not found.lost
    assert found.outcomes["same bytes"] > 1


def test_damage_that_nobody_notices_is_found(two_workers, tmp_path, monkeypatch):
    class Machine(DatasetMachine):
        ground = Ground(tmp_path)

    machine = Machine()
    machine.run_again()
    files = sorted(path for path in [*machine.out.rglob("*"), *machine.out.parent.glob("*.json")] if path.is_file())
    place = next(place for place, path in enumerate(files) if ".tfrecord-" in path.name)
    data = files[place].read_bytes()
    flip = next(chance for chance in range(100) if len(damage_bytes(data, random.Random(chance))[0]) == len(data))
    machine.damage(place, flip)
    assert files[place].read_bytes() != data
    with monkeypatch.context() as patch:
        patch.setattr("chaos.whole_runs.dataset_machine.verify_dataset", lambda folder: ())
        with pytest.raises(AssertionError, match=r"another dataset, and nobody noticed: .*tfrecord"):
            machine.run_again()
    machine.run_again()  # verification finds it, and the dataset is made anew
    assert machine.counts["damage found by verification"] == 1
    assert files[place].read_bytes() == data
