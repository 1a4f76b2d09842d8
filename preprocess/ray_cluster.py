"""Ray, and nothing else that knows it: start or join, run tasks with a bounded number in flight, lose no error."""

import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# These must be set before Ray is imported. Nothing is reported to anybody.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

import ray
import ray._private.utils
import ray.exceptions

from preprocess.core_count import count_cores
from shards.errors import CallError, DataError
from shards.storage.utf8_path import is_utf8

_OBJECT_STORE = 80 << 20  # bytes; results are small, pixels and records never pass through
_ROOT = Path(__file__).parent.parent
_SESSION = 50_000_000  # bytes of sockets and logs
_MEMORY = "/dev/shm"
_SOCKET_PATH, _SOCKET_NAME = 107, 72  # letters that a socket's path may have, and of Ray's session and socket in it
_ANSWER_SECONDS = 10
_RETRIES = 3  # of a task whose worker was killed by the system

# For workers: no GPU, one thread for each library, and freed image buffers kept instead of given back to the system,
# from which the next frame would have to fault every page in again.
WORKER_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    **dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OPENCV_FOR_THREADS_NUM"), "1"),
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
}


@contextmanager
def start_ray(workers: int | None, address: str | None) -> Iterator[int]:
    """A local Ray, or the cluster at `address`, for as long as the block lasts; how many tasks are to run at a time.

    Without a number that is one for each core, of this machine or of the cluster. A Ray that this process has already
    started is used as it is, and left running.
    """
    if ray.is_initialized():
        yield workers or _count_slots()
        return
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    # `ray start` asks for a token by default, `ray.init` does not send one by default; a Ray of our own, which listens
    # on this machine alone, needs none, nor a home folder to keep it in.
    os.environ.setdefault("RAY_AUTH_MODE", "token" if address else "disabled")
    if address:
        _check_address(address)
        code = [str(_ROOT / room) for room in ("console", "preprocess", "shards")]
        options |= {"address": address, "runtime_env": {"env_vars": WORKER_ENVIRONMENT, "py_modules": code}}
    else:
        # "local": without it Ray would join whatever cluster happens to run on this machine.
        options |= {"address": "local", "num_cpus": workers or count_cores(), "num_gpus": 0, "include_dashboard": False}
        options |= {"object_store_memory": _OBJECT_STORE, "_temp_dir": find_session_folder()}
    try:
        # Inherited by the workers of a local Ray, which find our code by its path, wherever the command was called.
        paths = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        with _environment({} if address else WORKER_ENVIRONMENT | {"PYTHONPATH": paths}), _utf8_call():
            ray.init(**options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        where = f"the Ray cluster at {address}" if address else "a local Ray"
        hint = "; it may ask for a token (~/.ray/auth_token), or for none (RAY_AUTH_MODE=disabled)" if address else ""
        raise CallError(f"{where} cannot be used: {error}{hint}") from error
    try:
        with _stop_on_sigterm():
            yield workers or _count_slots()
    finally:
        ray.shutdown()


def find_session_folder() -> str:
    """Where a local Ray keeps sockets and logs: in the system's folder for temporary files, where that will do.

    Raises CallError where there is none with room, and whose path leaves room for a socket's name.
    """
    tried = []
    for folder in dict.fromkeys((os.environ.get("RAY_TMPDIR"), tempfile.gettempdir(), "/tmp", _MEMORY)):
        if folder and os.path.isdir(folder):
            path = os.path.join(os.path.abspath(folder), "ray")
            problem = _find_problem(folder, path)
            if not problem:
                return path
            tried.append(f"{folder} {problem}")
    raise CallError(f"Ray has no place for its sockets and logs: {'; '.join(tried)}; set TMPDIR to a folder that has")


def _find_problem(folder: str, path: str) -> str | None:
    if len(os.fsencode(path)) + _SOCKET_NAME > _SOCKET_PATH:
        return "has too long a path for a socket"
    if not os.access(path if os.path.isdir(path) else folder, os.W_OK | os.X_OK):
        return "cannot be written"
    need, free = _SESSION, shutil.disk_usage(folder).free
    if not os.path.isdir(_MEMORY) or shutil.disk_usage(_MEMORY).free < _OBJECT_STORE:
        need += _OBJECT_STORE  # Docker's 64 MB: then Ray keeps it here
    return f"has {free / 1e6:.0f} MB free of the {need / 1e6:.0f} needed" if free < need else None


@contextmanager
def _stop_on_sigterm() -> Iterator[None]:
    """As on Ctrl-C: Ray would leave with a trace, and no word of ours."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _count_slots() -> int:
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def _check_address(address: str) -> None:
    """Raise CallError where nobody answers: Ray itself would go on trying for minutes."""
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_SECONDS).close()
    except (OSError, ValueError) as error:
        raise CallError(
            f"no Ray cluster answers at {address} ({error}); start one with `ray start --head` and give its HOST:PORT"
        ) from error


@contextmanager
def _utf8_call() -> Iterator[None]:
    """Ray writes down its process's folder and command line, and stops at names in them that are not UTF-8: those it is
    not told.
    """
    here, ask = os.getcwdb(), ray._private.utils.get_entrypoint_name
    try:
        if not is_utf8(os.fsdecode(here)):
            os.chdir("/")
        if not all(map(is_utf8, sys.orig_argv)):
            ray._private.utils.get_entrypoint_name = lambda: "preprocess"
        yield
    finally:
        os.chdir(here)
        ray._private.utils.get_entrypoint_name = ask


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def run_tasks(function: Callable, calls: Sequence[tuple], workers: int, what: str) -> Iterator[tuple[int, Any]]:
    """(place in calls, result) of function(*call) for each call, as they finish, at most `workers` under way.

    A task whose worker dies is run again, three times; an exception of the task itself is raised here, at once, as it
    was, with `what` and the call's place. What is then under way ends with this process's Ray; a Ray that is left
    running takes it to its end, and what it wrote is kept.
    """
    remote = ray.remote(num_cpus=1, max_retries=_RETRIES)(function)
    waiting: dict[ray.ObjectRef, int] = {}
    pending = iter(enumerate(calls))
    # Nothing is cancelled: ray.cancel of a task that is just finishing aborts the whole process.
    while True:
        while len(waiting) < workers and (following := next(pending, None)):
            place, call = following
            waiting[remote.remote(*call)] = place
        if not waiting:
            return
        done, _ = ray.wait(list(waiting), num_returns=1)
        place = waiting.pop(done[0])
        yield place, _get_result(done[0], f"{what} {place + 1} of {len(calls)}")


def _get_result(reference: ray.ObjectRef, what: str) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, OSError | DataError | CallError):
            raise cause from error
        raise DataError(f"{what} failed: {type(cause).__name__}: {cause}; --debug shows where") from error
    except ray.exceptions.RayError as error:
        first = str(error).strip().splitlines()[0]
        raise DataError(
            f"{what} was lost {_RETRIES + 1} times ({first}); use fewer --workers or more memory"
        ) from error
