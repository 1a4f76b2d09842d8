"""Hostile inputs: thousands end well, and what a reader does wrong is found."""

import random
import time

import pytest

from chaos.experiment import Bench
from chaos.foreign_input import hostile_inputs
from chaos.foreign_input.good_inputs import make_good_inputs
from chaos.foreign_input.hostile_inputs import feed_targets, make_input
from chaos.foreign_input.hostile_targets import Target, make_targets
from chaos.foreign_input.mutation import mutate
from console.output.messages import open_output
from shards.errors import DataError


def make_bench(folder, tries: int) -> Bench:
    return Bench(folder, tries, random.Random(5))


@pytest.fixture(scope="module")
def targets(tmp_path_factory) -> list[Target]:
    folder = tmp_path_factory.mktemp("입력")
    (folder / "work").mkdir()
    return make_targets(make_good_inputs(folder, hostile_inputs.find_real_jpegs()), folder / "work")


def test_thousands_of_inputs_end_in_a_row_an_answer_or_a_clear_error(targets, tmp_path):
    with open_output(["--quiet"]):
        found = feed_targets(targets, make_bench(tmp_path, 4_000))
    assert not found.lost
    assert found.outcomes["refused"] > 1_000 and found.outcomes["read"] > 300


def test_every_reader_takes_its_good_inputs_or_says_why_not(targets):
    refused = []
    for target in targets:
        taken = 0
        for seed in target.seeds:
            try:
                target.feed(seed)
                taken += 1
            except target.errors as error:
                refused.append(str(error))
        # The files beside dataset.json are not there: verification tells so, line by line.
        assert taken, (target.name, refused)


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        (lambda data: data.decode(), "UnicodeDecodeError"),
        (lambda data: [0] * 10 + [data[300]], "IndexError: list index|IndexError: index"),
        (lambda data: time.sleep(0) if data != b"" else None, ""),
    ],
)
def test_what_a_careless_reader_does_is_found(tmp_path, feed, words):
    careless = Target("careless", [b"label 1" * 50], feed, (DataError,), 1)
    found = feed_targets([careless], make_bench(tmp_path, 300))
    assert bool(found.lost) == bool(words)
    assert all(line.startswith("careless: ") and "; input in base64: " in line for line in found.lost)
    assert not words or any(each in line for line in found.lost for each in words.split("|"))


def test_what_takes_long_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(hostile_inputs, "_MOST_SECONDS", 0.01)

    def count(data: bytes) -> None:
        end = time.process_time() + (0.02 if b"[[[[" in data else 0)
        while time.process_time() < end:
            pass

    found = feed_targets([Target("slow", [b"[]"], count, (), 1)], make_bench(tmp_path, 400))
    assert found.lost and all("slow: took 0.0" in line for line in found.lost)


def test_an_input_is_repeated_by_its_number(targets):
    for target in targets[:4]:
        assert make_input(target, 7) == make_input(target, 7)
        assert len({make_input(target, number) for number in range(50)}) > 40


def test_changes_are_of_many_kinds():
    data, chance = bytes(range(48, 58)) * 30, random.Random(1)
    made = [mutate(data, [b"other" * 9], chance) for _ in range(500)]
    assert sum(each == data for each in made) < 50
    assert any(len(each) > len(data) for each in made) and any(len(each) < len(data) for each in made)
    assert any(b"otherother" in each for each in made) and any(b"[" * 1_000 in each for each in made)
