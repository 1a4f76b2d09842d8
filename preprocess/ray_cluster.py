"""Starts a local Ray, anew where it ended, or joins a cluster; with preprocess.task_handout all that uses Ray."""

import atexit
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# These must be set before Ray is imported. The first switches off its usage reports, the next two the colours in what
# it says of workers that died, also to files.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_COLOR_PREFIX"] = os.environ["RAY_DEDUP_LOGS"] = "0"
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

import ray
import ray._private.utils
import ray._private.worker

from console.output.messages import print_warning
from console.progress import show_waiting
from console.stops import interrupt_on_sigterm
from preprocess.core_count import count_cores
from preprocess.ray_processes import WORKER_ENVIRONMENT, RayProcesses
from shards.errors import CallError, DataError
from shards.storage.utf8_path import is_utf8

_ROOT = Path(__file__).parent.parent
_OBJECT_STORE_BYTES = 80 << 20  # enough: results are small; pixels and records are never passed between processes
_SESSION_BYTES = 50_000_000  # of sockets and logs
_SHARED_MEMORY = "/dev/shm"
_MAX_SOCKET_PATH = 107  # bytes, by the system
_SOCKET_NAME = 72  # bytes of it that Ray's own folder and file names take
_CONNECT_SECONDS = 10
_STARTS = 3  # tries to start a local Ray, which gives up after 30 s; a machine that is busy otherwise takes longer
_MAX_RESTARTS = 3  # of a local Ray in one run; one that ends more often is killed by something that goes on
_SILENT_SECONDS = 40  # that a cluster's head may not answer; after 60 s Ray would end this process, without a word
_REFUSED_SECONDS = 10  # that it may refuse connections: then its machine is there, and Ray on it is not
_QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}


@dataclass
class _Session:
    """What this process knows of the Ray that it started or joined."""

    workers: int | None = None  # of a local Ray; None in a cluster
    restarts: int = 0
    address: str | None = None  # of a cluster
    answered: float = 0.0  # when the cluster's head last answered, on time.monotonic's clock
    refused: float | None = None  # since when it has refused connections, if it does


_session = _Session()
_processes = RayProcesses()  # of a local Ray


@contextmanager
def start_ray(workers: int | None, address: str | None) -> Iterator[int]:
    """Start a local Ray or join the cluster at `address` for the block. Yields how many tasks to run at a time.

    That is `workers`, or the number of cores of this machine or the cluster. A Ray that this process has already
    started is used and left running. Raises CallError where Ray cannot be used. No process of a local Ray is left.
    """
    _session.restarts = 0
    if ray.is_initialized():
        yield workers or count_slots()
        return
    # By default `ray start` asks for a token and `ray.init` sends none. A local Ray listens on this machine alone and
    # needs no token, nor a home folder to keep it in.
    os.environ.setdefault("RAY_AUTH_MODE", "token" if address else "disabled")
    with show_waiting(f"joining the Ray cluster at {address}" if address else "starting Ray"):
        _get_ready(workers or count_cores(), address)
    try:
        with interrupt_on_sigterm():  # Ray's own handler would exit with a traceback
            yield workers or count_slots()
    finally:
        _end_ray()
        _leave_stdout_alone()


def restart_ray(part: str) -> None:
    """Start a local Ray anew whose raylet or gcs_server, `part`, has ended. The tasks and results it had are lost.

    Its workers have ended when this returns, so that none still writes. Raises DataError after three times in a run.
    """
    if _session.restarts == _MAX_RESTARTS:
        raise DataError(
            f"Ray's {part} ended, for the {_MAX_RESTARTS + 1}th time (its logs: "
            f"{ray._private.worker._global_node.get_logs_dir_path()}); once that has passed, run the same command "
            "again, it goes on from there"
        )
    _session.restarts += 1
    print_warning(
        f"Ray's {part} ended; Ray is started again ({_session.restarts} of at most {_MAX_RESTARTS} times), finished "
        "tasks are kept"
    )
    _end_ray()
    with show_waiting("starting Ray", is_short=True):
        _get_ready(_session.workers, None)


