"""What power_loss and lost_writes share: runs on a file system in an image, and what a power cut has left of it.

Each experiment has its own way to come to the images. An image is mounted, whose journal replays, the dataset in it is
checked if it says to be whole, and the run goes on there.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from chaos.commands.resident_runs import ResidentRuns
from chaos.experiment import Bench, Findings
from chaos.workload import SMALL_SHARDS, Workload, compare_files, find_fault, list_traces
from shards.dataset import DATASET_FILE

_KINDS = {"ext4": 64 << 20, "xfs": 300 << 20}  # bytes
# xfs refuses a copy while its original is mounted, as it may still be in the mount namespace of another program.
_MOUNT_OPTIONS = {"ext4": "loop", "xfs": "loop,nouuid"}
_INSTANTS = 5  # of each run
DONE = "done"  # the instant at which a run has ended


class LeftImage(NamedTuple):
    """What the disk held at an instant."""

    image: Path
    where: str  # the instant, or DONE


# Runs with OUT on a file system of a kind, in a folder that is there, and cuts the power at some instants and when the
# run has ended. Given the kind, the folder and the number of instants.
CutRun = Callable[[str, Path, int], list[LeftImage]]


class PowerCuts:
    """Runs whose power goes, and what came of them."""

    def __init__(self, runs: ResidentRuns, workload: Workload, bench: Bench):
        self._runs, self._workload, self._bench = runs, workload, bench

    def run_whole(self, out: Path) -> None:
        """An undisturbed run."""
        self.begin(out)
        self.end()

    def begin(self, out: Path) -> None:
        """Begin a run."""
        self._runs.begin(self._workload.source, out, SMALL_SHARDS)

    def end(self) -> None:
        """Wait for the end of a run that nothing disturbs."""
        if (end := self._runs.wait()).status:
            raise RuntimeError(f"an undisturbed run fails: {end.line}")

    def try_all(self, cut_run: CutRun, findings: Findings) -> None:
        """Cut the power of runs until all tries are done, on each kind of file system in turn.

        A run can be over before an instant that was meant for it; a later run then makes up for it.
        """
        kinds, number = list_kinds(), 0
        findings.measured |= {f"tried_on_{kind}": 0 for kind in kinds}
        while (left := self._bench.tries - findings.outcomes.total()) > 0 and not self._bench.is_over():
            self.try_run(cut_run, kinds[number % len(kinds)], f"run{number}", min(left, _INSTANTS) - 1, findings)
            number += 1

    def try_run(self, cut_run: CutRun, kind: str, name: str, instants: int, findings: Findings) -> None:
        """Cut the power of one run, at so many instants and when it has ended, and go on from each of them."""
        folder = self._bench.folder / name
        folder.mkdir()
        left = cut_run(kind, folder, instants)
        if not left:
            findings.outcomes["never at rest, so not copied"] += 1
        for image, where in left:
            figure = f"tried_on_{kind}"
            findings.measured[figure] = findings.measured.get(figure, 0) + 1
            self._go_on(kind, image, where, findings)
        shutil.rmtree(folder)

    def _go_on(self, kind: str, image: Path, where: str, findings: Findings) -> None:
        """Mount what a power cut has left, look at the dataset in it, and go on with the run."""
        try:
            with mount_image(kind, image, image.with_name("after")) as disk:
                self._check(disk, f"{kind}, {where}", findings)
        except subprocess.CalledProcessError as error:
            if error.cmd[0] != "mount":
                raise
            findings.lost.append(f"{kind}, {where}: the file system is gone: {error.stderr.strip()}")
            findings.outcomes["no file system"] += 1

    def _check(self, disk: Path, where: str, findings: Findings) -> None:
        found, out = "nothing", disk / "out"
        if (out / DATASET_FILE).exists():
            found = "whole"
            if damage := find_fault(out):
                findings.lost.append(f"{where}: dataset.json over a dataset that is not whole: {damage}")
        elif out.exists():
            found = "begun"
        if where.endswith(DONE) and found != "whole":
            findings.lost.append(f"{where}: the run had ended, and the dataset is {found}")
        self.begin(out)
        if (end := self._runs.wait()).status:
            findings.lost.append(f"{where}: status {end.status}: {end.line}")
        differences = compare_files(self._workload.expected, out)
        findings.lost += [f"{where}: {line}" for line in differences]
        findings.lost += [f"{where}: {trace} stays" for trace in list_traces(disk)]
        findings.outcomes[f"{found}, then {'other' if differences else 'the same'} bytes"] += 1


def find_mount_obstacle() -> str:
    """Why no image can be mounted here; empty where it can."""
    if not list_kinds():
        return f"there is none of {', '.join(f'mkfs.{kind}' for kind in _KINDS)}"
    if not shutil.which("losetup") or subprocess.run(["losetup", "--find"], capture_output=True).returncode:
        return "loop devices need root"
    return ""


def list_kinds() -> list[str]:
    """The kinds of file systems that can be made here."""
    return [kind for kind in _KINDS if shutil.which(f"mkfs.{kind}")]


def make_image(kind: str, image: Path) -> None:
    """Make a file with an empty file system of this kind in it."""
    with open(image, "wb") as file:
        file.truncate(_KINDS[kind])
    subprocess.run([f"mkfs.{kind}", "-q", str(image)], check=True, capture_output=True)


@contextmanager
def mount_image(kind: str, image: Path, place: Path) -> Iterator[Path]:
    """Mount a file with a file system of this kind in it at a place, which is made, for the block."""
    place.mkdir(exist_ok=True)
    command = ["mount", "-o", _MOUNT_OPTIONS[kind], str(image), str(place)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True, capture_output=True, text=True)
