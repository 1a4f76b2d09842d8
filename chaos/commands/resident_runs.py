"""A process with a Ray of its own, in which runs of preprocess follow each other: starting Ray takes seconds."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from chaos.commands.started_command import list_session
from console.failures import describe_failure
from preprocess.ray_cluster import start_ray
from preprocess.run import run
from preprocess.settings import PreprocessSettings


class RunEnd(NamedTuple):
    """How a run has ended, as the command would say it."""

    status: int
    line: str  # empty with status 0


class ResidentRuns:
    """The process; one run at a time."""

    def __init__(self, process: subprocess.Popen):
        self._process = process

    def begin(self, source: Path, out: Path, shard_bytes: int) -> None:
        """Start a run of preprocess."""
        print(json.dumps([str(source), str(out), shard_bytes]), file=self._process.stdin, flush=True)

    def is_running(self) -> bool:
        """Whether the run that was begun has not ended yet."""
        return not select.select([self._process.stdout], [], [], 0)[0]

    def wait(self) -> RunEnd:
        """Wait for the end of the run that was begun."""
        if not (answer := self._process.stdout.readline()):
            raise RuntimeError(f"the process of the runs has ended with status {self._process.wait()}")
        return RunEnd(*json.loads(answer))

    def send(self, number: int) -> None:
        """Send a signal to the process and to its Ray's processes."""
        for pid in list_session(self._process.pid):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue


@contextmanager
def start_resident_runs(log: Path, environment: Mapping[str, str] | None = None) -> Iterator[ResidentRuns]:
    """The process for the block. What its runs print goes into the file `log`."""
    with (
        open(log, "wb") as errors,
        subprocess.Popen(
            [sys.executable, "-c", "from chaos.commands.resident_runs import answer_requests; answer_requests()"],
            env=os.environ | (environment or {}),
            cwd=Path(__file__).parent.parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        yield ResidentRuns(process)
        process.stdin.close()


def answer_requests() -> None:
    """Run preprocess for each line of stdin, a source, OUT and bytes of a shard; answer by a line with its RunEnd."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a run prints is no answer
    with start_ray(2, None):
        for line in sys.stdin:
            print(json.dumps(_run_once(*json.loads(line))), file=answers, flush=True)


def _run_once(source: str, out: str, shard_bytes: int) -> RunEnd:
    try:
        run(PreprocessSettings(source=[source], out=out, shard_bytes=shard_bytes, workers=2))
    except Exception as error:
        return RunEnd(*describe_failure(error, goes_on=True))
    return RunEnd(0, "")
