"""Damaged files: nothing is lost in a few hundred tries, and what a reader without a checksum loses is found."""

import json
import random
import time

import numpy as np
import pytest

from chaos.damage.damaged_bytes import damage_bytes, damage_files, is_same
from chaos.damage.dataset_files import make_dataset_files
from chaos.damage.model_files import make_model_files
from chaos.damage.read_file import REDONE, ReadFile
from chaos.experiment import Bench
from console.output.messages import open_output
from shards.errors import DataError


def make_bench(folder, tries) -> Bench:
    return Bench(folder, tries, random.Random(1))


def test_files_of_a_dataset_and_of_the_work_before_it(tmp_path):
    files = make_dataset_files(tmp_path)
    kinds = {file.kind for file in files}
    assert {"records of a task", "hashes", "log", "shard of crops, train, trained on", "README.md, verified"} <= kinds
    once_each = [file._replace(share=1) for file in files]
    found = damage_files(once_each, make_bench(tmp_path, 2 * len(files)))
    assert not found.lost
    assert found.outcomes["found"] > found.outcomes.total() / 2
    assert found.outcomes["work redone"]


def test_files_of_models_and_runs(tmp_path):
    with open_output(["--quiet"]):
        files = [file._replace(share=min(file.share, 5)) for file in make_model_files(tmp_path / "runs")]
        found = damage_files(files, make_bench(tmp_path, 60))
    assert not found.lost
    assert found.outcomes["found"] > 30


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda path: json.loads(path.read_bytes()), "ANOTHER VALUE was read"),
        (lambda path: path.read_bytes().decode(), "UnicodeDecodeError"),
    ],
)
def test_what_a_reader_without_a_checksum_loses(tmp_path, read, words):
    path = tmp_path / "figures.json"
    path.write_text(json.dumps({"감정": list(range(200))}))
    before = path.stat()
    found = damage_files([ReadFile("figures", path, lambda: read(path))], make_bench(tmp_path, 60))
    assert any(f"figures: {words}" in line for line in found.lost)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert json.loads(path.read_bytes()) == {"감정": list(range(200))}


def test_what_a_check_of_every_byte_passes_over(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(1000))

    def check_half() -> None:
        if path.read_bytes()[:500] != bytes(500):
            raise DataError("differs")

    found = damage_files([ReadFile("file", path, check_half, checks_all=True)], make_bench(tmp_path, 60))
    assert found.outcomes["found"] and any("NOT FOUND" in line for line in found.lost)


def test_a_reader_that_never_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("chaos.damage.damaged_bytes._MOST_SECONDS", 0.2)
    path = tmp_path / "file"
    path.write_bytes(b"whole")

    def wait() -> object:
        while path.read_bytes() != b"whole":
            time.sleep(0.01)
        return REDONE

    found = damage_files([ReadFile("file", path, wait)], make_bench(tmp_path, 2))
    assert [line.split(" (")[0] for line in found.lost] == [
        f"try {number}: file: TimeoutError: more than 0.2 seconds" for number in (0, 1)
    ]


def test_damage_is_another_file_each_time_and_the_same_for_a_seed():
    data, chance = bytes(range(256)) * 10, random.Random(3)
    made = [damage_bytes(data, chance) for _ in range(300)]
    again = random.Random(3)
    assert made == [damage_bytes(data, again) for _ in range(300)]
    assert all(damaged != data for damaged, _ in made)
    assert {len(damaged) - len(data) for damaged, _ in made if len(damaged) < len(data)}
    assert len({how.split()[0] for _, how in made}) >= 4
    assert damage_bytes(b"", chance)[0]


def test_values_are_compared_to_the_last_bit():
    ones = np.ones(3, np.float32)
    assert is_same({"a": [ones, 1]}, {"a": [ones.copy(), 1]})
    for other in ([np.nextafter(ones, np.float32(2)), 1], [ones.astype(float), 1], [ones, 1.0], [ones]):
        assert not is_same({"a": [ones, 1]}, {"a": other})
