"""Benches for experiments with few tries, and one byte that is changed behind their backs."""

import random

import pytest

from chaos.experiment import Bench
from chaos.workload import make_workload


@pytest.fixture(scope="session")
def one_workload(two_workers, tmp_path_factory):
    """The source and the undisturbed run that all experiments here share: they only read it."""
    return make_workload(tmp_path_factory.mktemp("chaos"), videos=8)


@pytest.fixture
def make_bench(one_workload, tmp_path, monkeypatch):
    """A bench for an experiment, given by its module, with so many tries."""

    def make(module, tries: int) -> Bench:
        monkeypatch.setattr(module, "make_workload", lambda *call, **options: one_workload)
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
