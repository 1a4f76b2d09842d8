"""SIGKILL at random instants of a training run of two stages, its evaluation and its report.

A chain of kills: the run is killed and started again in the same folder until one ends by itself. Then its weights, its
history and its evaluation are compared with those of a run that was not disturbed. A kill is a try.
"""

import csv
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from chaos.commands.instants import HANGS_AFTER, draw_instant, list_names, wait_for_instant
from chaos.commands.training_process import TrainingProcess, prepare_training
from chaos.experiment import Bench, Findings
from chaos.workload import list_traces, make_workload
from trainer.run_files.history import HISTORY_DIGEST

_TIMED = ("images_per_second", "waiting_share", "seconds", "first_step")  # columns that no two runs share
_PASSING_NAMES = 25  # partial files, and checkpoints that are gone at the end
_STAGES = (  # where a run is, by what it has said; the latest first
    ("drawing the report", "report"),
    ("evaluating the best", "evaluation"),
    ("epoch   2", "second stage"),
    ("device  ", "first stage"),
    ("", "start"),
)


@dataclass
class _Chain:
    """Runs in one folder, killed until one ends."""

    folder: Path
    kills: list[str] = field(default_factory=list)  # "second stage"

    @property
    def out(self) -> Path:
        return self.folder / "run"


def run(bench: Bench) -> Findings:
    """Kill runs at random instants. Lost: other weights, another history or evaluation, and files that stay behind."""
    findings = Findings()
    workload = make_workload(bench.folder / "workload", videos=8)
    call = prepare_training(workload.dataset, bench.folder / "small.keras")
    undisturbed = bench.folder / "undisturbed"
    straight = TrainingProcess([*call, "--out", str(undisturbed)], bench.folder / "undisturbed.log")
    if straight.wait(10 * HANGS_AFTER) != 0:
        findings.lost.append(f"an undisturbed run ends with status {straight.status}: {straight.errors[-200:]}")
        return findings
    size = straight.seconds, len(list_names([undisturbed])) + _PASSING_NAMES
    expected = read_outcome(undisturbed)
    tries, number = bench.count_tries(), 0
    is_over = next(tries, None) is None
    while not is_over:
        chain = _Chain(bench.folder / f"chain{number}")
        chain.folder.mkdir()
        is_over = _run_chain(chain, call, tries, bench, findings, size)
        _check_end(chain, expected, findings)
        shutil.rmtree(chain.folder)
        number += 1
        bench.say(f"  {findings.outcomes.total()} kills in {number} chains, {len(findings.lost)} lost")
    findings.measured["chains"] = number
    return findings


def _run_chain(
    chain: _Chain,
    call: list[str],
    tries: Iterator[int],
    bench: Bench,
    findings: Findings,
    size: tuple[float, int],
) -> bool:
    """Kill and start again, until a run ends by itself. Returns whether all tries are done.

    `size` is how many seconds a whole run takes, and how many names appear in its folder.
    """
    is_over = False
    while True:
        process = TrainingProcess([*call, "--out", str(chain.out)], chain.folder / "log")
        findings.measured["runs"] = findings.measured.get("runs", 0) + 1
        if not is_over and _wait(process, chain, bench, size):
            process.kill()
            chain.kills.append(next(name for words, name in _STAGES if words in process.errors))
            is_over = next(tries, None) is None
            continue
        if process.wait(HANGS_AFTER) is None:
            process.kill()
            findings.lost.append(f"a run hangs: {process.errors[-200:]}; {_word(chain)}")
        elif process.status != 0:
            findings.lost.append(f"status {process.status}: {process.errors[-200:]}; {_word(chain)}")
        return is_over


def _wait(process: TrainingProcess, chain: _Chain, bench: Bench, size: tuple[float, int]) -> bool:
    return wait_for_instant(draw_instant(bench.chance, *size), [chain.out], lambda: process.status is None)


def _word(chain: _Chain) -> str:
    return f"after kills in {', '.join(chain.kills) or 'no stage'}"


def _check_end(chain: _Chain, expected: dict[str, Any], findings: Findings) -> None:
    """Compare what came of a chain with the undisturbed run, and look for files that no run needs."""
    is_done = (chain.out / "metrics.json").exists()
    differences = compare_outcomes(expected, read_outcome(chain.out)) if is_done else ["metrics.json"]
    findings.lost += [f"{name} differs; {_word(chain)}" for name in differences]
    result = "another outcome" if differences else "the same weights"
    findings.outcomes.update(f"{stage}: {result}" for stage in chain.kills)
    findings.lost += [f"{trace} stays; {_word(chain)}" for trace in list_traces(chain.folder)]


def read_outcome(run: Path) -> dict[str, Any]:
    """What a run has come to: each array of its model, its history without times, and its evaluation."""
    outcome: dict[str, Any] = {}
    with zipfile.ZipFile(run / "model.keras") as archive, h5py.File(archive.open("model.weights.h5")) as file:
        file.visititems(lambda name, item: outcome.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    with (run / "history.csv").open(encoding="utf-8", newline="") as rows:
        history = [{name: value for name, value in row.items() if name not in _TIMED} for row in csv.DictReader(rows)]
    metrics = json.loads((run / "metrics.json").read_bytes())
    for name in ("digest", HISTORY_DIGEST):  # of bytes that hold times
        metrics.pop(name, None)
    return outcome | {"history.csv": history, "metrics.json": metrics}


def compare_outcomes(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """The names of what is not the same, to the last bit."""
    return sorted(
        name for name in expected | found if not _is_same(expected.get(name, np.nan), found.get(name, np.nan))
    )


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    return one == other
