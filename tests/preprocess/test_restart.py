"""A run that is killed at any instant and started again ends in the same bytes, and does nothing finished twice.

Where its workers are busy, the driver is a process of its own, with its own Ray, which kills itself, alone or with its
whole process group, at a stated call of a stated function: real kills, at instants that can be repeated. Where they are
idle, a kill leaves the folder as it is at that call, so one run gives the folders of all those instants.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
from ray._private import worker

from preprocess import ray_cluster
from preprocess.output_folder.publication import publish_dataset
from preprocess.output_folder.work_folders import staging_folder
from preprocess.run import run
from preprocess.settings import PreprocessSettings
from preprocess.task_handout import run_tasks
from preprocess.writing.finished_shard import FinishedShard, read_identity
from shards import dataset as index
from shards.errors import DataError
from shards.storage.folder_lock import lock_file
from shards.verification import verify_dataset
from tests.preprocess.kill_instants import copy_at_calls
from tests.trees import digests
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

# Functions and their calls, counted from 1, before which a run is killed.
MIDDLE_OF_THE_VIDEO_TASKS = ("preprocess.messages.FrameProgress.add", 3)
MIDDLE_OF_THE_PUBLICATION = ("preprocess.output_folder.publication._move", 2)
IDLE_INSTANTS = [
    ("preprocess.writing.shard_plan.make_plan", 1),
    ("preprocess.run.assemble_dataset", 1),  # all shards are written
    ("preprocess.output_folder.publication.write_atomically", 1),  # before the manifest
    ("shards.dataset.write_dataset", 1),
    ("preprocess.run.publish_dataset", 1),  # the log is written, the dataset is not
    ("preprocess.output_folder.publication._move", 2),  # while files move into OUT
    ("preprocess.output_folder.publication._move", 7),
    ("preprocess.output_folder.publication._move", 0),  # the last one: only the index is missing
    ("preprocess.run.remove_work", 1),  # the dataset is whole, the work is still there
]
SHARD_BYTES = 60_000

DRIVER = """
import os, pkgutil, signal, sys
from preprocess import run as flow
from preprocess.settings import PreprocessSettings

