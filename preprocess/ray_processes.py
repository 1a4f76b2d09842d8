"""The processes of a local Ray, all of them known, so that none stays when Ray ends, in whatever way it ends.

Ray ends those that it started itself. Their children, its agents and workers, notice that later: where Ray's own parts
or the whole command were killed, agents stay for a minute. So this file is also run as a process of its own, the guard,
which is told of them and ends them when the command is no more.
"""

import logging
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

_MARK = "PET_MOOD_RAY"
# What Ray starts for a dashboard that nobody asked for, for machines that might be added, and to show what workers
# print, which we do not. Each is a Python process that imports Ray while those start that are needed.
_UNUSED = ("/ray/dashboard/dashboard.py", "/ray/autoscaler/_private/monitor.py", "/ray/_private/log_monitor.py")
_LOOK_SECONDS = 0.05  # from one look for those to the next, while Ray starts
_END_SECONDS = 10  # for killed processes to be gone; one in the middle of a disk access takes longer

# For workers: no GPU, and one thread for each library. malloc keeps freed image buffers instead of returning them to
# the system, which would have to map every page again for the next frame.
WORKER_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    **dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OPENCV_FOR_THREADS_NUM"), "1"),
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
}


class RayProcesses:
    """The processes of a local Ray, those that have the environment variable _MARK with this value, and others."""

    def __init__(self, value: str | None = None) -> None:
        self._value = value or secrets.token_hex(8)
        self._known: set[psutil.Process] = set()
        self._guard: subprocess.Popen | None = None

    @contextmanager
    def set_environment(self, values: dict[str, str]) -> Iterator[None]:
        """Set environment variables for the block, in which Ray starts, and one by which its processes are known.

        Those of _UNUSED are ended as soon as they appear.
        """
        values = values | {_MARK: self._value}
        before = {name: os.environ.get(name) for name in values}
        self._start_guard()
        os.environ.update(values)
        try:
            with self._end_unused_parts():
                yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)

    def remember(self) -> None:
        """Note the processes that run now. Call it once Ray has started, and before it ends."""
        found: set[psutil.Process] = set()
        for child in _list_children(psutil.Process()):
            if self._is_marked(child):
                found |= {child, *_list_children(child, recursive=True)}  # Ray's agents overwrite their marks
        for process in found - self._known:
            self._tell_guard(f"{process.pid} {process.create_time()}")
        self._known |= found

    def add(self, pid: int, create_time: float) -> None:
        """Note a process, unless it has ended."""
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.create_time() == create_time:  # else another one has its number by now
                self._known.add(process)

    def end(self) -> None:
        """Kill those that are left, and wait until they are gone."""
        left = {process for process in self._known if process.is_running()} | set(self._find_marked())
        for process in left:
            with suppress(psutil.Error):  # it has just ended
                process.kill()
        psutil.wait_procs(left, timeout=_END_SECONDS)
        self._known.clear()
        if self._guard:
            with suppress(BrokenPipeError):
                self._guard.stdin.close()
            self._guard.wait()
            self._guard = None

    def _start_guard(self) -> None:
        """In a session of its own, so that what ends this process's group, such as Ctrl-C, does not reach it."""
        command = [sys.executable, "-P", __file__, self._value]
        nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._guard = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True, **nowhere)

    def _tell_guard(self, line: str) -> None:
        if self._guard:
            with suppress(BrokenPipeError):  # somebody has killed it
                self._guard.stdin.write(f"{line}\n")
                self._guard.stdin.flush()

    @contextmanager
    def _end_unused_parts(self) -> Iterator[None]:
        """End _UNUSED as soon as they appear in the block.

        Ray would log that its dashboard does not start, and goes on.
        """
        logger, has_started = logging.getLogger("ray._private.services"), threading.Event()
        watcher = threading.Thread(target=self._watch_for_unused, args=(has_started,), daemon=True)
        level = logger.level
        logger.setLevel(logging.CRITICAL)  # what goes wrong otherwise is raised
        watcher.start()
        try:
            yield
        finally:
            has_started.set()
            watcher.join()
            logger.setLevel(level)

    def _watch_for_unused(self, has_started: threading.Event) -> None:
        left = set(_UNUSED)
        while left and not has_started.wait(_LOOK_SECONDS):
            for child in _list_children(psutil.Process()):
                with suppress(psutil.Error):  # it has just ended
                    found = {part for part in left for word in child.cmdline()[:4] if word.endswith(part)}
                    # In a container the command may be process 1, whose children those of another Ray become.
                    if found and self._is_marked(child):
                        child.kill()
                        left -= found

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


def _guard_processes() -> None:
    """What the guard does: read of processes until the command closes its end of the pipe, and end what is left."""
    processes = RayProcesses(sys.argv[1])
    for line in sys.stdin:
        pid, create_time = line.split()
        processes.add(int(pid), float(create_time))
    processes.end()


if __name__ == "__main__":
    _guard_processes()
