"""Where the seconds before a run's first frame go: python -m benchmarks.start [--rounds 5] [--source DIR]

Each round is a process of its own that does what every run does: imports, starts Ray, sends an empty task, lets two
workers import what a video task needs, and compares some codes; then Ray ends. Beside the clock stand the core seconds
of the driver, and of the processes that Ray has started by then. Medians.

Then the command itself with two workers on the made sample, or on DIR, by the clock: from the call to the first spill,
which has the first crops, and to the end.

Time: 20 s a round. Last line: seconds of each step, core seconds of each process, and the seconds of the command.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from console.command import Parser, run_command
from shards.errors import CallError, DataError
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

_ROUND = "from benchmarks.start import measure_start; measure_start()"
_WORKERS = 2
_TICK = 0.01  # seconds from one look for the first spill to the next


def measure_start() -> None:
    """Runs in a process of its own: prints, as JSON, the steps with their seconds, and what processes took."""
    steps, last = [], [time.perf_counter(), time.process_time()]

    def mark(step: str) -> None:
        now = [time.perf_counter(), time.process_time()]
        steps.append((step, now[0] - last[0], now[1] - last[1]))
        last[:] = now

    import preprocess.__main__

    mark("import the command")
    import preprocess.run  # noqa: F401

    mark("import the run: Ray, pyarrow")
    import numpy as np
    import ray

    from preprocess.ray_cluster import start_ray

    with start_ray(_WORKERS, None):
        mark("start Ray")
        ray.get(ray.remote(num_cpus=1)(_do_nothing).remote())
        mark("the first task, empty")
        ready = ray.remote(num_cpus=1)(_import_video_task)
        ray.get([ready.remote() for _ in range(_WORKERS)])
        mark("two workers import a video task")
        from preprocess.near_duplicates.hamming_join import cluster_codes

        cluster_codes(np.arange(3000, dtype=np.uint64).reshape(-1, 1), 6)
        mark("numba, a first comparison across videos")
        processes = _list_processes()
        last[:] = [time.perf_counter(), time.process_time()]
    mark("end Ray")
    print(json.dumps([steps, processes]))


def _do_nothing() -> None:
    pass


def _import_video_task() -> None:
    from preprocess.cutting.jpeg_decoder import promise_no_more_tensorflow
    from preprocess.writing import video_task  # noqa: F401

    promise_no_more_tensorflow()


def _list_processes() -> dict[str, float]:
    """Core seconds of the processes below this one, by what they are; those of one kind are added up."""
    import psutil

    kinds = ("gcs_server", "raylet", "dashboard.py", "log_monitor", "monitor.py", "DashboardAgent", "RuntimeEnvAgent")
    found: dict[str, float] = {}
    for process in psutil.Process().children(recursive=True):
        if process.status() == psutil.STATUS_ZOMBIE:  # what preprocess.ray_processes has ended
            continue
        words, used = f"{process.name()} {' '.join(process.cmdline())}", process.cpu_times()
        # The name of a process is what it runs first: raylet's command names the others.
        kind = next((kind for kind in kinds if kind in words.split(" --")[0]), None)
        kind = kind or ("workers" if "ray::" in words else "the guard")
        found[kind] = found.get(kind, 0.0) + used.user + used.system
    return found


def time_command(source: Path, out: Path) -> dict[str, float]:
    """Seconds from the call of preprocess to its first crops on the disk, and to its end."""
    command = [sys.executable, "-m", "preprocess", "--source", str(source), "--out", str(out), "--quiet"]
    nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    start, first = time.perf_counter(), None
    with subprocess.Popen([*command, "--workers", str(_WORKERS)], **nowhere) as process:
        while process.poll() is None:
            if first is None and any(out.glob(".work/*/spill/*.records")):
                first = time.perf_counter() - start
            time.sleep(_TICK)
    seconds = time.perf_counter() - start
    if first is None or not (out / "dataset.json").exists():  # its status is 1 where no model could learn from it
        raise DataError(f"preprocess made no dataset of {source}; call it to see why")
    return {"to_the_first_crops": first, "to_the_end": seconds}


def _time_commands(source: Path | None, rounds: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        if source is None:
            source = Path(folder, "sample")
            make_sample(source, SampleSpec(), workers=_WORKERS)
        found = [time_command(source, Path(folder, f"out-{number}")) for number in range(rounds)]
    return {name: median(seconds[name] for seconds in found) for name in found[0]}


def main(arguments: list[str]) -> int:
    parser = Parser("benchmarks.start", __doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--source", type=Path, help="what the command is called with instead of a made sample")
    chosen = parser.parse_args(arguments)
    rounds = chosen.rounds
    if rounds < 1:
        raise CallError(f"--rounds {rounds}: give at least 1")
    results = []
    for _ in range(rounds):
        done = subprocess.run([sys.executable, "-c", _ROUND], capture_output=True, text=True)
        if done.returncode:
            raise DataError(f"a round ended with status {done.returncode}: {done.stderr.strip().splitlines()[-1]}")
        results.append(json.loads(done.stdout.splitlines()[-1]))
    names = [step for step, *_ in results[0][0]]
    steps = {name: [median(found[0][place][part] for found in results) for part in (1, 2)]
             for place, name in enumerate(names)}  # fmt: skip
    processes = {kind: median(found[1].get(kind, 0.0) for found in results) for kind in sorted(results[0][1])}
    print(f"{'step':<40}{'seconds':>10}{'core seconds of the driver':>30}")
    for name, (seconds, core) in steps.items():
        print(f"{name:<40}{seconds:>10.2f}{core:>30.2f}")
    print(f"\n{'process':<40}{'core seconds':>10}")
    for kind, core in processes.items():
        print(f"{kind:<40}{core:>10.2f}")
    command = _time_commands(chosen.source, rounds)
    for name, seconds in command.items():
        print(f"{'the command ' + name.replace('_', ' '):<40}{seconds:>10.2f}")
    print(json.dumps({"rounds": rounds, "steps": steps, "processes": processes, "command": command}))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("start", main, sys.argv[1:]))
