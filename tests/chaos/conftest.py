"""Benches for experiments with few tries, and one byte that is changed behind their backs."""

import random

import pytest

from chaos.experiment import Bench


@pytest.fixture
def make_bench(two_workers, tmp_path):
    def make(tries: int) -> Bench:
        return Bench(tmp_path, tries, random.Random(5))

    return make


@pytest.fixture
def spoil(monkeypatch):
    """Change a byte of a dataset just before an experiment compares its files, at its last comparison or at each."""

    def install(module, comparisons: int) -> None:
        compare, seen = module.compare_files, []

        def compare_spoilt(expected, folder):
            seen.append(folder)
            if len(seen) == comparisons:
                path = folder / "features.json"
                path.write_bytes(path.read_bytes().replace(b"i", b"j", 1))
            return compare(expected, folder)

        monkeypatch.setattr(module, "compare_files", compare_spoilt)

    return install
