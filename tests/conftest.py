"""What tests share: real Ray, started once, and the real files, where their folder is."""

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
    """A local Ray that runs in this process share."""
    from preprocess.ray_cluster import start_ray

    with start_ray(2, None):
        yield
