"""A command in a session of its own: its processes, Ray's too, are found again, killed, and looked for afterwards."""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_ROOT = Path(__file__).parent.parent.parent
_MARK = "PET_MOOD_CHAOS"  # in the environment of a command, which its processes inherit
_SHARED_MEMORY = Path("/dev/shm")
# What a process of a local Ray is called. Workers are named by what they do.
_NAMES = {"raylet": "raylet", "gcs": "gcs_server"}
_AGENTS = ("ray::DashboardAgent", "ray::RuntimeEnvAgent")
_AGENT_FILES = ("dashboard/agent.py", "runtime_env/agent/main.py")  # what they are called in their first seconds


class StartedCommand:
    """A running `python -m ..`, from the project's folder; its output goes to files."""

    def __init__(
        self,
        arguments: list[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ):
        """Start it. `folder` is where its output goes; it need not be empty. `prefix` is a command that starts it."""
        self.mark = uuid.uuid4().hex
        self.pids: set[int] = set()  # of all its processes that were seen
        self.began = time.monotonic()
        self._output, self._errors = (folder / f"{self.mark}.{name}" for name in ("stdout", "stderr"))
        with open(self._output, "wb") as output, open(self._errors, "wb") as errors:
            self._process = subprocess.Popen(
                [*prefix, sys.executable, *arguments],
                cwd=_ROOT,
                env=os.environ | {_MARK: self.mark, "LC_ALL": "C.UTF-8"} | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Of the command, whose session this is."""
        return self._process.pid

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self.began

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    @property
    def errors(self) -> str:
        """What it has written to stderr so far."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    @property
    def output(self) -> str:
        """What it has written to stdout so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    @property
    def last_line(self) -> str:
        """Of stderr; empty where there is none."""
        return (self.errors.splitlines() or [""])[-1]

    def wait(self, seconds: float) -> int | None:
        """Its exit status; None where it still runs after so many seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.status

    def kill(self, target: str) -> bool:
        """SIGKILL its `driver`, its `group`, one of its `worker`s, its `raylet` or `gcs`. False where there is none."""
        if self.status is not None:
            return False
        if target == "group":
            os.killpg(self._process.pid, signal.SIGKILL)
            return True
        pids = [self._process.pid] if target == "driver" else self._find(target)
        for pid in pids[:1]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                return True
        return False

    def _find(self, target: str) -> list[int]:
        found = {process.pid: _read_name(process) for process in self.list_processes()}
        if target == "worker":  # those at work first
            workers = [pid for pid, name in found.items() if name.startswith("ray::") and name not in _AGENTS]
            return sorted(workers, key=lambda pid: found[pid].startswith("ray::IDLE"))
        return [pid for pid, name in found.items() if name == _NAMES[target]]

    def list_processes(self) -> list[psutil.Process]:
        """Its living processes: those of its session, and those that inherited its mark."""
        found = [process for process in psutil.process_iter() if self._is_own(process)]
        self.pids |= {process.pid for process in found}
        return found

    def _is_own(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error, OSError):
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return os.getsid(process.pid) == self._process.pid or process.environ().get(_MARK) == self.mark
        return False

    def find_leftovers(self, seconds: float) -> list[str]:
        """The names of its processes that live on after so many seconds, once it has ended; they are then killed."""
        until = time.monotonic() + seconds
        while (left := self.list_processes()) and time.monotonic() < until:
            if all(_read_name(process) in _AGENTS for process in left):
                break  # they never end by themselves
            time.sleep(0.2)
        names = [_read_name(process) for process in left]
        self.end()
        return names

    def end(self) -> None:
        """Kill all that is left of it."""
        for process in self.list_processes():
            with suppress(psutil.Error):
                process.kill()
        self._process.wait()


def is_agent(name: str) -> bool:
    """Whether this process is one of Ray's that outlive a driver which was killed without its group."""
    return name in _AGENTS


def list_session(pid: int) -> list[int]:
    """The living processes of the session that a process leads."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getsid(process.pid) == pid and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


@contextmanager
def start_command(
    arguments: list[str], folder: Path, environment: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
) -> Iterator[StartedCommand]:
    """A command for the block, after which nothing of it runs any more."""
    command = StartedCommand(arguments, folder, environment, prefix)
    try:
        yield command
    finally:
        command.end()


def _read_name(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        words = process.cmdline() or [process.name()]
        files = zip(_AGENTS, _AGENT_FILES, strict=True)
        starting = (agent for agent, file in files if any(word.endswith(file) for word in words))
        return next(starting, words[0].rsplit("/", 1)[-1])
    return ""


def list_shared_memory() -> set[str]:
    """The names in the machine's shared memory."""
    return {path.name for path in _SHARED_MEMORY.iterdir()} if _SHARED_MEMORY.is_dir() else set()


def find_abandoned_memory(before: set[str], pids: set[int]) -> list[str]:
    """The names in shared memory that were not there before, and that no living process has in use.

    Of others' programs on this machine there may be some too: only names with one of these processes' numbers count.
    """
    new = {name for name in list_shared_memory() - before if pids & set(map(int, re.findall(r"\d+", name)))}
    if not new:
        return []
    used = ""
    for maps in Path("/proc").glob("[0-9]*/maps"):
        with suppress(OSError):
            used += maps.read_text(errors="replace")
    return sorted(name for name in new if f"{_SHARED_MEMORY}/{name}" not in used)
