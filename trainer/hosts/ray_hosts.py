"""Starts the same training command on other nodes of a Ray cluster, or in other processes of this machine."""

import io
import os
import socket
import sys
from contextlib import redirect_stderr, redirect_stdout
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# Before Ray is imported: no usage reports, no colours in what it says.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_COLOR_PREFIX"] = "0"
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

import ray
import ray._private.worker
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from console.command import run_command
from console.progress import show_waiting
from shards.errors import CallError
from trainer.hosts.host_addresses import HostAddresses
from trainer.run_files.early_check import check_before_start
from trainer.settings import TrainSettings

_SAY = ray._private.worker.print_to_stdstream
_ROOT = Path(__file__).parent.parent.parent
_QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
_OBJECT_STORE_BYTES = 80 << 20  # nothing but addresses and a line of text goes through it
_START_SECONDS = 120  # for a worker to start; a cluster whose cores are all taken has none


class RayHosts:
    """The hosts of a run but the first, which is this process."""

    def __init__(self, settings: TrainSettings):
        """`settings` hold for all hosts: they see the same folders."""
        self._settings = settings
        self._actors: list[Any] = []
        self._ends: list[Any] = []  # of what they run: status and last line
        self._ray_folder: TemporaryDirectory | None = None  # of a local Ray
        self._has_started_ray = False

    def start(self) -> list[str]:
        """Start them; the addresses of all hosts. Raises CallError where Ray or a node of it cannot be used."""
        address = self._settings.address
        try:
            with show_waiting(f"joining the Ray cluster at {address}" if address else "starting Ray"):
                self._start_ray(address)
                strategies = self._choose_nodes()
            gpus = 1 if self._settings.device != "cpu" and ray.cluster_resources().get("GPU") else 0
            actor = ray.remote(max_restarts=0, num_cpus=1, num_gpus=gpus)(_OtherHost)
            self._actors = [actor.options(scheduling_strategy=each).remote() for each in strategies]
            found = ray.get([each.find_address.remote() for each in self._actors], timeout=_START_SECONDS)
        except (ConnectionError, ValueError, RuntimeError, ray.exceptions.RayError, TimeoutError) as error:
            where = f"the Ray cluster at {address}" if address else "a local Ray"
            raise CallError(
                f"{where} has no room for {self._settings.hosts} hosts, or cannot be used: {error}"
            ) from error
        here = ray.util.get_node_ip_address() if address else "127.0.0.1"
        addresses = [f"{here}:{_find_port(here)}", *found]
        self._ends = [
            each.train.remote(self._settings, HostAddresses(addresses, place).dump(), os.getcwd())
            for place, each in enumerate(self._actors, 1)
        ]
        return addresses

    def explain_loss(self, seconds: float) -> str | None:
        """Why another host has ended, if one does within so many seconds and did not succeed."""
        if not self._ends:
            return None
        ray.wait(self._ends, timeout=seconds)
        ended, _ = ray.wait(self._ends, num_returns=len(self._ends), timeout=0)
        killed, failed = [], []
        for end in ended:
            name = f"host {self._ends.index(end) + 2} of {self._settings.hosts}"
            try:
                status, line = ray.get(end)
            except ray.exceptions.RayError:
                killed.append(f"{name} was killed, or its node was lost")
            else:
                failed += [f"{name} ended with status {status}: {line}"] if status else []
        return next(iter(killed + failed), None)  # others fail because one is killed

    def close(self) -> None:
        if self._ends and sys.exc_info()[0] is None:
            ray.wait(self._ends, num_returns=len(self._ends), timeout=_START_SECONDS)
        for actor in self._actors:
            ray.kill(actor)
        if self._has_started_ray:
            ray.shutdown()
            ray._private.worker.print_to_stdstream = _SAY
        if self._ray_folder:
            self._ray_folder.cleanup()

    def _start_ray(self, address: str | None) -> None:
        if ray.is_initialized():
            return
        os.environ.setdefault("RAY_AUTH_MODE", "token" if address else "disabled")
        self._has_started_ray = True
        # What Ray says of a worker that died, in many words: the run ends with one line of our own.
        ray._private.worker.print_to_stdstream = lambda *_, **__: None
        if address:
            code = [str(_ROOT / room) for room in ("console", "shards", "trainer")]
            ray.init(address, runtime_env={"py_modules": code}, **_QUIET)
            return
        # Workers inherit the environment, and find the code by it.
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        self._ray_folder = TemporaryDirectory(prefix="pet_mood-ray-", ignore_cleanup_errors=True)
        ray.init(
            "local",  # without it Ray would join whatever cluster happens to run on this machine
            num_cpus=self._settings.hosts,
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            _temp_dir=self._ray_folder.name,
            **_QUIET,
        )

    def _choose_nodes(self) -> list[NodeAffinitySchedulingStrategy]:
        """A node for each other host: nodes without a host first; a CPU may have several hosts."""
        here = ray.get_runtime_context().get_node_id()
        nodes = [node["NodeID"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
        others = [node for node in nodes if node != here]
        wanted = self._settings.hosts - 1
        places = others if len(others) >= wanted else [*others, here]
        return [NodeAffinitySchedulingStrategy(node, soft=False) for node in islice(cycle(places), wanted)]


class _OtherHost:
    """Runs in a worker of Ray's."""

    def find_address(self) -> str:
        """A free port of this node, as HOST:PORT."""
        here = ray.util.get_node_ip_address()
        return f"{here}:{_find_port(here)}"

    def train(self, settings: TrainSettings, config: str, folder: str) -> tuple[int, str]:
        """Train in the folder in which the command was called; the status and the last line of the messages."""
        if not Path(folder).is_dir():
            return 2, f"this node has no {folder}, in which the command was called; call it in a folder that all share"
        os.chdir(folder)
        os.environ["TF_CONFIG"] = config
        messages = io.StringIO()
        with redirect_stderr(messages), redirect_stdout(messages):
            status = run_command("train", lambda _: _train(settings), [])
        lines = messages.getvalue().strip().splitlines()
        return status, lines[-1] if lines else ""


def _train(settings: TrainSettings) -> int:
    check_before_start(settings, "shards")
    from trainer.mood_training.run import train

    train(settings, [])
    return 0


def _find_port(host: str) -> int:
    with socket.create_server((host, 0)) as listener:
        return listener.getsockname()[1]
