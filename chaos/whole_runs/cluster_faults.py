"""A cluster of machines that share no folder, whose sources, work and dataset lie in a bucket: nodes join, go and hang.

Three real Ray nodes, and a fourth that joins late, each in namespaces of its own (see chaos.commands.machines), and the
S3 server of moto. A fault happens once so many video tasks have left their work; the run starts on a node that nothing
happens to. The first try is undisturbed: the others are compared with it for the time that they lose.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from chaos.commands.bucket import Bucket, Request, find_obstacle_to_buckets, start_bucket
from chaos.commands.instants import HANGS_AFTER
from chaos.commands.machines import Cluster, find_obstacle_to_namespaces, make_machines
from chaos.commands.started_command import StartedCommand
from chaos.experiment import Bench, Findings
from chaos.workload import SMALL_SHARDS, Workload, compare_digests, make_workload

_FAULTS = ("nothing", "node killed", "node joins late", "node hangs", "node cut off", "head killed")
_DRIVER = ("-m", "preprocess")
_NODES = ("head", "driver", "other")  # the driver's is spared
_MOST_TASKS = 20  # of about 36 that have left their work when a fault comes


@dataclass
class _Trials:
    bench: Bench
    findings: Findings
    workload: Workload
    cluster: Cluster
    bucket: Bucket
    undisturbed: float = 0.0  # seconds

    def measure(self, figure: str, value: float) -> None:
        self.findings.measured[figure] = max(value, self.findings.measured.get(figure, 0))

    def start(self, name: str) -> StartedCommand:
        places = {"--source": "source", "--out": f"out-{name}", "--work": f"work-{name}"}
        urls = [word for option, place in places.items() for word in (option, self.bucket.name_folder(place))]
        call = [*_DRIVER, *urls, "--address", self.cluster.address, "--shard_bytes", str(SMALL_SHARDS)]
        return self.cluster.machines["driver"].start(call, self.cluster.logs)

    def await_tasks(self, name: str, tasks: int, run: StartedCommand) -> None:
        """Wait until so many video tasks have left their work in the bucket, or the run is over."""
        while run.status is None and self._count_tasks(name) < tasks:
            time.sleep(0.05)

    def _count_tasks(self, name: str) -> int:
        return len([request for request in self.list_writes(name) if request.path.endswith(".json")])

    def list_writes(self, name: str) -> list[Request]:
        """What was written to --work."""
        return [each for each in self.bucket.list_requests() if each.method == "PUT" and f"/work-{name}/" in each.path]


def run(bench: Bench) -> Findings:
    """Let the faults take turns. Lost: other bytes, other ends, and what stays in the bucket."""
    findings = Findings(left_out=find_obstacle_to_buckets())
    if findings.left_out:
        return findings
    workload = make_workload(bench.folder / "workload", videos=10)
    if obstacle := find_obstacle_to_namespaces():
        bench.say(f"  nodes are plain processes of one machine: {obstacle}")
    logs = bench.folder / "logs"
    logs.mkdir()
    with make_machines((*_NODES, "late")) as machines, start_bucket(machines["hub"], logs) as bucket:
        bucket.upload(workload.source, "source")
        trials = _Trials(bench, findings, workload, Cluster(machines, logs), bucket)
        try:
            for number in bench.count_tries():
                fault = _FAULTS[number % len(_FAULTS)]
                if fault == "node cut off" and obstacle:
                    continue
                findings.outcomes[_try(trials, fault, f"{number}")] += 1
        finally:
            trials.cluster.kill(*trials.cluster.nodes)
    return findings


def _try(trials: _Trials, fault: str, name: str) -> str:
    cluster, before = trials.cluster, len(trials.bucket.list_requests())
    cluster.start(*(node for node in _NODES if node not in cluster.nodes))
    if fault == "node joins late":
        cluster.begin("late")
    command = trials.start(name)
    try:
        trials.await_tasks(name, trials.bench.chance.randint(1, _MOST_TASKS), command)
        in_time = command.status is None
        _PLAY[fault](trials)
        if fault == "head killed" and in_time:
            seconds, command = _begin_again(trials, name, command)
        else:
            seconds = 0.0
        status = command.wait(HANGS_AFTER)
        seconds += command.seconds
    finally:
        command.end()
    requests = trials.bucket.list_requests()[before:]
    _heal(trials, fault)
    if status != 0:
        trials.findings.lost.append(f"{fault}: ends with {status}: {command.last_line}")
        return f"{fault}: another end"
    for line in compare_digests(trials.workload.expected, trials.bucket.digest(f"out-{name}")):
        trials.findings.lost.append(f"{fault}: {line}")
    for left in trials.bucket.digest(f"work-{name}"):
        trials.findings.lost.append(f"{fault}: {left} stays in --work")
    if not in_time:
        return f"{fault}: the run was over before"
    if fault == "nothing":
        trials.undisturbed = seconds
        trials.measure("undisturbed_seconds", seconds)
        for method, count in Counter(each.method for each in requests).items():
            trials.measure(f"undisturbed_requests_{method}", count)
    elif trials.undisturbed:
        trials.measure(f"{fault.replace(' ', '_')}_lost_seconds", seconds - trials.undisturbed)
    if fault == "node joins late" and cluster.machines["late"].hub:
        worked = any(each.address == cluster.machines["late"].address for each in trials.list_writes(name))
        return f"{fault}{'' if worked else ', too late for work'}: the same bytes"
    return f"{fault}: the same bytes"


def _begin_again(trials: _Trials, name: str, command: StartedCommand) -> tuple[float, StartedCommand]:
    """The command ends in one line once the head is gone; then it is started again on a new cluster.

    Returns the seconds that the first one took, and the second one.
    """
    began = time.monotonic()
    status = command.wait(HANGS_AFTER)
    trials.measure("head_killed_told_after_seconds", time.monotonic() - began)
    seconds = command.seconds
    command.end()
    if status != 1 or "does not answer" not in command.last_line or "Traceback" in command.errors:
        trials.findings.lost.append(f"head killed: ends with {status}: {command.last_line}")
    trials.cluster.kill(*trials.cluster.nodes)
    trials.cluster.start(*_NODES)
    return seconds, trials.start(name)


def _heal(trials: _Trials, fault: str) -> None:
    """What a fault has left is taken away; nodes that are missing then start with the next try."""
    cluster = trials.cluster
    if fault == "node cut off":
        cluster.machines["other"].cut_off(False)
    if fault in ("node cut off", "node hangs"):
        cluster.kill("other")
    if "late" in cluster.nodes:
        cluster.kill("late")


_PLAY: dict[str, Callable[[_Trials], None]] = {
    "nothing": lambda trials: None,
    "node killed": lambda trials: trials.cluster.kill("other"),
    "node joins late": lambda trials: None,  # it was started with the command, and is ready some seconds later
    "node hangs": lambda trials: trials.cluster.suspend("other"),
    "node cut off": lambda trials: trials.cluster.machines["other"].cut_off(True),
    "head killed": lambda trials: trials.cluster.kill("head"),
}