def _get_ready(workers: int, address: str | None) -> None:
    try:
        _join_cluster(address) if address else _start_local(workers)
    except CallError:
        raise
    except Exception as error:
        where = f"the Ray cluster at {address}" if address else "a local Ray"
        hint = "; it may ask for a token (~/.ray/auth_token), or for none (RAY_AUTH_MODE=disabled)" if address else ""
        raise CallError(f"{where} cannot be used: {error}{hint}") from error


def find_ended_part() -> str | None:
    """Which part of a local Ray has ended, `raylet` or `gcs_server`; None where it works, and in a cluster."""
    node = ray._private.worker._global_node
    dead = node.dead_processes() if _session.workers and node else []
    return next((kind for kind, _ in dead if kind in ("raylet", "gcs_server")), None)


def _end_ray() -> None:
    """End a local Ray with all of its processes, or leave a cluster."""
    _processes.remember()
    if find_ended_part() == "gcs_server":  # Ray's other parts would wait for it
        _processes.end()
    ray.shutdown()
    _processes.end()


def _say_what_ray_says(data: dict[str, Any], ignore_prefix: bool) -> None:
    """Say the first line of what Ray reports of nodes and workers that ended, instead of all of it on stdout."""
    first = str(data["lines"][0]).strip().partition("\n")[0]
    if not first.startswith("Raylet is terminated"):  # that has its own line, in restart_ray
        print_warning(f"Ray: {first}")


ray._private.worker.print_to_stdstream = _say_what_ray_says


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
    node = ray._private.worker._global_node
    # With ray://HOST:PORT this process is no part of the cluster, and the head is reached at HOST:PORT alone.
    _session.address, _session.workers = node.gcs_address if node else address, None
    _session.answered, _session.refused = time.monotonic(), None


def _start_local(workers: int) -> None:
    folder = find_session_folder()
    # Workers inherit the environment. They find the code by PYTHONPATH, whatever folder the command was called in.
    paths = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    options = {"num_cpus": workers, "num_gpus": 0, "include_dashboard": False, "_temp_dir": folder, **_QUIET}
    for left in reversed(range(_STARTS)):
        try:
            with (
                _processes.set_environment(WORKER_ENVIRONMENT | {"PYTHONPATH": paths}),
                _hide_names_that_are_not_utf8(),
            ):
                # Without "local" Ray would join whatever cluster happens to run on this machine.
                ray.init("local", object_store_memory=_OBJECT_STORE_BYTES, **options)
            break
        except BaseException as error:
            _processes.end()
            if not left or type(error) is not Exception:  # Ray says by a plain one that 30 s were too short
                raise
    _processes.remember()
    _session.workers, _session.address = workers, None


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


def count_slots() -> int:
    """How many tasks run at a time: the cores of the local Ray or of the cluster."""
    return max(1, sum(list_nodes().values()))


def list_nodes() -> dict[str, int]:
    """The nodes that are alive and run tasks: id to number of cores."""
    nodes = {node["NodeID"]: int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]}
    return {node: cores for node, cores in nodes.items() if cores}


def is_head_there() -> bool:
    """Whether the head of the cluster answers. Raises DataError where it has not for 40 s, or has refused for 10 s."""
    now = time.monotonic()
    try:
        _connect(_session.address)
    except OSError as error:
        _session.refused = (_session.refused or now) if isinstance(error, ConnectionRefusedError) else None
        has_refused = _session.refused is not None and now - _session.refused >= _REFUSED_SECONDS
        if not has_refused and now - _session.answered < _SILENT_SECONDS:
            return False
        raise DataError(
            f"the head of the Ray cluster at {_session.address} does not answer ({error}); once it does, run the same "
            "command again, it goes on from there"
        ) from error
    _session.answered, _session.refused = now, None
    return True


def is_cluster() -> bool:
    """Whether this process has joined a cluster, whose nodes may come and go."""
    return _session.address is not None


def _check_address(address: str) -> None:
    """Raise CallError where nothing listens at an address. Ray itself would keep trying for minutes."""
    if address == "auto":
        return
    try:
        _connect(address)
    except (OSError, ValueError) as error:
        raise CallError(
            f"no Ray cluster answers at {address} ({error}); start one with `ray start --head` and give its HOST:PORT"
        ) from error


def _connect(address: str) -> None:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()


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
