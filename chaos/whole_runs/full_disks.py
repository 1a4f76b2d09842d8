"""Disks that fail at each operation in turn: full (ENOSPC, from then on), broken for a moment (EIO), short writes.

An undisturbed run counts its operations: openings for writing, writes, fsyncs, renames, new folders. Then the first
fails, then the second, and so on to the last. Each time the run has to end in one line with the right status, must not
leave a dataset.json over a dataset that is not whole, and the same command has to end in the same bytes afterwards.
"""

import errno
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from chaos.commands.disk_faults import DiskPlan, count_operations, name_environment, write_plan
from chaos.commands.instants import HANGS_AFTER
from chaos.commands.resident_runs import ResidentRuns, RunEnd, start_resident_runs
from chaos.commands.training_process import TrainingProcess, prepare_training
from chaos.experiment import Bench, Findings
from chaos.whole_runs.training_kills import compare_outcomes, read_outcome
from chaos.workload import SMALL_SHARDS, Workload, compare_files, find_fault, list_traces, make_workload
from shards.dataset import DATASET_FILE

_TRIES_A_TRAINING = 12
_Act = Callable[[Path, DiskPlan], RunEnd]  # a run into a folder, on a disk that fails as planned


class _Fault(NamedTuple):
    words: str
    error: int
    lasts: bool
    status: int


_FAULTS = (_Fault("disk full", errno.ENOSPC, True, 2), _Fault("a moment's EIO", errno.EIO, False, 1))


def run(bench: Bench) -> Findings:
    """Let each operation fail in turn, with both errors, or as many of them as there are tries, evenly chosen.

    One in twelve tries is a training, which takes much longer.
    """
    findings = Findings()
    trainings = bench.tries // _TRIES_A_TRAINING
    workload = make_workload(bench.folder / "workload", videos=3, defects=False)
    disk = bench.folder / "disk.json"
    write_plan(disk, DiskPlan(str(bench.folder / "nowhere")))
    environment = name_environment(disk, bench.folder / "startup")
    with start_resident_runs(bench.folder / "runs.log", environment) as runs:
        act = partial(_run, runs, disk, workload)
        _try_short_writes(act, workload, bench.folder / "short", findings)
        act(bench.folder / "counted", DiskPlan(str(bench.folder / "counted")))
        operations = count_operations(disk)
        findings.measured["operations"] = operations
        tries = bench.count_tries()
        for fault, number in _choose(operations, bench.tries - trainings):
            if next(tries, None) is None:
                break
            _try(act, workload, bench.folder / "try", fault, number, findings)
    if trainings and next(tries, None) is not None:
        _try_trainings(make_workload(bench.folder / "pets"), bench, trainings, tries, findings)
    return findings


def _choose(operations: int, count: int) -> list[tuple[_Fault, int]]:
    """Every fault at every operation, or `count` of them, evenly chosen."""
    every = [(fault, number) for fault in _FAULTS for number in range(1, operations + 1)]
    return [every[place * len(every) // count] for place in range(count)] if count < len(every) else every


def _try_trainings(workload: Workload, bench: Bench, count: int, tries: Iterator[int], findings: Findings) -> None:
    """Let writes of a training fail; the same command has to end with the same weights afterwards."""
    call = prepare_training(workload.dataset, bench.folder / "small.keras")
    disk, undisturbed = bench.folder / "training.json", bench.folder / "undisturbed"

    def train(out: Path, number: int = 0, fault: _Fault = _FAULTS[0]) -> tuple[int | None, str]:
        write_plan(disk, DiskPlan(str(out.parent), number, fault.error, fault.lasts))
        process = TrainingProcess([*call, "--out", str(out)], bench.folder / "log", disk)
        status = process.wait(4 * HANGS_AFTER)
        return status, (process.errors.splitlines() or [""])[-1]

    undisturbed.mkdir()
    train(undisturbed / "run")
    findings.measured["operations_of_a_training"] = operations = count_operations(disk)
    expected = read_outcome(undisturbed / "run")
    for place, (fault, number) in enumerate(_choose(operations, count)):
        if place and next(tries, None) is None:
            return
        where, folder = f"training, {fault.words} at operation {number}", bench.folder / f"training{place}"
        folder.mkdir()
        status, line = train(folder / "run", number, fault)
        if status not in (0, fault.status) or "fault of the program" in line:
            findings.lost.append(f"{where}: status {status}: {line}")
        again, line = train(folder / "run")
        if again != 0:
            findings.lost.append(f"{where}: started again, it ends with status {again}: {line}")
        else:
            differences = compare_outcomes(expected, read_outcome(folder / "run"))
            findings.lost += [f"{where}: {name} differs" for name in differences]
        findings.lost += [f"{where}: {trace} stays" for trace in list_traces(folder)]
        findings.outcomes[f"training, {fault.words}: status {status}"] += 1
        shutil.rmtree(folder)


def _try(act: _Act, workload: Workload, folder: Path, fault: _Fault, number: int, findings: Findings) -> None:
    where = f"{fault.words} at operation {number}"
    folder.mkdir()
    ended = act(folder / "out", DiskPlan(str(folder), number, fault.error, fault.lasts))
    index = folder / "out" / DATASET_FILE
    if index.exists() and (damage := find_fault(folder / "out")):
        findings.lost.append(f"{where}: dataset.json over a dataset that is not whole: {damage}")
    if ended.status not in (0, fault.status) or "fault of the program" in ended.line:
        findings.lost.append(f"{where}: status {ended.status}: {ended.line}")
    again = act(folder / "out", DiskPlan(str(folder)))
    if again.status != 0:
        findings.lost.append(f"{where}: started again, it ends with status {again.status}: {again.line}")
    differences = compare_files(workload.expected, folder / "out")
    findings.lost += [f"{where}: {line}" for line in differences]
    findings.lost += [f"{where}: {trace} stays" for trace in list_traces(folder)]
    same = "other" if differences else "the same"
    findings.outcomes[f"{fault.words}: status {ended.status}, then {same} bytes"] += 1
    shutil.rmtree(folder)


def _try_short_writes(act: _Act, workload: Workload, folder: Path, findings: Findings) -> None:
    folder.mkdir()
    ended = act(folder / "out", DiskPlan(str(folder), is_short=True))
    if ended.status != 0:
        findings.lost.append(f"short writes: status {ended.status}: {ended.line}")
    findings.lost += [f"short writes: {line}" for line in compare_files(workload.expected, folder / "out")]
    findings.outcomes["short writes: the same bytes"] += 1


def _run(runs: ResidentRuns, disk: Path, workload: Workload, out: Path, plan: DiskPlan) -> RunEnd:
    """Run preprocess on a disk that fails as planned; `disk` is where the plan is written."""
    write_plan(disk, plan)
    runs.begin(workload.source, out, SMALL_SHARDS)
    return runs.wait()
