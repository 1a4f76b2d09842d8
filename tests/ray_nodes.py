"""Nodes of a Ray cluster on this machine, started as on machines of their own: by `ray start`."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


@contextmanager
def start_head(folder: Path, cores: int) -> Iterator[tuple[str, psutil.Process]]:
    """A cluster of one node, for the block; yields its address. In `folder` the node runs and writes its log."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
    with start_node(folder, "head", cores, "--head", f"--port={port}", "--include-dashboard=false") as node:
        yield f"127.0.0.1:{port}", node


@contextmanager
def start_node(folder: Path, name: str, cores: int, *arguments: str) -> Iterator[psutil.Process]:
    """A node, for the block, whose workers find its name in NODE.

    Ray gives a node 30 s to start, which a machine that is busy with other tests exceeds: it is tried three times.
    """
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", f"--num-cpus={cores}", *arguments]
    command += ["--object-store-memory=80000000"]
    for _ in range(3):
        with open(folder / f"{name}.log", "w") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, cwd=folder, env=os.environ | {"NODE": name}
            )
        wait_until(lambda: process.poll() is not None or has_started(folder, name))  # noqa: B023
        if process.poll() is None:
            break
    try:
        yield psutil.Process(process.pid)
    finally:
        kill_node(psutil.Process(process.pid))
        process.wait()


def has_started(folder: Path, name: str) -> bool:
    """Whether the log of a node says that it runs."""
    return "Ray runtime started" in (folder / f"{name}.log").read_text()


def kill_node(node: psutil.Process) -> None:
    """Kill all processes of a node at once."""
    for process in list_processes(node):
        process.kill()


def list_processes(node: psutil.Process) -> list[psutil.Process]:
    return [*node.children(recursive=True), node] if node.is_running() and node.status() != "zombie" else []


def wait_until(is_so: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something is so. Raises TimeoutError: a test that waits in vain fails."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"not so after {seconds} s")
        time.sleep(0.05)
