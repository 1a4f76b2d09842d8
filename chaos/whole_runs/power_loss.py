"""Power that goes at a random instant: what the disk then holds is mounted again, and the run goes on there.

OUT lies on a file system of its own, in a file behind a loop device. At random instants all processes are stopped, the
file is copied, and they go on; a copy is what a power cut would leave: what was written but not synced is not in it,
for it is still in the memory of the file system above. The copy is mounted, whose journal replays. A try is an instant.
What this does not show is a drive that loses or reorders what it has said to be written.

Needs root, and mkfs for each kind of file system.
"""

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chaos.commands.resident_runs import ResidentRuns, start_resident_runs
from chaos.experiment import Bench, Findings
from chaos.workload import SMALL_SHARDS, Workload, compare_files, list_traces, make_workload
from shards.dataset import DATASET_FILE
from shards.verification import verify_dataset

_KINDS = {"ext4": (64 << 20, ["-q"]), "xfs": (300 << 20, ["-q"])}  # bytes, options of mkfs
_INSTANTS = 5  # of each run
_TRIES_WITH_CONTROL = 10
_CONTROLS = 3  # runs
_COPIES = 20  # after which an instant is given up, where the kernel writes all the time


def run(bench: Bench) -> Findings:
    """Cut the power at random instants, on each kind of file system that can be made here, in turn."""
    findings = Findings()
    if why := find_obstacle():
        findings.left_out = why
        return findings
    kinds = [kind for kind in _KINDS if shutil.which(f"mkfs.{kind}")]
    findings.measured |= {f"tried_on_{kind}": 0 for kind in kinds}
    workload = make_workload(bench.folder / "workload", videos=3)
    tries, number = bench.count_tries(), 0
    with start_resident_runs(bench.folder / "runs.log") as runs:
        _run_whole(runs, workload, bench.folder / "warm")  # the first one imports
        began = time.monotonic()
        _run_whole(runs, workload, bench.folder / "timed")
        seconds = time.monotonic() - began
        while taken := [place for place, _ in zip(range(_INSTANTS), tries, strict=False)]:
            kind = kinds[number % len(kinds)]
            folder = bench.folder / f"{kind}{number}"
            folder.mkdir()
            instants = sorted(bench.chance.uniform(0, seconds) for _ in taken[1:])
            for image, where in _cut_power(runs, workload, kind, folder, instants):
                _go_on(runs, workload, kind, image, f"{kind}, {where}", findings)
            shutil.rmtree(folder)
            number += 1
    if bench.tries >= _TRIES_WITH_CONTROL:
        _check_control(workload, kinds[0], bench, findings)
    return findings


def _check_control(workload: Workload, kind: str, bench: Bench, findings: Findings) -> None:
    """Cut the power of runs that sync nothing: where that loses nothing, this experiment shows nothing."""
    control = Findings(measured={f"tried_on_{kind}": 0})
    (bench.folder / "no_sync").mkdir()
    (bench.folder / "no_sync" / "sitecustomize.py").write_text("import os\nos.fsync = lambda file: None\n")
    environment = {"PYTHONPATH": f"{bench.folder / 'no_sync'}"}
    with start_resident_runs(bench.folder / "control.log", environment) as runs:
        for number in range(_CONTROLS):
            folder = bench.folder / f"control{number}"
            folder.mkdir()
            for image, where in _cut_power(runs, workload, kind, folder, []):
                _go_on(runs, workload, kind, image, where, control)
    findings.measured["lost_without_fsync"] = len(control.lost)
    if not control.lost:
        findings.lost.append("runs without fsync lose nothing either: what is copied here is no power cut")


def find_obstacle() -> str:
    """Why this cannot be tried here; empty where it can."""
    kinds = [kind for kind in _KINDS if shutil.which(f"mkfs.{kind}")]
    if not kinds:
        return f"there is none of {', '.join(f'mkfs.{kind}' for kind in _KINDS)}"
    if not shutil.which("losetup") or subprocess.run(["losetup", "--find"], capture_output=True).returncode:
        return "loop devices need root"
    return ""


def _run_whole(runs: ResidentRuns, workload: Workload, out: Path) -> None:
    runs.begin(workload.source, out, SMALL_SHARDS)
    if (end := runs.wait()).status:
        raise RuntimeError(f"an undisturbed run fails: {end.line}")


def _cut_power(
    runs: ResidentRuns, workload: Workload, kind: str, folder: Path, instants: list[float]
) -> list[tuple[Path, str]]:
    """Run with OUT on a file system of this kind. Returns what the disk held at some instants, and at the run's end.

    `instants` are in seconds from the run's start, in their order.
    """
    image, images = folder / "image", []
    size, options = _KINDS[kind]
    with open(image, "wb") as file:
        file.truncate(size)
    subprocess.run([f"mkfs.{kind}", *options, str(image)], check=True, capture_output=True)
    with mount_image(image, folder / "disk") as disk:
        began = time.monotonic()
        runs.begin(workload.source, disk / "out", SMALL_SHARDS)
        for number, instant in enumerate(instants):
            time.sleep(max(0.0, began + instant - time.monotonic()))
            if not runs.is_running():
                break
            runs.send(signal.SIGSTOP)
            try:
                if _copy_at_rest(image, folder / f"cut{number}"):
                    images.append((folder / f"cut{number}", f"{instant:.2f} s"))
            finally:
                runs.send(signal.SIGCONT)
        runs.wait()
        if _copy_at_rest(image, folder / "done"):
            images.append((folder / "done", "done"))
    return images


def _copy_at_rest(image: Path, copy: Path) -> bool:
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
    listed = subprocess.run(["losetup", "--noheadings", "--output", "NAME", "--associated", str(image)], **_TEXT)
    figures = Path(f"/sys/block/{Path(listed.stdout.strip()).name}/stat").read_text().split()
    return tuple(figures[4:9])  # writes, merged, sectors, time, in flight


_TEXT = {"check": True, "capture_output": True, "text": True}


@contextmanager
def mount_image(image: Path, place: Path) -> Iterator[Path]:
    """Mount a file with a file system in it at a place, which is made, for the block."""
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def _go_on(runs: ResidentRuns, workload: Workload, kind: str, image: Path, where: str, findings: Findings) -> None:
    """Mount what a power cut has left, look at the dataset in it, if it says to be whole, and go on with the run."""
    findings.measured[f"tried_on_{kind}"] += 1
    with mount_image(image, image.with_name("after")) as disk:
        found, out = "nothing", disk / "out"
        if (out / DATASET_FILE).exists():
            found = "whole"
            if damage := list(verify_dataset(out)):
                findings.lost.append(f"{where}: dataset.json over a dataset that is not whole: {damage[0]}")
        elif out.exists():
            found = "begun"
        if where.endswith("done") and found != "whole":
            findings.lost.append(f"{where}: the run had ended, and the dataset is {found}")
        runs.begin(workload.source, out, SMALL_SHARDS)
        if (end := runs.wait()).status:
            findings.lost.append(f"{where}: status {end.status}: {end.line}")
        differences = compare_files(workload.expected, out)
        findings.lost += [f"{where}: {line}" for line in differences]
        findings.lost += [f"{where}: {trace} stays" for trace in list_traces(disk)]
    findings.outcomes[f"{found}, then {'other' if differences else 'the same'} bytes"] += 1