def install(target, count, whole_group):
    real, seen = pkgutil.resolve_name(target), [0]
    def spy(*args, **kwargs):
        seen[0] += 1
        if seen[0] == count:
            os.kill(0 if whole_group else os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    owner, _, name = target.rpartition(".")
    setattr(pkgutil.resolve_name(owner), name, spy)

source, out, workers, target, count, whole_group, shard_bytes = sys.argv[1:]
if target:
    install(target, int(count), whole_group == "True")
flow.run(PreprocessSettings(source=[source], out=out, workers=int(workers), shard_bytes=int(shard_bytes)))
"""


def start_driver(source: Path, out: Path, workers: int, target="", count=0, whole_group=False):
    arguments = [source, out, workers, target, count, whole_group, SHARD_BYTES]
    command = [sys.executable, "-c", textwrap.dedent(DRIVER), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def run_driver_until(*arguments, **options) -> None:
    """Run a driver that kills itself."""
    process = start_driver(*arguments, **options)
    try:
        _, errors = process.communicate(timeout=180)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    assert process.returncode == -signal.SIGKILL, errors.decode()


def run_here(source: Path, out: Path, workers: int = 2) -> None:
    """Run in this process, with the workers that all tests share."""
    run(PreprocessSettings(source=[str(source)], out=str(out), workers=workers, shard_bytes=SHARD_BYTES))


def stamp_work(out: Path) -> dict[str, int]:
    """When each finished spill and shard was written, wherever it lies by now. A spill is finished by its note."""
    spills = [path for path in out.glob(".work/*/spill/*") if path.with_suffix(".json").exists()]
    files = [*spills, *out.glob(".work/*/finished/pet_*-*"), *out.glob("pet_*-*")]
    return {path.name: path.stat().st_mtime_ns for path in files if not path.name.startswith(".")}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    root = tmp_path_factory.mktemp("source") / "pets"
    make_sample(root, SampleSpec(videos=6, frames=4, height=270), workers=1)
    return root


@pytest.fixture(scope="module")
def killed(source, two_workers, tmp_path_factory):
    """What a kill at each call of each function of IDLE_INSTANTS leaves: OUT and what lies beside it, as hard links,
    for a finished shard is known by its inode. The run itself is left to its end: its bytes are those to expect."""
    root = tmp_path_factory.mktemp("killed")
    seen = copy_at_calls(root, {target for target, _ in IDLE_INSTANTS}, lambda: run_here(source, root / "run" / "out"))
    return root, seen, digests(root / "run" / "out")


@pytest.fixture(scope="module")
def expected(killed):
    """The bytes of a run that is not killed, by two workers."""
    return killed[2]


@pytest.mark.parametrize(("target", "count"), IDLE_INSTANTS)
def test_a_killed_run_goes_on(source, killed, expected, monkeypatch, target, count):
    root, seen, _ = killed
    shutil.rmtree(root / "run")
    shutil.copytree(root / f"{target}-{count or seen[target]}", root / "run", copy_function=os.link)
    out = root / "run" / "out"
    assert (out / index.DATASET_FILE).exists() == (target == "preprocess.run.remove_work")
    finished = stamp_work(out)
    assert finished
    monkeypatch.setattr("preprocess.run.remove_work", lambda settings: None)
    run_here(source, out)
    check_not_redone(out, finished, target)
    assert digests(out) == expected
    assert list(verify_dataset(out)) == []


def check_not_redone(out: Path, finished: dict[str, int], after: str) -> dict[str, int]:
    """What is finished now; nothing of it was done twice."""
    now = stamp_work(out)
    assert not [name for name, stamp in finished.items() if now.get(name, stamp) != stamp], after
    return finished | now


def test_killed_again_and_again_while_its_workers_are_busy(source, expected, tmp_path):
    """First as soon as a worker has left something, then at calls of the driver's; with two workers and with four."""
    out = tmp_path / "out"
    process = start_driver(source, out, 2)
    while not list_spills(out):
        time.sleep(0.01)
        assert process.poll() is None
    ray_processes = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    finished = stamp_work(out)
    for (target, count), whole_group in ((MIDDLE_OF_THE_VIDEO_TASKS, False), (MIDDLE_OF_THE_PUBLICATION, True)):
        run_driver_until(source, out, 4, target, count, whole_group)
        finished = check_not_redone(out, finished, target)
    run_here(source, out, workers=1)  # at once
    assert not psutil.wait_procs(ray_processes, timeout=10)[1], "processes of the first Ray, which ends itself, stay"
    assert not (out / ".work").exists()
    check_not_redone(out, finished, "the last run")
    assert digests(out) == expected
    assert list(verify_dataset(out)) == []


def test_a_local_ray_that_is_killed_is_started_again(source, expected, tmp_path, monkeypatch, capsys):
    """Its raylet among the video tasks, its gcs_server among the shards. Of each Ray no process is left."""
    out, finished, before = tmp_path / "out", {}, []

    def run_and_kill(function, calls, workers, what):
        for number, result in enumerate(run_tasks(function, calls, workers, what)):
            if number == 2:
                finished.update(check_not_redone(out, finished, what))
                before.extend(psutil.Process().children(recursive=True))
                part = "raylet" if what == "video task" else "gcs_server"
                os.kill(worker._global_node.all_processes[part][0].process.pid, signal.SIGKILL)
            yield result

    monkeypatch.setattr("preprocess.ray_tasks.run_tasks", run_and_kill)
    run_here(source, out)
    said = capsys.readouterr().err
    assert (
        "Ray's raylet ended; Ray is started again (1 of" in said
        and "gcs_server ended; Ray is started again (2 o" in said
    )
    assert digests(out) == expected
    names = {process.name() for process in before if process.is_running()}
    assert len(before) > 10 and not [process for process in before if process.is_running()], names


def test_a_ray_that_ends_again_and_again_is_an_error(two_workers, monkeypatch):
    monkeypatch.setattr(ray_cluster._session, "restarts", 3)
    with pytest.raises(DataError, match=r"Ray's raylet ended, for the 4th time \(its logs: .*/logs\); once that has"):
        ray_cluster.restart_ray("raylet")


def test_one_worker_gives_the_same_bytes_as_two(source, expected, tmp_path):
    run_here(source, tmp_path / "out", workers=1)
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
    (tmp_path / "out" / index.DATASET_FILE).unlink()
    with pytest.raises(DataError, match="gone or was changed"):
        publish_dataset(dataset, [done], settings)
    assert not (tmp_path / "out" / index.DATASET_FILE).exists()


def test_a_publication_takes_a_shard_that_a_second_copy_of_its_task_wrote(source, expected, tmp_path, monkeypatch):
    """A node that hung may go on after its tasks were done by another, and replace their files by the same bytes."""

    def write_again(dataset, shards, settings):
        for path in staging_folder(settings).glob("*.tfrecord-*"):
            copy = path.with_name("copy")
            copy.write_bytes(path.read_bytes())
            copy.replace(path)
        publish_dataset(dataset, shards, settings)

    monkeypatch.setattr("preprocess.run.publish_dataset", write_again)
    run_here(source, tmp_path / "out")
    assert digests(tmp_path / "out") == expected


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
    command += ["--shard_bytes", str(SHARD_BYTES), "--workers", "1"]
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # tests started in the background have it ignored
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    for stop in (signal.SIGTERM, signal.SIGINT):
        done = len(list_spills(out))
        with subprocess.Popen(command, **pipes, preexec_fn=listen) as process:
            while len(list_spills(out)) == done:
                time.sleep(0.01)
                assert process.poll() is None
            for _ in range(3 if stop is signal.SIGINT else 1):  # Ctrl-C is easily pressed more than once
                process.send_signal(stop)
                time.sleep(0.4)
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 130 and "Traceback" not in errors and "SIGTERM" not in errors
        assert errors.splitlines()[-1] == "preprocess: stopped; run the same command again to go on"
        assert errors.count("stopped") == 1 and "ignored" not in errors
    run_here(source, out)
    assert digests(out) == expected


def list_spills(out: Path) -> list[Path]:
    return list(out.glob(".work/*/spill/*.json"))
