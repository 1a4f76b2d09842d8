"""Tasks in a cluster whose nodes join late, hang, are killed, and whose head goes; and two copies of a task at once.

The nodes are real: processes of `ray start` on this machine. What a task waits for is a file, so that each thing
happens while the other is under way, however fast the machine is.
"""

import os
import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path

import pytest

from preprocess.run import run
from preprocess.settings import PreprocessSettings
from preprocess.task_handout import run_tasks
from tests.conftest import ROOT
from tests.ray_nodes import kill_node, list_processes, start_head, start_node, wait_until
from tests.trees import digests, make_label, write_video

pytestmark = pytest.mark.usefixtures("two_workers")

# A run whose tasks say on which node they are, in GATES, and wait there while a file is named like the node.
DRIVER = """
import os, sys, time
from pathlib import Path
from preprocess import ray_cluster, ray_tasks, task_handout
from preprocess.__main__ import main
from console.command import run_command

gates = Path(sys.argv[1])
task_handout._LEAST_SLOW_SECONDS, task_handout._SLOW_FACTOR = 3, 0
task_handout._LOOK_SECONDS = float(os.environ["LOOK_SECONDS"])
ray_cluster._REFUSED_SECONDS = 2
real = ray_tasks._run_video_task

def run_behind_gate(*call):
    node = os.environ["NODE"]
    (gates / f"{node}.came").touch()
    while (gates / node).exists():
        time.sleep(0.05)
    result = real(*call)
    (gates / f"{node}.done").touch()
    return result

ray_tasks._run_video_task = run_behind_gate
sys.exit(run_command("preprocess", main, sys.argv[2:]))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("source") / "영상"
    for number in range(12):
        label = make_label(inspect={"emotion": ("편안/안정", "공포")[number % 2]})
        part = "Validation" if number % 3 == 0 else "Training"
        write_video(root, f"dog-walkrun-{number:06}", images=2, label=label, part=part)
    return root


@pytest.fixture(scope="module")
def expected(source, two_workers, tmp_path_factory) -> dict[str, str]:
    """The bytes of a run on this machine."""
    out = tmp_path_factory.mktemp("expected") / "out"
    run(PreprocessSettings(source=[str(source)], out=str(out), shard_bytes=60_000))
    return digests(out)


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    """A cluster of one node: its address, and its processes' parent."""
    with start_head(tmp_path_factory.mktemp("head"), cores=1) as started:
        yield started


def start_driver(source: Path, out: Path, gates: Path, address: str, look_seconds: float = 0.2) -> subprocess.Popen:
    """The code is sent along: workers on another machine have no checkout, and these run from elsewhere."""
    gates.mkdir(exist_ok=True)
    command = [sys.executable, "-c", textwrap.dedent(DRIVER), gates, "--source", source, "--out", out]
    command += ["--address", address, "--shard_bytes", "60000"]
    options = {"cwd": ROOT, "env": os.environ | {"LOOK_SECONDS": str(look_seconds)}, "text": True}
    return subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, **options)


def test_nodes_that_join_late_hang_and_are_killed(source, expected, head, tmp_path):
    """The head waits until nodes that join later have work. One is then killed and the other hangs, with its task."""
    (address, _), gates, out = head, tmp_path / "gates", tmp_path / "out"
    with ExitStack() as stack:
        driver = stack.enter_context(start_driver(source, out, gates, address))
        stack.callback(driver.kill)
        wait_until((gates / "head.done").exists)
        for name in ("head", "killed"):
            (gates / name).touch()
        joined = f"--address={address}"
        killed, hanging = (stack.enter_context(start_node(tmp_path, n, 1, joined)) for n in ("killed", "hanging"))
        wait_until((gates / "killed.came").exists)
        wait_until((gates / "hanging.done").exists)
        kill_node(killed)
        for process in list_processes(hanging):
            process.suspend()
        (gates / "head").unlink()
        _, errors = driver.communicate(timeout=120)
    assert driver.returncode == 0, errors
    assert "cluster  nodes 3, cores 3" in errors and "another node does it as well" in errors
    assert not (gates / "killed.done").exists()
    assert digests(out) == expected
    assert not (out / ".work").exists()


def test_a_head_that_goes_is_said_in_one_line(source, head, tmp_path):
    (address, node), gates = head, tmp_path / "gates"
    # A head that goes in the instant in which nodes are listed is told by Ray alone, a minute later: look seldom.
    with start_driver(source, tmp_path / "out", gates, address, look_seconds=5) as driver:
        wait_until((gates / "head.done").exists)
        kill_node(node)  # no test behind this one has a cluster
        _, errors = driver.communicate(timeout=120)
    assert driver.returncode == 1 and "Traceback" not in errors
    assert "run the same command again" in errors.splitlines()[-1] and "does not answer" in errors.splitlines()[-1]


def test_two_copies_of_every_task_at_once_give_the_same_bytes(source, expected, tmp_path, monkeypatch):
    """Both workers do each task side by side; the first that returns counts, while the other may replace its files."""

    def run_twice(function, calls, workers, what):
        returned = set()
        for place, result in run_tasks(function, [call for call in calls for _ in range(2)], workers, what):
            if place // 2 not in returned:
                returned.add(place // 2)
                yield place // 2, result

    monkeypatch.setattr("preprocess.ray_tasks.run_tasks", run_twice)
    for mode in ("dry_run", "replace"):  # a dry run leaves hashes, which both copies then find
        run(PreprocessSettings(source=[str(source)], out=str(tmp_path), shard_bytes=60_000, **{mode: True}))
    assert digests(tmp_path) == expected
