"""Machines that share nothing but what can only be read: network and mount namespaces, joined by a bridge of their own.

Each has an address in a private range that exists in these namespaces alone, a memory file system of its own at one
path for its home, its temporary files and its working folder, and a /dev/shm of its own; all else is read-only. Where
namespaces cannot be made, machines are plain processes with folders of their own and the address of this machine.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from chaos.commands.started_command import StartedCommand

_ROOT = Path(__file__).parent.parent.parent
_OWN = "/srv"  # where each machine has its memory file system
_HUB = "10.213.0.254"  # the bridge, on which the S3 server answers
_NEEDED = ("ip", "nsenter", "unshare", "mount")
# Everything becomes read-only but devices and what the kernel shows, and then the machine's own file systems lie over.
_SET_UP = f"""
for place in $(awk '{{print $5}}' /proc/self/mountinfo | grep -v -e '^/proc' -e '^/sys' -e '^/dev'); do
    mount -o remount,bind,ro "$place" 2>/dev/null
done
mount -t tmpfs tmpfs {_OWN} && mkdir {_OWN}/home {_OWN}/tmp && mount -t tmpfs tmpfs /dev/shm && ! touch / 2>/dev/null
"""


@dataclass(frozen=True)
class Machine:
    """Where commands are started."""

    address: str
    folder: str  # its own
    prefix: tuple[str, ...] = ()  # a command that starts another one there
    number: int = 0
    hub: int = 0  # the process that holds the bridge; 0 where there are no namespaces

    def start(self, arguments: Sequence[str], logs: Path) -> StartedCommand:
        """Start `python ..` there; its output goes to the folder `logs`, outside."""
        environment = {
            "HOME": f"{self.folder}/home",
            "TMPDIR": f"{self.folder}/tmp",
            "RAY_TMPDIR": f"{self.folder}/tmp",
            "PYTHONPATH": str(_ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "RAY_AUTH_MODE": "disabled",
            "NO_PROXY": "*",
        }
        change = ("sh", "-c", 'cd "$0" && exec "$@"', self.folder)
        return StartedCommand(list(arguments), logs, environment | S3_KEYS, (*self.prefix, *change))

    def cut_off(self, is_cut: bool) -> None:
        """Pull the machine's cable, or plug it in again."""
        _run_at(self.hub, "ip", "link", "set", f"v{self.number}", "down" if is_cut else "up")


