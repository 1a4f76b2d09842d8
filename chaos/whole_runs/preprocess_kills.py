"""SIGKILL at random instants of every stage of preprocess: its driver, its group, its workers, Ray's raylet and gcs.

A chain of kills: the run is killed and started again on the same OUT until one ends by itself. Then its bytes are
compared with those of an undisturbed run, traces are looked for, and a new chain begins. A kill is a try.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chaos.commands.instants import HANGS_AFTER, draw_instant, list_names, wait_for_instant
from chaos.commands.started_command import (
    StartedCommand,
    find_abandoned_memory,
    is_agent,
    list_shared_memory,
)
from chaos.experiment import Bench, Findings
from chaos.workload import SMALL_SHARDS, Workload, compare_files, list_traces, make_workload, stamp_work

# How often each is chosen.
_TARGETS = {"driver": 9, "group": 6, "worker": 7, "raylet": 2, "gcs": 1}
_STAGES = (  # where a run is, by what stderr holds; the latest first
    ("writing the manifest", "publication"),
    ("compared ", "shards"),
    ("comparing frames", "plan"),
    ("found ", "videos"),
    ("", "start"),
)
_BUSY = "timed out during startup"  # what Ray says where the machine is so busy that it cannot start in time
_ENDS_WITHIN = 30  # seconds after which nothing of a run that has ended is there
_LONGEST = 25  # seconds until a kill by the clock
_NAMES = 140  # that appear in OUT and --work in a run of the workload


@dataclass
class _Chain:
    """Runs on one OUT, killed until one ends."""

    folder: Path
    has_work: bool  # --work
    findings: Findings
    kills: list[str] = field(default_factory=list)  # "driver in videos"
    finished: dict[str, int] = field(default_factory=dict)  # work that was finished at a kill: when it was written
    commands: list[StartedCommand] = field(default_factory=list)
    shared: set[str] = field(default_factory=list_shared_memory)

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def lose(self, what: str) -> None:
        self.findings.lost.append(f"{what}; after {', '.join(self.kills) or 'no kill'}")

    def add(self, figure: str, value: float = 1) -> None:
        self.findings.measured[figure] = self.findings.measured.get(figure, 0) + value


def run(bench: Bench) -> Findings:
    """Kill runs at random instants. Lost: other bytes, finished work that was done again, and what stays behind."""
    findings = Findings()
    workload = make_workload(bench.folder / "workload", videos=10)
    tries, number = bench.count_tries(), 0
    is_over = next(tries, None) is None
    while not is_over:
        chain = _Chain(bench.folder / f"chain{number}", number % 3 == 2, findings)
        chain.folder.mkdir()
        try:
            is_over = _run_chain(chain, workload, tries, bench)
            _check_end(chain, workload)
        finally:
            for command in chain.commands:
                command.end()
        shutil.rmtree(chain.folder)
        number += 1
        bench.say(f"  {findings.outcomes.total()} kills in {number} chains, {len(findings.lost)} lost")
    findings.measured["chains"] = number
    return findings


def _run_chain(chain: _Chain, workload: Workload, tries: Iterator[int], bench: Bench) -> bool:
    """Kill and start again, until a run ends by itself. Returns whether all tries are done."""
    call = ["-m", "preprocess", "--source", workload.source, "--out", chain.out, "--shard_bytes", SMALL_SHARDS]
    call += ["--workers", 2, *(["--work", chain.work] if chain.has_work else [])]
    is_over, failure = False, ""
    while True:  # until a run ends by itself
        # It starts while processes of the one before may still be writing.
        command = StartedCommand(list(map(str, call)), chain.folder)
        chain.commands.append(command)
        chain.add("runs")
        killed = len(chain.kills)
        while not is_over and _wait(command, chain, bench):
            _kill(command, chain, bench)
            is_over = next(tries, None) is None
        if command.wait(HANGS_AFTER) is None:
            chain.lose(f"a run hangs: {command.last_line}")
            return is_over
        _note_redone(chain)
        if command.status == 0:
            return is_over
        if len(chain.kills) == killed:
            if _BUSY not in command.last_line or _BUSY in failure:
                chain.lose(f"a run that was not killed ends with status {command.status}: {command.last_line}")
                return is_over
            chain.add("starts_that_ray_gave_up")
        failure = command.last_line
        if command.status > 0 and not command.last_line.startswith("preprocess: "):
            chain.add("ends_in_words_of_rays_own")


def _wait(command: StartedCommand, chain: _Chain, bench: Bench) -> bool:
    instant = draw_instant(bench.chance, _LONGEST, _NAMES)
    return wait_for_instant(instant, (chain.out, chain.work), lambda: command.status is None)


def _kill(command: StartedCommand, chain: _Chain, bench: Bench) -> None:
    target = bench.chance.choices(list(_TARGETS), list(_TARGETS.values()))[0]
    stage = next(name for words, name in _STAGES if words in command.errors)
    command.list_processes()  # their numbers are asked for at the end
    if not command.kill(target):  # it has none yet
        target = "driver"
        command.kill(target)
    if target in ("driver", "group"):
        command.wait(HANGS_AFTER)
    chain.kills.append(f"{target} in {stage}")
    chain.add("begun_work_lost", sum(name.endswith(".partial") for name in list_names((chain.out, chain.work))))
    _note_redone(chain)


def _note_redone(chain: _Chain) -> None:
    """Compare when finished work was written with what was seen before: nothing is done twice."""
    now = stamp_work(chain.out, chain.work)
    for name, stamp in now.items():
        if chain.finished.get(name, stamp) != stamp:
            chain.lose(f"{name} was finished, and was made again")
    chain.finished |= now


def _check_end(chain: _Chain, workload: Workload) -> None:
    """Look at what the last run and all those before it have left."""
    has_ended = chain.commands[-1].status == 0  # else that is lost, and said
    differences = compare_files(workload.expected, chain.out) if has_ended else []
    for line in differences:
        chain.lose(line)
    came_of_it = ("other bytes" if differences else "the same bytes") if has_ended else "no dataset"
    chain.findings.outcomes.update(f"{kill}: {came_of_it}" for kill in chain.kills)
    for command in chain.commands:
        for name in command.find_leftovers(_ENDS_WITHIN):
            chain.add("agents_of_rays_that_stayed") if is_agent(name) else chain.lose(f"the process {name} stays")
    own = {f"{command.mark}.{name}" for command in chain.commands for name in ("stdout", "stderr")}
    for trace in list_traces(chain.folder):
        chain.lose(f"{trace} stays")
    for name in {path.name for path in chain.folder.iterdir()} - own - {"out", "out.log.json", "work"}:
        chain.lose(f"{name} stays")
    for name in chain.work.iterdir() if chain.has_work else ():
        chain.lose(f"{name} stays in --work")
    for name in find_abandoned_memory(chain.shared, {pid for command in chain.commands for pid in command.pids}):
        chain.lose(f"{name} stays in shared memory")
