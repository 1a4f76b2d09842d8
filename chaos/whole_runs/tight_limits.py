"""Too little of what a run needs: a read-only output, a source that goes or changes, few descriptors, small disks.

Each case is one try: preprocess has to make the same bytes, or to end in one line with the right status. Afterwards the
same command, without the limit, has to end in the same bytes. Mounts need root, in a mount namespace of their own;
where there is none, their cases are left out and counted as such.
"""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from chaos.commands.started_command import StartedCommand, start_command
from chaos.experiment import Bench, Findings
from chaos.workload import SMALL_SHARDS, Workload, compare_files, list_traces, make_workload

_MOST_SECONDS = 400  # of a run, on a busy machine


class _Case(NamedTuple):
    """One limit."""

    name: str
    statuses: tuple[int, ...]  # that are right
    shell: str = ""  # run as root in a mount namespace, before the command; $F is the try's folder
    disturb: Callable[[StartedCommand, Path], None] | None = None  # during the run; it is given the try's folder
    environment: str = ""  # more variables of the shell, NAME=VALUE; $F as above


def _await_work(command: StartedCommand, folder: Path) -> None:
    while command.status is None and not list(folder.glob("out/.work/*/spill/*.json")):
        time.sleep(0.01)


def _take_source_away(command: StartedCommand, folder: Path) -> None:
    _await_work(command, folder)
    os.rename(folder / "source", folder / "elsewhere")
    command.wait(_MOST_SECONDS)
    os.rename(folder / "elsewhere", folder / "source")


def _change_frames(command: StartedCommand, folder: Path) -> None:
    """Put the bytes of another frame in the place of frames again and again, then the right ones."""
    frames = sorted((folder / "source").rglob("*.jpg"))[::3]
    right = {frame: (frame.read_bytes(), frame.stat()) for frame in frames}
    is_over = threading.Event()

    def disturb() -> None:
        while not is_over.is_set():
            for frame, other in zip(frames, [*frames[1:], frames[0]], strict=True):
                frame.write_bytes(right[other][0])
                time.sleep(0.001)

    thread = threading.Thread(target=disturb)
    thread.start()
    command.wait(_MOST_SECONDS)
    is_over.set()
    thread.join()
    for frame, (data, stat) in right.items():
        frame.write_bytes(data)
        os.utime(frame, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _fill_rays_disk(command: StartedCommand, folder: Path) -> None:
    """Leave nothing free on the small disk, which is seen through the command's own mount namespace."""
    _await_work(command, folder)
    try:
        with open(Path("/proc", str(command.pid), "root", "mnt", "filling"), "wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 20))
    except OSError:  # it is full, or the run has ended
        pass


# A short path: a socket's has few bytes, and Ray passes over folders that are too deep for its own.
_SMALL = "mount -t tmpfs -o {} none /mnt"
# The try's folder stays where it is, though /tmp, where it may lie, becomes a small disk.
_NO_ROOM = (
    "mount --bind $F /mnt; for place in /tmp /dev/shm; do mount -t tmpfs -o size=4m none $place; done; "
    "mkdir -p $F; mount --bind /mnt $F"
)
CASES = (
    _Case("output that is read-only", (2,), "mkdir $F/out; mount -t tmpfs -o ro none $F/out"),
    _Case("output on a disk of 1 MB", (2,), "mkdir $F/out; mount -t tmpfs -o size=1m none $F/out"),
    _Case("no space for Ray's files", (2,), _NO_ROOM),
    _Case("128 descriptors", (0, 1, 2), "ulimit -n 128"),
    _Case("source that goes", (1,), disturb=_take_source_away),
    _Case("frames that change", (0, 1), disturb=_change_frames),
    _Case("shared memory of 64 MB", (0,), "mount -t tmpfs -o size=64m none /dev/shm"),
    _Case("TMPDIR of 8 MB", (0,), _SMALL.format("size=8m"), environment="TMPDIR=/mnt"),
    _Case("home that is read-only", (0,), _SMALL.format("ro"), environment="HOME=/mnt"),
    _Case("Ray's disk gets full", (0, 1, 2), _SMALL.format("size=200m"), _fill_rays_disk, "RAY_TMPDIR=/mnt"),
)


def run(bench: Bench) -> Findings:
    """Try each case once."""
    findings = Findings()
    workload = make_workload(bench.folder / "workload", videos=8, defects=False)
    for number in bench.count_tries():
        if number >= len(CASES):
            break
        case = CASES[number]
        if case.shell and not can_mount():
            findings.outcomes[f"{case.name}: left out, needs root"] += 1
            continue
        folder = bench.folder / str(number)
        shutil.copytree(workload.source, folder / "source")
        _try(case, workload, folder, findings)
        shutil.rmtree(folder)
    return findings


def can_mount() -> bool:
    """Whether this process may mount things in a mount namespace of its own."""
    try:
        return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _try(case: _Case, workload: Workload, folder: Path, findings: Findings) -> None:
    call = ["-m", "preprocess", "--source", str(folder / "source"), "--out", str(folder / "out"), "--workers", "2"]
    call += ["--shard_bytes", str(SMALL_SHARDS)]
    words = f"F={folder}; set -e; {case.shell or ':'}; {f'export {case.environment};' if case.environment else ''}"
    prefix = ["unshare", "--mount"] if case.shell else []
    with start_command(call, folder, prefix=[*prefix, "sh", "-c", f'{words} exec "$@"', "sh"]) as command:
        if case.disturb:
            case.disturb(command, folder)
        status = command.wait(_MOST_SECONDS)
        line = command.last_line
    if status not in case.statuses:
        findings.lost.append(f"{case.name}: status {status}, which is none of {case.statuses}: {line}")
    if status and not line.startswith("preprocess: "):
        findings.lost.append(f"{case.name}: does not end in one line: {line}")
    if not (case.shell and status == 0):  # a dataset that was made in a mount namespace may have gone with it
        _run_again(case, [*call, "--replace"] if status == 0 else call, folder, findings)
    differences = compare_files(workload.expected, folder / "out")
    findings.lost += [f"{case.name}: {line}" for line in differences]
    traces = [trace for trace in list_traces(folder) if not trace.startswith("source/")]
    findings.lost += [f"{case.name}: {trace} stays" for trace in traces]
    findings.outcomes[f"{case.name}: status {status}, then {'other' if differences else 'the same'} bytes"] += 1


def _run_again(case: _Case, call: list[str], folder: Path, findings: Findings) -> None:
    with start_command(call, folder) as command:
        if command.wait(_MOST_SECONDS) != 0:
            findings.lost.append(f"{case.name}: afterwards status {command.status}: {command.last_line}")
