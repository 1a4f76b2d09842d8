import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from preprocess.ray_processes import RayProcesses
from preprocess.task_handout import run_tasks
from shards.errors import CallError, DataError
from tests.conftest import ROOT

pytestmark = pytest.mark.usefixtures("two_workers")


def double(number: int) -> int:
    return 2 * number


def test_all_results_with_their_places():
    assert sorted(run_tasks(double, [(n,) for n in range(50)], 2, "task")) == [(n, 2 * n) for n in range(50)]


def die_once(marker: Path) -> int:
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def test_a_task_whose_worker_is_killed_runs_again(tmp_path):
    ((place, _),) = run_tasks(die_once, [(tmp_path / "marker",)], 2, "task")
    assert place == 0 and (tmp_path / "marker").exists()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_task_that_always_kills_its_worker_is_an_error():
    with pytest.raises(DataError, match=r"task 1 of 1 was lost 4 times"):
        list(run_tasks(die, [()], 2, "task"))


def fail(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        (ZeroDivisionError("by nought"), DataError, r"task 2 of 3 failed: ZeroDivisionError: by nought"),
        (DataError("bad data"), DataError, "^bad data$"),
        (CallError("bad call"), CallError, "^bad call$"),
        (OSError(28, "No space left on device", "file"), OSError, "No space left"),
    ],
)
def test_no_error_is_lost(error, expected, message):
    with pytest.raises(expected, match=message):
        list(run_tasks(fail_second, [(0, error), (1, error), (2, error)], 1, "task"))


def fail_second(number: int, error: Exception) -> int:
    return fail(error) if number == 1 else number


def environment() -> dict[str, str]:
    return dict(os.environ)


def test_workers_see_no_gpu_and_report_to_nobody():
    ((_, seen),) = run_tasks(environment, [()], 1, "task")
    assert seen["CUDA_VISIBLE_DEVICES"] in ("-1", "") and seen["TF_NUM_INTRAOP_THREADS"] == "1"
    assert seen["RAY_USAGE_STATS_ENABLED"] == "0"
    assert os.environ.get("CUDA_VISIBLE_DEVICES") != "-1"  # the driver's own environment is as it was


def test_ray_has_no_process_that_is_not_used():
    """Neither a dashboard nor an autoscaler, nor what reads the logs of workers, whose output is not shown."""
    processes = psutil.Process().children(recursive=True)
    commands = [" ".join(p.cmdline()) for p in processes if p.status() != psutil.STATUS_ZOMBIE]
    assert any("raylet" in command for command in commands)
    for name in ("dashboard/dashboard.py", "monitor.py"):
        assert not [command for command in commands if command.split(" --")[0].endswith(name)]


def test_parts_of_another_ray_are_left_alone(tmp_path):
    """Those that somebody else started become children of a command that is process 1 of a container."""
    script = tmp_path / "ray" / "_private" / "log_monitor.py"
    script.parent.mkdir(parents=True)
    script.write_text("import time; time.sleep(60)")
    foreign = subprocess.Popen([sys.executable, script])
    processes = RayProcesses()
    try:
        with processes.set_environment({}):
            own = subprocess.Popen([sys.executable, script])
            assert own.wait(30) == -signal.SIGKILL
            assert foreign.poll() is None
    finally:
        processes.end()
        foreign.kill()
        foreign.wait()


def test_what_ray_says_of_dead_workers_has_no_colours(capsys):
    from ray._private import ray_logging, worker

    lines = {"ip": "127.0.0.1", "pid": "raylet", "job": None, "is_err": True, "lines": ["A worker died", "again"]}
    for _ in range(3):
        worker.print_worker_logs(dict(lines), sys.stderr)
    for batch in ray_logging.stdout_deduplicator.flush():
        worker.print_worker_logs(batch, sys.stderr)
    shown = capsys.readouterr().err
    assert shown.count("A worker died") == 3 and "\x1b" not in shown


def test_ray_leaves_standard_output_alone():
    code = "from preprocess.ray_cluster import start_ray\nwith start_ray(1, None): print('안')"
    terminal, stdout = pty.openpty()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=stdout, stderr=subprocess.DEVNULL, check=True)
    os.close(stdout)
    with open(terminal, "rb", buffering=0) as shown:
        assert shown.read(100).decode() == "안\r\n"
