"""Take turns: each way of a table in a process of its own, one at a time, in another order each round."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from benchmarks.side_by_side.job import Table, Way

ROOT = Path(__file__).parent.parent.parent
LONGEST_START = 900  # seconds, with conversions of the material
LONGEST_TURN = 600  # seconds


@dataclass
class Timed:
    """The turns of a way: how many a second in each round, what its last turn said, its versions, or why it failed."""

    rates: list[float] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    failure: str = ""


class WayProcess:
    """A way's process, stopped outside its turns. Ends with everything that it started, on leaving the context."""

    def __init__(self, way: Way, settings: dict[str, Any], python: str, log: IO[bytes]):
        self._way, self._log = way, log
        command = [python, "-m", "benchmarks.side_by_side.way_process", way.function, json.dumps(settings)]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> "WayProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._signal(signal.SIGCONT)
        with suppress(OSError):
            self._process.stdin.close()  # it ends by itself, and lets go of what it holds
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()

    def wait_until_ready(self) -> dict[str, str]:
        """Its versions. Raises ChildProcessError."""
        found = self._read(LONGEST_START)
        self._pause()
        return found["versions"]

    def take_turn(self) -> dict[str, Any]:
        """One turn. Raises ChildProcessError."""
        self._signal(signal.SIGCONT)
        with suppress(OSError):  # a process that has ended is told by what it does not answer
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        found = self._read(LONGEST_TURN)
        self._pause()
        return found

    def _read(self, seconds: float) -> dict[str, Any]:
        timer = threading.Timer(seconds, self._signal, [signal.SIGKILL])
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        if not line:
            self._process.wait()
            ended = f"no answer within {seconds:.0f} s" if timer.finished.is_set() and not timer.is_alive() else ""
            raise ChildProcessError(self._read_last_line() or ended or f"status {self._process.returncode}")
        return json.loads(line)

    def _read_last_line(self) -> str:
        self._log.flush()
        lines = Path(self._log.name).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else ""

    def _pause(self) -> None:
        if self._way.pauses:
            self._signal(signal.SIGSTOP)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def take_turns(
    table: Table, rounds: int, folder: Path, peers: Path | None, tell: Callable[[str], None]
) -> dict[str, Timed]:
    """The turns of each way of a table, by its name.

    `folder` takes the logs, `peers` is the Python of the peers' environment; without it peers fail in one line. `tell`
    is given a line for each turn.
    """
    timed = {way.name: Timed() for way in table.ways}
    with ExitStack() as stack:
        processes = {}
        for way in table.ways:
            if way.absent:
                timed[way.name].failure = way.absent
                continue
            if way.peers and peers is None:
                timed[way.name].failure = "the peers' environment is not there: make bench sets it up"
                continue
            log = stack.enter_context(open(folder / f"{len(processes)}.log", "wb"))
            python = str(peers) if way.peers else sys.executable
            tell(f"{table.title}: {way.name} makes ready")
            process = stack.enter_context(WayProcess(way, table.settings | way.settings, python, log))
            try:
                timed[way.name].versions = process.wait_until_ready()
                processes[way.name] = process
            except ChildProcessError as error:
                timed[way.name].failure = str(error)
        for number in range(rounds):
            names = [way.name for way in table.ways]
            first = number % len(names)
            for name in names[first:] + names[:first]:
                if not timed[name].failure:
                    _take_turn(processes[name], timed[name])
                    shown = timed[name].failure or f"{timed[name].rates[-1]:,.1f} {table.unit}/s"
                    tell(f"{table.title}: round {number + 1} of {rounds}, {name}: {shown}")
    return timed


def _take_turn(process: WayProcess, timed: Timed) -> None:
    try:
        timed.last = process.take_turn()
        timed.rates.append(timed.last["count"] / timed.last["seconds"])
    except ChildProcessError as error:
        timed.failure = str(error)
