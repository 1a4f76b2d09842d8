"""Power that goes at a random instant: what the disk then holds is mounted again, and the run goes on there.

OUT lies on a file system of its own, in a file behind a loop device. At random instants all processes are stopped, the
file is copied, and they go on; a copy is what a power cut would leave: what was written but not synced is not in it,
for it is still in the memory of the file system above. A try is an instant. Drives that lose or reorder what they were
given but not told to sync are another experiment, lost_writes.

Needs root, and mkfs for each kind of file system.
"""

import random
import signal
import subprocess
import time
from functools import partial
from pathlib import Path

from chaos.commands.resident_runs import ResidentRuns, start_resident_runs
from chaos.experiment import Bench, Findings
from chaos.whole_runs.power_cuts import (
    DONE,
    LeftImage,
    PowerCuts,
    find_mount_obstacle,
    list_kinds,
    make_image,
    mount_image,
)
from chaos.workload import Workload, make_workload

_TRIES_WITH_CONTROL = 10
_CONTROLS = 3  # runs
_COPIES = 20  # after which an instant is given up, where the kernel writes all the time


def run(bench: Bench) -> Findings:
    """Cut the power at random instants, on each kind of file system that can be made here, in turn."""
    findings = Findings(left_out=find_mount_obstacle())
    if findings.left_out:
        return findings
    workload = make_workload(bench.folder / "workload", videos=3)
    with start_resident_runs(bench.folder / "runs.log") as runs:
        cuts = PowerCuts(runs, workload, bench)
        cuts.run_whole(bench.folder / "warm")  # the first one imports
        began = time.monotonic()
        cuts.run_whole(bench.folder / "timed")
        seconds = time.monotonic() - began
        cuts.try_all(partial(_cut_run, cuts, runs, bench.chance, seconds), findings)
    if bench.tries >= _TRIES_WITH_CONTROL:
        _check_control(workload, bench, findings)
    return findings


def _check_control(workload: Workload, bench: Bench, findings: Findings) -> None:
    """Cut the power of runs that sync nothing: where that loses nothing, this experiment shows nothing."""
    control = Findings()
    (bench.folder / "no_sync").mkdir()
    (bench.folder / "no_sync" / "sitecustomize.py").write_text("import os\nos.fsync = lambda file: None\n")
    environment = {"PYTHONPATH": f"{bench.folder / 'no_sync'}"}
    with start_resident_runs(bench.folder / "control.log", environment) as runs:
        cuts = PowerCuts(runs, workload, bench)
        for number in range(_CONTROLS):
            cut_run = partial(_cut_run, cuts, runs, bench.chance, 0.0)
            cuts.try_run(cut_run, list_kinds()[0], f"control{number}", 0, control)
    findings.measured["lost_without_fsync"] = len(control.lost)
    if not control.lost:
        findings.lost.append("runs without fsync lose nothing either: what is copied here is no power cut")


def _cut_run(
    cuts: PowerCuts, runs: ResidentRuns, chance: random.Random, seconds: float, kind: str, folder: Path, instants: int
) -> list[LeftImage]:
    """See power_cuts.CutRun. `seconds` is what a run takes."""
    image, images = folder / "image", []
    make_image(kind, image)
    with mount_image(kind, image, folder / "disk") as disk:
        began = time.monotonic()
        cuts.begin(disk / "out")
        for number, instant in enumerate(sorted(chance.uniform(0, seconds) for _ in range(instants))):
            time.sleep(max(0.0, began + instant - time.monotonic()))
            if not runs.is_running():
                break
            runs.send(signal.SIGSTOP)
            try:
                if copy_at_rest(image, folder / f"cut{number}"):
                    images.append(LeftImage(folder / f"cut{number}", f"{instant:.2f} s"))
            finally:
                runs.send(signal.SIGCONT)
        cuts.end()
        if copy_at_rest(image, folder / DONE):
            images.append(LeftImage(folder / DONE, DONE))
    return images


def copy_at_rest(image: Path, copy: Path) -> bool:
    """Copy a file system's file between two writes of the kernel's. False where it writes all the time."""
    for _ in range(_COPIES):
        before = _read_writes(image)
        subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)
        if _read_writes(image) == before:
            return True
        time.sleep(random.uniform(0.01, 0.05))
    return False


def _read_writes(image: Path) -> tuple[str, ...]:
    """How much was written to a file's loop device, and what is on its way."""
    command = ["losetup", "--noheadings", "--output", "NAME", "--associated", str(image)]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)
    figures = Path(f"/sys/block/{Path(listed.stdout.strip()).name}/stat").read_text().split()
    return tuple(figures[4:9])  # writes, merged, sectors, time, in flight
