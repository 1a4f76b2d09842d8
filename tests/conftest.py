"""Fixtures for all tests: Ray, started once, and the folder of real files."""

import os
from pathlib import Path

import pytest

from console.output.language import choose_language
from tests.store_servers import S3_ENVIRONMENT, GcsServer, S3Server, SftpServer

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ |= {"LC_ALL": "C.UTF-8"} if choose_language([], os.environ) == "ko" else {}  # tests read English messages
os.environ |= S3_ENVIRONMENT  # before Ray is started, whose workers read from the tests' own server

ROOT = Path(__file__).parent.parent
# The files whose tests take longest come first, so that the processes of `make test` end at about the same time.
LONGEST = (
    "trainer/mood_training/test_run.py",
    "trainer/hosts/test_two_hosts.py",
    "trainer/finder_training/test_train_run.py",
    "preprocess/test_restart.py",
    "chaos/test_disks.py",
    "preprocess/test_task_handout.py",
    "chaos/test_cluster_faults.py",
    "chaos/test_kills.py",
    "trainer/test_places.py",
    "trainer/test_inference.py",
    "preprocess/test_faults.py",
    "preprocess/near_duplicates/test_hamming_join.py",
    "trainer/test_absent_moods.py",
    "trainer/input/test_csv_preparation.py",
    "tools/test_dedupe_report.py",
    "trainer/model/test_model_file.py",
    "trainer/exporting/test_photo_export.py",
    "trainer/test_inference_finder.py",
    "test_places.py",
    "chaos/test_damaged_bytes.py",
    "chaos/test_concurrent_runs.py",
    "chaos/test_many_tasks.py",
    "preprocess/test_command.py",
    "trainer/model/test_network.py",
    "trainer/run_files/test_run_folder.py",
    "preprocess/test_ray_cluster.py",
    "preprocess/test_run.py",
    "trainer/checks/test_overfit.py",
    "preprocess/sources/photos/test_photo_run.py",
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


@pytest.fixture(scope="session")
def odd_dataset(two_workers, tmp_path_factory) -> Path:
    """A dataset with one row for every way that a row can take, see tests/odd_dataset.py. Only to be read."""
    from preprocess.run import run
    from tests.odd_dataset import make_odd_settings, write_odd_source

    folder = tmp_path_factory.mktemp("odd")
    run(make_odd_settings(write_odd_source(folder / "pets"), folder / "out"))
    return folder / "out"


@pytest.fixture(scope="session")
def s3_server():
    server = S3Server()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def gcs_server(tmp_path_factory):
    server = GcsServer(tmp_path_factory.mktemp("gcs"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sftp_server(tmp_path_factory):
    server = SftpServer(tmp_path_factory.mktemp("sshd"))
    yield server
    server.stop()
