"""Fixtures for all tests: Ray, started once, and the folder of real files."""

import os
from pathlib import Path

import pytest

from console.output.language import choose_language

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ |= {"LC_ALL": "C.UTF-8"} if choose_language([], os.environ) == "ko" else {}  # tests read English messages

ROOT = Path(__file__).parent.parent
# The files whose tests take longest come first, so that the two processes of `make test` end at about the same time.
LONGEST = (
    "trainer/mood_training/test_run.py",
    "preprocess/test_restart.py",
    "trainer/finder_training/test_train_run.py",
    "trainer/test_places.py",
    "trainer/input/test_csv_preparation.py",
    "trainer/test_inference.py",
    "trainer/test_inference_finder.py",
    "preprocess/test_faults.py",
    "preprocess/sources/photos/test_photo_run.py",
    "preprocess/near_duplicates/test_hamming_join.py",
    "preprocess/sources/test_csv_rows.py",
    "preprocess/test_command.py",
    "test_places.py",
    "trainer/test_absent_moods.py",
    "trainer/run_files/test_run_folder.py",
    "trainer/model/test_export_formats.py",
    "preprocess/archives/test_delivery_forms.py",
    "preprocess/test_archive_run.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


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
