"""Two at once in one folder: two runs, a check during a run, and a training while its dataset is replaced.

What has to come of it: of two runs one makes the dataset and the other ends with status 2, or finds nothing to do; a
check finds a whole dataset, always; a training ends with the weights of the version that it began with.
"""

import io
import shutil
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from chaos.commands.instants import HANGS_AFTER
from chaos.commands.started_command import StartedCommand, start_command
from chaos.commands.training_process import TrainingProcess, prepare_training
from chaos.experiment import Bench, Findings
from chaos.whole_runs.training_kills import compare_outcomes, read_outcome
from chaos.workload import SMALL_SHARDS, Workload, compare_files, digest_files, make_workload
from console.command import run_command
from preprocess.output_folder.versions import begin_next_version, remove_old_versions, switch_versions
from preprocess.output_folder.work_folders import WORK
from tools.verify import main as verify

_OTHER_SHARDS = 90_000  # bytes: another version of the dataset, some of whose shards have the old ones' names
_LONGEST = 10  # seconds from the start of one to the start of the other


class _Trials:
    """What all tries share, and what came of them."""

    def __init__(self, bench: Bench):
        self.bench, self.findings = bench, Findings()
        self.workload = make_workload(bench.folder / "workload", videos=8)
        self._training: tuple[list[str], dict[str, Any]] | None = None

    def lose(self, what: str) -> None:
        self.findings.lost.append(what)

    @property
    def training(self) -> tuple[list[str], dict[str, Any]]:
        """The call of a training run but for --train and --out, and what it comes to undisturbed."""
        if not self._training:
            call = prepare_training(self.workload.dataset, self.bench.folder / "small.keras")
            out = self.bench.folder / "undisturbed"
            process = TrainingProcess([*call, "--out", str(out)], self.bench.folder / "undisturbed.log")
            if process.wait(10 * HANGS_AFTER) != 0:
                raise RuntimeError(f"an undisturbed training ends with {process.status}: {process.errors[-200:]}")
            self._training = call[2:], read_outcome(out)
        return self._training

    def wait_a_moment(self) -> None:
        time.sleep(self.bench.chance.uniform(0, _LONGEST))


def run(bench: Bench) -> Findings:
    """Let the three kinds of trials take turns."""
    trials = _Trials(bench)
    turns: list[Callable[[_Trials, Path], str]] = [run_twice, verify_meanwhile, train_meanwhile]
    for number in bench.count_tries():
        folder = bench.folder / f"try{number}"
        folder.mkdir()
        trials.findings.outcomes[turns[number % len(turns)](trials, folder)] += 1
        shutil.rmtree(folder)
    return trials.findings


def _call(workload: Workload, out: Path, shard_bytes: int, *more: str) -> list[str]:
    call = ["-m", "preprocess", "--source", str(workload.source), "--out", str(out), "--workers", "2"]
    return [*call, "--shard_bytes", str(shard_bytes), *more]


def run_twice(trials: _Trials, folder: Path) -> str:
    """Two runs into one folder, a moment apart."""
    call = _call(trials.workload, folder / "out", SMALL_SHARDS)
    with start_command(call, folder) as first:
        trials.wait_a_moment()
        with start_command(call, folder) as second:
            ends = sorted((_await_end(command), command.last_line) for command in (first, second))
    statuses = [status for status, _ in ends]
    if statuses not in ([0, 0], [0, 2]):
        trials.lose(f"two runs end with {statuses}: {ends[-1][1]}")
    if statuses == [0, 2] and "another run is writing" not in ends[-1][1]:
        trials.lose(f"the second of two runs says: {ends[-1][1]}")
    for line in compare_files(trials.workload.expected, folder / "out"):
        trials.lose(f"after two runs at once {line}")
    return "two runs: one made it, the other " + ("was refused" if statuses == [0, 2] else "found it done")


def verify_meanwhile(trials: _Trials, folder: Path) -> str:
    """Checks of a dataset, one after the other, while a run replaces it by another version."""
    out, statuses = folder / "out", set()
    shutil.copytree(trials.workload.dataset, out)
    before = digest_files(out)
    with start_command(_call(trials.workload, out, _OTHER_SHARDS, "--replace"), folder) as command:
        while command.status is None and command.seconds < HANGS_AFTER:
            status, line = _verify(out)
            statuses.add(status)
            if status:
                trials.lose(f"a check during a run ends with {status}: {line}")
            time.sleep(0.05)
        if _await_end(command) != 0:
            trials.lose(f"a run that is checked meanwhile ends with {command.status}: {command.last_line}")
    status, line = _verify(out)
    if status != 0 or digest_files(out) == before:
        trials.lose(f"after --replace and checks meanwhile: status {status}: {line}")
    return f"checks during --replace: statuses {', '.join(map(str, sorted(statuses)))}, then whole"


def _verify(out: Path) -> tuple[int, str]:
    errors = io.StringIO()
    with redirect_stderr(errors), redirect_stdout(io.StringIO()):
        status = run_command("verify", verify, [str(out)])
    return status, (errors.getvalue().splitlines() or [""])[-1]


def train_meanwhile(trials: _Trials, folder: Path) -> str:
    """A training whose dataset is replaced meanwhile goes on as if nothing had been."""
    call, expected = trials.training
    data, out = folder / "data", folder / "run"
    shutil.copytree(trials.workload.dataset, data)
    _prepare_other_version(trials, data)
    process = TrainingProcess(["--train", str(data), *call, "--out", str(out)], folder / "log")
    while process.status is None and not (out / "checkpoints").exists() and process.seconds < HANGS_AFTER:
        time.sleep(0.02)
    is_running = process.status is None
    switch_versions(data)
    is_read = bool(remove_old_versions(data))
    status = process.wait(HANGS_AFTER)
    if status is None:
        process.kill()
        trials.lose("a training whose dataset is replaced hangs")
    elif status != 0:
        trials.lose(f"a training whose dataset is replaced ends with {status}: {process.errors[-200:]}")
    elif differences := compare_outcomes(expected, read_outcome(out)):
        trials.lose(f"a training whose dataset is replaced has other {', '.join(differences[:3])}")
    if is_running and status == 0 and not is_read:
        trials.lose("a version that is trained on was removed")
    if remove_old_versions(data):
        trials.lose("a replaced version stays, although nobody reads it")
    status, line = _verify(data)
    if status != 0 or digest_files(data) == digest_files(trials.workload.dataset):
        trials.lose(f"after a training during which it was replaced a dataset has status {status}: {line}")
    return "training during --replace: " + ("the same weights" if is_running else "was over before")


def _prepare_other_version(trials: _Trials, data: Path) -> None:
    """Another version of a dataset, gathered beside it as preprocess does it."""
    other = trials.bench.folder / "other"
    if not other.exists():
        with start_command(_call(trials.workload, other, _OTHER_SHARDS), trials.bench.folder) as command:
            if _await_end(command) != 0:
                raise RuntimeError(f"another version could not be made: {command.last_line}")
    shutil.copytree(other, begin_next_version(data), dirs_exist_ok=True)
    (data / WORK).mkdir()


def _await_end(command: StartedCommand) -> int:
    status = command.wait(3 * HANGS_AFTER)
    return -1 if status is None else status
