"""The only module that uses Ray: it starts Ray or joins a cluster, runs tasks and passes on their errors."""

import atexit
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

# These must be set before Ray is imported. The first switches off its usage reports, the next two the colours in what
# it says of workers that died, also to files.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_COLOR_PREFIX"] = os.environ["RAY_DEDUP_LOGS"] = "0"
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

import ray
import ray._private.utils
import ray.exceptions

from console.progress import show_waiting
from preprocess.core_count import count_cores
from shards.errors import CallError, DataError
from shards.storage.utf8_path import is_utf8

_ROOT = Path(__file__).parent.parent
_OBJECT_STORE_BYTES = 80 << 20  # enough: results are small; pixels and records are never passed between processes
_SESSION_BYTES = 50_000_000  # of sockets and logs
_SHARED_MEMORY = "/dev/shm"
_MAX_SOCKET_PATH = 107  # bytes, by the system
_SOCKET_NAME = 72  # bytes of it that Ray's own folder and file names take
_CONNECT_SECONDS = 10
_RETRIES = 3  # of a task whose worker was killed by the system
_QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}

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


@contextmanager
def start_ray(workers: int | None, address: str | None) -> Iterator[int]:
    """Start a local Ray or join the cluster at `address` for the block. Yields how many tasks to run at a time.

    That is `workers`, or the number of cores of this machine or the cluster. A Ray that this process has already
    started is used as it is and left running. Raises CallError where Ray cannot be used.
    """
    if ray.is_initialized():
        yield workers or _count_slots()
        return
    # By default `ray start` asks for a token and `ray.init` sends none. A local Ray listens on this machine alone and
    # needs no token, nor a home folder to keep it in.
    os.environ.setdefault("RAY_AUTH_MODE", "token" if address else "disabled")
    try:
        with show_waiting(f"joining the Ray cluster at {address}" if address else "starting Ray"):
            _join_cluster(address) if address else _start_local(workers or count_cores())
    except (ConnectionError, ValueError, RuntimeError) as error:
        where = f"the Ray cluster at {address}" if address else "a local Ray"
        hint = "; it may ask for a token (~/.ray/auth_token), or for none (RAY_AUTH_MODE=disabled)" if address else ""
        raise CallError(f"{where} cannot be used: {error}{hint}") from error
    try:
        with _interrupt_on_sigterm():
            yield workers or _count_slots()
    finally:
        ray.shutdown()
        _leave_stdout_alone()


def _leave_stdout_alone() -> None:
    """Keep colorama, which Ray starts, from writing an escape code to a terminal at the end, whatever NO_COLOR says."""
    if colorama := sys.modules.get("colorama.initialise"):
        atexit.unregister(colorama.reset_all)


def _join_cluster(address: str) -> None:
    """Join a cluster; its workers, which may be on other machines, are sent the code."""
    _check_address(address)
    code = [str(_ROOT / room) for room in ("console", "preprocess", "shards")]
    with _hide_names_that_are_not_utf8():
        ray.init(address, runtime_env={"env_vars": WORKER_ENVIRONMENT, "py_modules": code}, **_QUIET)


def _start_local(workers: int) -> None:
    folder = find_session_folder()
    # Workers inherit the environment. They find the code by PYTHONPATH, whatever folder the command was called in.
    paths = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    with _set_environment(WORKER_ENVIRONMENT | {"PYTHONPATH": paths}), _hide_names_that_are_not_utf8():
        ray.init(
            "local",  # without it Ray would join whatever cluster happens to run on this machine
            num_cpus=workers,
            num_gpus=0,
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            _temp_dir=folder,
            **_QUIET,
        )


def find_session_folder() -> str:
    """Where a local Ray keeps its sockets and logs: the first folder for temporary files that it can use.

    Raises CallError where none is writable, has enough free space, and a path short enough for a socket.
    """
    tried = []
    for folder in dict.fromkeys((os.environ.get("RAY_TMPDIR"), tempfile.gettempdir(), "/tmp", _SHARED_MEMORY)):
        if folder and os.path.isdir(folder):
            path = os.path.join(os.path.abspath(folder), "ray")
            problem = _find_folder_problem(folder, path)
            if not problem:
                return path
            tried.append(f"{folder} {problem}")
    raise CallError(f"Ray has no place for its sockets and logs: {'; '.join(tried)}; set TMPDIR to a folder that has")


def _find_folder_problem(folder: str, path: str) -> str | None:
    if len(os.fsencode(path)) + _SOCKET_NAME > _MAX_SOCKET_PATH:
        return "has too long a path for a socket"
    if not os.access(path if os.path.isdir(path) else folder, os.W_OK | os.X_OK):
        return "cannot be written"
    need, free = _SESSION_BYTES, shutil.disk_usage(folder).free
    if not os.path.isdir(_SHARED_MEMORY) or shutil.disk_usage(_SHARED_MEMORY).free < _OBJECT_STORE_BYTES:
        need += _OBJECT_STORE_BYTES  # Ray then keeps its objects here; Docker's default /dev/shm has 64 MB
    return f"has {free / 1e6:.0f} MB free of the {need / 1e6:.0f} needed" if free < need else None


@contextmanager
def _interrupt_on_sigterm() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C within the block. Ray's own handler would exit with a traceback."""
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
    """Raise CallError where nothing listens at an address. Ray itself would keep trying for minutes."""
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise CallError(
            f"no Ray cluster answers at {address} ({error}); start one with `ray start --head` and give its HOST:PORT"
        ) from error


@contextmanager
def _hide_names_that_are_not_utf8() -> Iterator[None]:
    """Keep Ray from failing at a current folder or a command line that is not UTF-8, both of which it writes down."""
    folder, get_entrypoint_name = os.getcwdb(), ray._private.utils.get_entrypoint_name
    try:
        if not is_utf8(os.fsdecode(folder)):
            os.chdir("/")
        if not all(map(is_utf8, sys.orig_argv)):
            ray._private.utils.get_entrypoint_name = lambda: "preprocess"
        yield
    finally:
        os.chdir(folder)
        ray._private.utils.get_entrypoint_name = get_entrypoint_name


@contextmanager
def _set_environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def run_tasks(function: Callable, calls: Sequence[tuple], workers: int, what: str) -> Iterator[tuple[int, Any]]:
    """Run function(*call) for each call, at most `workers` at a time. Yields (index of call, result) as they finish.

    A task whose worker is killed is run again, up to three times, and then raises DataError. An exception of a task is
    raised at once: OSError, DataError and CallError as they are, others as a DataError that names `what` and the call.
    The tasks that then are running end with this process's Ray; a Ray that is left running completes them.
    """
    remote = ray.remote(num_cpus=1, max_retries=_RETRIES)(function)
    waiting: dict[ray.ObjectRef, int] = {}
    pending = iter(enumerate(calls))
    # Tasks are never cancelled: ray.cancel of a task that is just finishing aborts the whole process.
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
