"""Power that goes while the drive holds writes that were not synced: it loses some of them and reorders the others.

OUT lies on a file system whose disk has a volatile cache (volatile_disk.py, a small FUSE file under the loop device).
At random writes of a run the power goes: what the file system had told the disk to sync is there; of what came after,
random blocks are there and the others are not. A try is an instant.

The control is a drive that says it has synced and has not: where that loses nothing, this experiment shows nothing.

Needs root, mkfs, /dev/fuse, libfuse and mfusepy.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from functools import partial
from pathlib import Path

from chaos.commands.resident_runs import start_resident_runs
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
from chaos.workload import make_workload
from console.calls.extras import explain_missing_packages, list_missing

_ROOT = Path(__file__).parent.parent.parent
_TRIES_WITH_CONTROL = 10
_CONTROLS = 3  # runs
_MOST_SECONDS = 60.0  # until a disk is there, or has gone
_SHARES = (0.0, 0.1, 0.5, 0.9)  # of the unsynced blocks, which are there after a cut

Counts = dict[str, int]  # of a cut: writes and flushes before it, unsynced and dropped blocks


class VolatileDiskProcess:
    """The process of a disk with a volatile cache."""

    def __init__(self, process: subprocess.Popen, disk: Path):
        self._process = process
        self.disk = disk  # the file of the disk's bytes

    def plan_cut(self, copy: Path, seed: int, share: float, after_writes: int) -> None:
        """Let the power go after so many writes; see volatile_disk.PowerCut."""
        self._ask(copy=str(copy), seed=seed, share=share, after_writes=after_writes)  # answered: no write is missed

    def cut(self, copy: Path, seed: int, share: float) -> dict[str, Counts]:
        """Let the power go now. Returns the counts of all cuts that were made, by their paths."""
        return self._ask(copy=str(copy), seed=seed, share=share)

    def _ask(self, **cut: object) -> dict[str, Counts]:
        print(json.dumps(cut), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


def run(bench: Bench) -> Findings:
    """Cut the power at random writes, on each kind of file system that can be made here, in turn."""
    findings = Findings(left_out=find_disk_obstacle())
    if findings.left_out:
        return findings
    workload = make_workload(bench.folder / "workload", videos=3)
    with start_resident_runs(bench.folder / "runs.log") as runs:
        cuts = PowerCuts(runs, workload, bench)
        cuts.try_all(partial(_cut_run, cuts, bench.chance, {}, findings), findings)
        if bench.tries >= _TRIES_WITH_CONTROL:
            if not findings.measured["unsynced_blocks"]:
                findings.lost.append("no cut met a write that was not synced: nothing was tried")
            _check_control(cuts, bench, findings)
    return findings


def _count_writes(cuts: PowerCuts, kind: str, folder: Path) -> int:
    """The writes to the disk in a run on this kind of file system."""
    folder.mkdir()
    make_image(kind, folder / "image")
    with (
        open_volatile_disk(folder / "image", folder / "volatile") as volatile,
        mount_image(kind, volatile.disk, folder / "disk") as disk,
    ):
        cuts.run_whole(disk / "out")
        made = volatile.cut(folder / DONE, 0, 1.0)
    return made[str(folder / DONE)]["writes"]


def _cut_run(
    cuts: PowerCuts,
    chance: random.Random,
    writes: dict[str, int],
    findings: Findings,
    kind: str,
    folder: Path,
    instants: int,
    lies: bool = False,
) -> list[LeftImage]:
    """See power_cuts.CutRun. `writes` are those of a run on each kind of file system, counted when they are needed."""
    if instants and kind not in writes:
        writes[kind] = _count_writes(cuts, kind, folder / "counted")
    make_image(kind, folder / "image")
    images = {}
    with open_volatile_disk(folder / "image", folder / "volatile", lies) as volatile:
        for number in range(instants):
            copy, share, after = folder / f"cut{number}", chance.choice(_SHARES), chance.randint(1, writes[kind])
            volatile.plan_cut(copy, chance.randrange(1 << 32), share, after)
            images[copy] = f"write {after}, {share:.0%} of the unsynced blocks"
        with mount_image(kind, volatile.disk, folder / "disk") as disk:
            cuts.begin(disk / "out")
            cuts.end()
            made = volatile.cut(folder / DONE, chance.randrange(1 << 32), chance.choice(_SHARES))
    images[folder / DONE] = DONE
    for counts in made.values():
        for name in ("unsynced_blocks", "dropped_blocks"):
            findings.measured[name] = findings.measured.get(name, 0) + counts[name]
    return [LeftImage(copy, where) for copy, where in images.items() if str(copy) in made]


def _check_control(cuts: PowerCuts, bench: Bench, findings: Findings) -> None:
    """Cut the power of a drive that syncs nothing though it says so."""
    control = Findings()
    cut_run = partial(_cut_run, cuts, bench.chance, {}, control, lies=True)
    for number in range(_CONTROLS):
        cuts.try_run(cut_run, list_kinds()[0], f"control{number}", 0, control)
    findings.measured["lost_by_a_drive_that_lies"] = len(control.lost)
    if not control.lost:
        findings.lost.append("a drive that syncs nothing loses nothing either: what is cut here is no power")


def find_disk_obstacle() -> str:
    """Why there can be no such disk here; empty where there can."""
    if why := find_mount_obstacle():
        return why
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse cannot be used"
    if list_missing(("mfusepy",)):
        return explain_missing_packages("mfusepy")
    if not (find_library("fuse") or find_library("fuse3")):
        return "libfuse is not installed: apt-get install fuse3"
    return ""


@contextmanager
def open_volatile_disk(image: Path, place: Path, lies: bool = False) -> Iterator[VolatileDiskProcess]:
    """A disk with a volatile cache for the block; what was synced is then in `image`.

    `place` is made, and the disk is a file in it. With `lies` the disk syncs nothing, and says that it has.
    """
    place.mkdir()
    command = [sys.executable, "-m", "chaos.commands.volatile_disk", str(image), str(place), *["--lies"] * lies]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    # A session of its own: what ends the harness unmounts first what lies on the disk.
    with subprocess.Popen(command, cwd=_ROOT, start_new_session=True, **pipes) as process:
        try:
            disk, until = place / "disk", time.monotonic() + _MOST_SECONDS
            while not disk.exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"the disk does not come: status {process.poll()}")
                time.sleep(0.02)
            yield VolatileDiskProcess(process, disk)
        finally:
            process.stdin.close()  # then it ends
            try:
                process.wait(_MOST_SECONDS)
            except subprocess.TimeoutExpired:  # in the mount namespace of another program it is mounted still
                process.kill()
