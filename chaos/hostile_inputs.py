"""Hostile inputs: changed at random from good ones, they end in a row, an answer or a clear error, soon and in few bytes.

Each reader of foreign bytes (chaos.hostile_targets) gets its part of the inputs. Another exception than those that the
reader states, more than two seconds of the processor, or memory that grows without end is a loss.
"""

import base64
import random
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from benchmarks.memory import read_own_memory
from chaos.experiment import Bench, Findings
from chaos.good_inputs import make_good_inputs
from chaos.hostile_targets import Target, make_targets
from chaos.mutation import mutate
from console.output.messages import open_output

REAL_JPEGS = Path("../shared/real/jpeg_edge")  # beside a checkout, where there are any
_MOST_SECONDS = 2.0  # of the processor, for one input
_MOST_GROWTH = 700  # MiB, from the first hundred inputs of a reader to its last: a picture may have 40 million pixels
_MOST_SHOWN = 3_000  # bytes of an input in a line
_TURN = 50  # inputs that a reader gets at a time, for each of its shares


def run(bench: Bench) -> Findings:
    work = bench.folder / "읽기"
    work.mkdir()
    inputs = make_good_inputs(bench.folder, REAL_JPEGS if REAL_JPEGS.is_dir() else None)
    with open_output(["--quiet"]):
        return feed_targets(make_targets(inputs, work), bench)


def feed_targets(targets: list[Target], bench: Bench) -> Findings:
    """Feed changed inputs to the readers in turn; the good ones first."""
    findings = Findings()
    for target in targets:
        for seed in target.seeds:
            _feed(target, seed, findings)
    slowest: Counter[str] = Counter()
    start = None
    for number, target in zip(bench.count_tries(), _take_turns(targets), strict=False):
        data = make_input(target, bench.chance.getrandbits(64))
        slowest[target.name] = max(slowest[target.name], _feed(target, data, findings))
        if number % 1_000 == 0:
            memory = read_own_memory()
            start = start or memory
            if memory > start + _MOST_GROWTH:
                findings.lost.append(f"after {number:,} inputs: {memory:,.0f} MiB are held, {start:,.0f} at first")
                break
    findings.measured["slowest_input_seconds"] = max(slowest.values(), default=0.0)
    findings.measured["memory_mib"] = read_own_memory()
    return findings


def _take_turns(targets: list[Target]) -> Iterator[Target]:
    rounds = [target for target in targets for _ in range(target.share)]
    for start in cycle(range(0, len(rounds))):
        yield rounds[start]


def make_input(target: Target, number: int) -> bytes:
    """The input that a number stands for."""
    chance = random.Random(number)
    return mutate(chance.choice(target.seeds), target.seeds, chance)


def _feed(target: Target, data: bytes, findings: Findings) -> float:
    """Feed one input; returns the seconds of the processor that it took."""
    began = time.process_time()
    try:
        target.feed(data)
        findings.outcomes["read"] += 1
    except target.errors:
        findings.outcomes["refused"] += 1
    except Exception as error:
        findings.outcomes["lost"] += 1
        what = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        findings.lost.append(f"{target.name}: {what}; input in base64: {_show(data)}")
    seconds = time.process_time() - began
    if seconds > _MOST_SECONDS:
        findings.lost.append(f"{target.name}: took {seconds:.1f} seconds; input in base64: {_show(data)}")
    return seconds


def _show(data: bytes) -> str:
    text = base64.b64encode(data[:_MOST_SHOWN]).decode()
    return text if len(data) <= _MOST_SHOWN else f"{text} .. of {len(data):,} bytes"