S3_KEYS = {
    "AWS_ACCESS_KEY_ID": "tester",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def find_obstacle_to_namespaces() -> str:
    """Why machines are only plain processes here; empty where they can be apart."""
    if os.geteuid():
        return "namespaces need root"
    if missing := [name for name in _NEEDED if not shutil.which(name)]:
        return f"there is no {missing[0]}"
    if not os.path.isdir(_OWN) or any(Path(path).is_relative_to(_OWN) for path in (_ROOT, sys.prefix, sys.base_prefix)):
        return f"{_OWN} is not there, or in use"
    tried = subprocess.run(["unshare", "--net", "--mount", "sh", "-c", _SET_UP], capture_output=True, text=True)
    return f"this machine allows none ({tried.stderr.strip()[:80]})" if tried.returncode else ""


@contextmanager
def make_machines(names: Sequence[str]) -> Iterator[dict[str, Machine]]:
    """Machines of these names, and `hub`, on which a server that all reach may be started; gone after the block."""
    with ExitStack() as stack:
        if find_obstacle_to_namespaces():
            yield {name: Machine("127.0.0.1", stack.enter_context(_own_folder())) for name in ("hub", *names)}
            return
        hub = stack.enter_context(_hold("--net"))
        _run_at(hub, "ip", "link", "set", "lo", "up")
        _run_at(hub, "ip", "link", "add", "bridge", "type", "bridge")
        _run_at(hub, "ip", "address", "add", f"{_HUB}/24", "dev", "bridge")
        _run_at(hub, "ip", "link", "set", "bridge", "up")
        enter = ("nsenter", "--net", "--target")
        machines = {"hub": Machine(_HUB, stack.enter_context(_own_folder()), (*enter, str(hub)))}
        for number, name in enumerate(names, start=1):
            holder = stack.enter_context(_hold("--net", "--mount"))
            address = f"10.213.0.{number}"
            _run_at(hub, *f"ip link add v{number} type veth peer name eth0 netns {holder}".split())
            _run_at(hub, *f"ip link set v{number} master bridge up".split())
            for call in (
                "ip link set lo up",
                f"ip address add {address}/24 dev eth0",
                "ip link set eth0 up",
                f"ip route add default via {_HUB}",  # Ray asks by it which address this machine has
            ):
                _run_at(holder, *call.split())
            prefix = ("nsenter", "--net", "--mount", "--target", str(holder))
            machines[name] = Machine(address, _OWN, prefix, number, hub)
        yield machines


def choose_port(machine: Machine, port: int) -> int:
    """This port, or a free one where all machines are one."""
    if machine.prefix:
        return port
    with socket.socket() as found:
        found.bind((machine.address, 0))
        return found.getsockname()[1]


@contextmanager
def _own_folder() -> Iterator[str]:
    # A short path: Ray puts sockets there.
    with tempfile.TemporaryDirectory(prefix="pm", dir="/tmp", ignore_cleanup_errors=True) as folder:
        for name in ("home", "tmp"):
            os.mkdir(f"{folder}/{name}")
        yield folder


@contextmanager
def _hold(*kinds: str) -> Iterator[int]:
    """A process in new namespaces of these kinds, which end with it; yields its number once they are ready."""
    setup = _SET_UP if "--mount" in kinds else "true"
    command = ["unshare", *kinds, "sh", "-c", f"{{\n{setup}\n}} && echo ready && exec sleep 100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            if process.stdout.readline() != "ready\n":
                raise OSError("a namespace could not be made ready")
            yield process.pid
        finally:
            process.kill()


def _run_at(holder: int, *command: str) -> None:
    subprocess.run(["nsenter", "--net", "--target", str(holder), *command], check=True)


@dataclass
class Cluster:
    """Ray on machines: one is the head, the others join it. All are nodes with one core each."""

    machines: dict[str, Machine]
    logs: Path
    port: int = 0
    nodes: dict[str, StartedCommand] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = choose_port(self.machines["head"], 6379)

    @property
    def address(self) -> str:
        return f"{self.machines['head'].address}:{self.port}"

    def start(self, *names: str) -> None:
        """Start nodes, `head` before the others, side by side; returns when they run. Raises TimeoutError."""
        for group in ([name for name in names if name == "head"], [name for name in names if name != "head"]):
            for name in group:
                self.begin(name)
            for name in group:
                self._await(name)

    def begin(self, name: str) -> None:
        """Start a node that joins when it is ready."""
        self.nodes[name] = self._start(name)

    def _start(self, name: str) -> StartedCommand:
        machine = self.machines[name]
        how = ["--head", f"--port={self.port}", "--include-dashboard=false"]
        how = how if name == "head" else [f"--address={self.address}"]
        call = ["-m", "ray.scripts.scripts", "start", "--block", "--num-cpus=1", f"--node-ip-address={machine.address}"]
        return machine.start([*call, "--object-store-memory=80000000", *how], self.logs)

    def _await(self, name: str) -> None:
        for _ in range(3):  # Ray gives a node 30 s, which a busy machine exceeds
            until = time.monotonic() + 60
            while self.nodes[name].status is None and time.monotonic() < until:
                if "Ray runtime started" in self.nodes[name].output:
                    return
                time.sleep(0.05)
            self.kill(name)
            self.nodes[name] = self._start(name)
        raise TimeoutError(f"the Ray node {name} does not start: {self.nodes[name].last_line}")

    def kill(self, *names: str) -> None:
        """Kill all processes of these nodes at once."""
        for name in names:
            self.nodes.pop(name).end()

    def suspend(self, name: str) -> None:
        """Let a node answer no more, as a machine that hangs."""
        for process in self.nodes[name].list_processes():
            with suppress(OSError):
                process.suspend()
