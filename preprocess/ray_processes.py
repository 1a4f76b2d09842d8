"""The processes of a local Ray, all of them known, so that none stays when Ray ends, in whatever way it ends.

Ray ends those that it started itself. Their children, its agents and workers, notice that later: where Ray's own parts
were killed, they stay for up to 20 s.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

_MARK = "PET_MOOD_RAY"
_END_SECONDS = 10  # for killed processes to be gone; one in the middle of a disk access takes longer


class RayProcesses:
    """The processes of this process's local Ray."""

    def __init__(self) -> None:
        self._value = secrets.token_hex(8)
        self._known: set[psutil.Process] = set()

    @contextmanager
    def set_environment(self, values: dict[str, str]) -> Iterator[None]:
        """Set environment variables for the block, in which Ray starts, and one by which its processes are known."""
        values = values | {_MARK: self._value}
        before = {name: os.environ.get(name) for name in values}
        os.environ.update(values)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)

    def remember(self) -> None:
        """Note the processes that run now. Call it once Ray has started, and before it ends."""
        for child in _list_children(psutil.Process()):
            if self._is_marked(child):
                self._known |= {child, *_list_children(child, recursive=True)}  # Ray's agents overwrite their marks

    def end(self) -> None:
        """Kill those that are left, and wait until they are gone."""
        left = {process for process in self._known if process.is_running()} | set(self._find_marked())
        for process in left:
            try:
                process.kill()
            except psutil.Error:
                continue  # it has just ended
        psutil.wait_procs(left, timeout=_END_SECONDS)
        self._known.clear()

    def _find_marked(self) -> Iterator[psutil.Process]:
        return (process for process in psutil.process_iter() if process.pid != os.getpid() and self._is_marked(process))

    def _is_marked(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(_MARK) == self._value
        except (psutil.Error, OSError):  # it has ended, or belongs to another user
            return False


def _list_children(process: psutil.Process, recursive: bool = False) -> list[psutil.Process]:
    try:
        return process.children(recursive=recursive)
    except psutil.Error:
        return []
