"""A run that is killed at any instant and started again ends in the same bytes, and does nothing finished twice.

The driver is a process of its own, with its own Ray. `_Instant` makes it kill itself, alone or with its whole process
group, at a stated call of a stated function: real kills, at instants that can be repeated.
"""

import fcntl
import os
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path

import pytest

from preprocess.output_folder.publication import publish_dataset
from preprocess.output_folder.work_folders import staging_folder
from preprocess.settings import PreprocessSettings
from preprocess.writing.finished_shard import FinishedShard, read_identity
from shards import dataset as index
from shards.errors import DataError
from shards.storage.folder_lock import lock_file
from shards.verification import verify_dataset
from tests.trees import digests
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

# Instants at which a run is killed, one after the other: each restart goes on from there to the next.
CHAINS = [
    [
        ("preprocess.messages.FrameProgress.add", 3),  # in the middle of the video tasks
        ("preprocess.run.make_plan", 1),
        ("preprocess.run.assemble_dataset", 1),  # all shards are written
        ("preprocess.output_folder.publication.write_atomically", 1),  # before the manifest
        ("shards.dataset.write_dataset", 1),
        ("preprocess.run.publish_dataset", 1),  # the log is written, the dataset is not
        ("preprocess.output_folder.publication._move", 2),  # while files move into OUT
        ("preprocess.run.remove_work", 1),  # the dataset is whole, the work is still there
    ],
    [
        ("preprocess.output_folder.publication._move", 7),
        ("preprocess.output_folder.publication._move", 15),  # of those that are left: only the index is missing
    ],
]

DRIVER = """
import importlib, os, signal, sys
from preprocess import run as flow
from preprocess.settings import PreprocessSettings

def install(target, count, whole_group):
    *path, name = target.split(".")
    for cut in range(len(path), 0, -1):
        try:
            owner = importlib.import_module(".".join(path[:cut]))
            break
        except ImportError:
            continue
    for part in path[cut:]:
        owner = getattr(owner, part)
    real, seen = getattr(owner, name), [0]
    def spy(*args, **kwargs):
        seen[0] += 1
        if seen[0] == count:
            os.kill(0 if whole_group else os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    setattr(owner, name, spy)

source, out, workers, target, count, whole_group, keep = sys.argv[1:]
if target:
    install(target, int(count), whole_group == "True")
if keep == "True":
    flow.remove_work = lambda settings: None
flow.run(PreprocessSettings(source=[source], out=out, workers=int(workers), shard_bytes=60_000))
"""


def start_driver(source: Path, out: Path, workers: int, target="", count=0, whole_group=False, keep=False):
    arguments = [source, out, workers, target, count, whole_group, keep]
    command = [sys.executable, "-c", textwrap.dedent(DRIVER), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def run_driver(*arguments, **options) -> int:
    process = start_driver(*arguments, **options)
    try:
        _, errors = process.communicate(timeout=180)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    if process.returncode not in (0, -signal.SIGKILL):
        raise AssertionError(errors.decode())
    return process.returncode


def stamp_work(out: Path) -> dict[str, int]:
    """When each finished spill and shard was written, wherever it lies by now."""
    files = [*out.glob(".work/*/spill/*"), *out.glob(".work/*/finished/pet_*-*"), *out.glob("pet_*-*")]
    return {path.name: path.stat().st_mtime_ns for path in files if not path.name.startswith(".")}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    root = tmp_path_factory.mktemp("source") / "pets"
    make_sample(root, SampleSpec(videos=6, frames=4, height=270), workers=1)
    return root


@pytest.fixture(scope="module")
def expected(source, tmp_path_factory):
    """Made in one go by four workers."""
    out = tmp_path_factory.mktemp("expected") / "out"
    assert run_driver(source, out, 4) == 0
    return digests(out)


@pytest.mark.parametrize("instants", CHAINS)
def test_a_killed_run_goes_on(source, expected, tmp_path, instants):
    out = tmp_path / "out"
    finished: dict[str, int] = {}
    for target, count in instants:
        whole_group = count % 2 == 0
        assert run_driver(source, out, 2, target, count, whole_group) == -signal.SIGKILL, target
        finished = check_not_redone(out, finished, target)
    assert run_driver(source, out, 1, keep=True) == 0  # at once: workers of the killed driver may still write
    check_not_redone(out, finished, "the last run")
    assert digests(out) == expected
    assert list(verify_dataset(out)) == []


def check_not_redone(out: Path, finished: dict[str, int], after: str) -> dict[str, int]:
    """What is finished now; nothing of it was done twice."""
    now = stamp_work(out)
    assert not [name for name, stamp in finished.items() if now.get(name, stamp) != stamp], after
    return finished | now


def test_killed_in_the_middle_of_a_task(source, expected, tmp_path):
    """Not at a call of the driver's, but as soon as the first worker has left something."""
    out = tmp_path / "out"
    process = start_driver(source, out, 2)
    while not list(out.glob(".work/*/spill/*.json")):
        time.sleep(0.01)
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert run_driver(source, out, 4) == 0
    assert digests(out) == expected and not (out / ".work").exists()


def test_one_worker_and_four_give_the_same_bytes(source, expected, tmp_path):
    assert run_driver(source, tmp_path / "out", 1) == 0
    assert digests(tmp_path / "out") == expected


def test_a_publication_goes_on_only_with_its_own_shards(tmp_path):
    settings = PreprocessSettings(source=["s"], out=str(tmp_path / "out"))
    stage = staging_folder(settings)
    stage.mkdir(parents=True)
    name = index.shard_name("train", 0, 1)
    (stage / name).write_bytes(b"from another plan")
    (tmp_path / "out" / name).write_bytes(b"the right one, already moved")
    done = FinishedShard(index.ShardFile(name, 1, 1, ""), read_identity(tmp_path / "out" / name), [1])
    dataset = index.Dataset(settings=settings.content, counts={}, shards={"train": [done.shard], "val": []}, files={})
    index.write_dataset(stage, dataset)
    publish_dataset(dataset, [done], settings)
    assert (tmp_path / "out" / name).read_bytes().startswith(b"the right one")
    (tmp_path / "out" / name).unlink()
    with pytest.raises(DataError, match="gone or was changed"):
        publish_dataset(dataset, [done], settings)
    assert not (tmp_path / "out" / index.DATASET_FILE).exists()


def test_two_real_runs_into_one_folder(source, expected, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with open(lock_file(out), "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        command = [sys.executable, "-m", "preprocess", "--source", source, "--out", out]
        second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert second.stderr.splitlines()[-1].startswith("preprocess: another run is writing")


def test_a_stop_is_one_line_and_can_be_gone_on_with(source, expected, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "preprocess", "--source", source, "--out", out]
    command += ["--shard_bytes", "60000", "--workers", "1"]
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # tests started in the background have it ignored
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    for stop in (signal.SIGTERM, signal.SIGINT):
        done = len(list_spills(out))
        with subprocess.Popen(command, **pipes, preexec_fn=listen) as process:
            while len(list_spills(out)) == done:
                time.sleep(0.01)
                assert process.poll() is None
            process.send_signal(stop)
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 130 and "Traceback" not in errors and "SIGTERM" not in errors
        assert errors.splitlines()[-1] == "preprocess: stopped; run the same command again to go on"
    assert run_driver(source, out, 2) == 0
    assert digests(out) == expected


def list_spills(out: Path) -> list[Path]:
    return list(out.glob(".work/*/spill/*.json"))
