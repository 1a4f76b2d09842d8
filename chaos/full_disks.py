"""Disks that fail at each operation in turn: full (ENOSPC, from then on), broken for a moment (EIO), short writes.

An undisturbed run counts its operations: openings for writing, writes, fsyncs, renames, new folders. Then the first
fails, then the second, and so on to the last. Each time the run has to end in one line with the right status, must not
leave a dataset.json over a dataset that is not whole, and the same command has to end in the same bytes afterwards.
"""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from chaos.commands.disk_faults import DiskPlan, count_operations, name_environment, write_plan
from chaos.experiment import Bench, Findings
from chaos.workload import Workload, compare_files, list_traces, make_workload
from console.failures import describe_failure
from preprocess.ray_cluster import start_ray
from preprocess.run import run as preprocess
from preprocess.settings import PreprocessSettings
from shards.dataset import DATASET_FILE
from shards.verification import verify_dataset

_SHARD_BYTES = 400_000


class _Fault(NamedTuple):
    words: str
    error: int
    lasts: bool
    status: int


_FAULTS = (_Fault("disk full", errno.ENOSPC, True, 2), _Fault("a moment's EIO", errno.EIO, False, 1))


def run(bench: Bench) -> Findings:
    """Let each operation fail in turn, with both errors, or as many of them as there are tries, evenly chosen."""
    findings = Findings()
    workload = make_workload(bench.folder / "workload", videos=3, shard_bytes=_SHARD_BYTES, defects=False)
    with _start_runs(bench.folder) as runs:
        _try_short_writes(runs, workload, bench.folder / "short", findings)
        plan = DiskPlan(str(bench.folder / "counted"))
        operations = runs.run(workload.source, bench.folder / "counted", plan).operations
        findings.measured["operations"] = operations
        every = [(fault, number) for fault in _FAULTS for number in range(1, operations + 1)]
        step = max(1.0, len(every) / bench.tries)
        for place in bench.count_tries():
            if int(place * step) >= len(every):
                break
            _try(runs, workload, bench.folder / "try", *every[int(place * step)], findings)
    return findings


def _try(runs: "_Runs", workload: Workload, folder: Path, fault: _Fault, number: int, findings: Findings) -> None:
    where = f"{fault.words} at operation {number}"
    folder.mkdir()
    ended = runs.run(workload.source, folder / "out", DiskPlan(str(folder), number, fault.error, fault.lasts))
    index = folder / "out" / DATASET_FILE
    if index.exists() and (damage := list(verify_dataset(folder / "out"))):
        findings.lost.append(f"{where}: dataset.json over a dataset that is not whole: {damage[0]}")
    if ended.status not in (0, fault.status) or "fault of the program" in ended.line:
        findings.lost.append(f"{where}: status {ended.status}: {ended.line}")
    again = runs.run(workload.source, folder / "out", DiskPlan(str(folder)))
    if again.status != 0:
        findings.lost.append(f"{where}: started again, it ends with status {again.status}: {again.line}")
    findings.lost += [f"{where}: {line}" for line in compare_files(workload.expected, folder / "out")]
    findings.lost += [f"{where}: {trace} stays" for trace in list_traces(folder)]
    findings.outcomes[f"{fault.words}: status {ended.status}, then the same bytes"] += 1
    shutil.rmtree(folder)


def _try_short_writes(runs: "_Runs", workload: Workload, folder: Path, findings: Findings) -> None:
    folder.mkdir()
    ended = runs.run(workload.source, folder / "out", DiskPlan(str(folder), is_short=True))
    if ended.status != 0:
        findings.lost.append(f"short writes: status {ended.status}: {ended.line}")
    findings.lost += [f"short writes: {line}" for line in compare_files(workload.expected, folder / "out")]
    findings.outcomes["short writes: the same bytes"] += 1


class _End(NamedTuple):
    status: int
    line: str
    operations: int


class _Runs:
    """A process with a Ray of its own, in which runs follow each other: starting Ray for each takes seconds."""

    def __init__(self, process: subprocess.Popen, plan: Path):
        self._process, self._plan = process, plan

    def run(self, source: Path, out: Path, plan: DiskPlan) -> _End:
        """Run preprocess on a disk that fails as planned; how it ended, as the command would say it."""
        write_plan(self._plan, plan)
        print(json.dumps([str(source), str(out)]), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        operations = count_operations(self._plan)
        if not answer:
            raise RuntimeError(f"the process of the runs has ended with status {self._process.wait()}")
        return _End(*json.loads(answer), operations)


@contextmanager
def _start_runs(folder: Path) -> Iterator[_Runs]:
    plan = folder / "plan.json"
    write_plan(plan, DiskPlan(str(folder / "nowhere")))
    environment = os.environ | name_environment(plan, folder / "startup")
    with (
        open(folder / "runs.log", "wb") as log,
        subprocess.Popen(
            [sys.executable, "-c", "from chaos.full_disks import answer_requests; answer_requests()"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        yield _Runs(process, plan)
        process.stdin.close()


def answer_requests() -> None:
    """Run preprocess for each line of stdin, a source and OUT; answer by a line with the status and the message."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a run prints is no answer
    with start_ray(2, None):
        for line in sys.stdin:
            print(json.dumps(_run_once(*json.loads(line))), file=answers, flush=True)


def _run_once(source: str, out: str) -> tuple[int, Any]:
    try:
        preprocess(PreprocessSettings(source=[source], out=out, shard_bytes=_SHARD_BYTES, workers=2))
    except Exception as error:
        return describe_failure(error)
    return 0, ""
