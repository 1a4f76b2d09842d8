"""Fixtures for all tests: Ray, started once, and the folder of real files."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def real_files() -> Path:
    folder = ROOT.parent / "shared" / "real"
    if not folder.is_dir():
        pytest.skip(f"the real files are not here: {folder}")
    return folder


@pytest.fixture(scope="session")
def two_workers():
    """A local Ray with two workers, which all runs in this process use."""
    from preprocess.ray_cluster import start_ray

    with start_ray(2, None):
        yield
