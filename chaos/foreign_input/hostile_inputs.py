"""Hostile inputs, changed at random from good ones: each ends in a row, an answer or a clear error, and soon.

Each reader of foreign bytes (hostile_targets.py) gets its part of the inputs. Another exception than those that the
reader states, more than two seconds of the processor, or memory that grows without end is a loss.
"""

import base64
import random
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from benchmarks.memory import read_held_mib
from chaos.experiment import Bench, Findings
from chaos.foreign_input.good_inputs import make_good_inputs
from chaos.foreign_input.hostile_targets import Target, make_targets
from chaos.foreign_input.mutation import mutate
from console.output.messages import open_output

_ROOT = Path(__file__).parent.parent.parent
_REAL_JPEGS = _ROOT.parent / "shared/real/jpeg_edge"  # beside a checkout, where there are any
_MOST_SECONDS = 2.0  # of the processor, for one input
_MOST_GROWTH = 700  # MiB, from the first hundred inputs of a reader to its last: a picture may have 40 million pixels
_MOST_SHOWN = 3_000  # bytes of an input in a line


def run(bench: Bench) -> Findings:
    work = bench.folder / "읽기"
    work.mkdir()
    inputs = make_good_inputs(bench.folder, find_real_jpegs())
    with open_output(["--quiet"]):
        return feed_targets(make_targets(inputs, work), bench)


def find_real_jpegs() -> Path | None:
    """The folder of odd JPEGs among the real files; None where it is not here."""
    return _REAL_JPEGS if _REAL_JPEGS.is_dir() else None


def feed_targets(targets: list[Target], bench: Bench) -> Findings:
    """Feed changed inputs to the readers in turn; the good ones first."""
    findings = Findings()
    for target in targets:
        for seed in target.seeds:
            _feed(target, seed, findings, most_seconds=60)  # the first ones import libraries
    slowest = 0.0
    start = None
    for number, target in zip(bench.count_tries(), _take_turns(targets, bench.chance), strict=False):
        data = make_input(target, bench.chance.getrandbits(64))
        slowest = max(slowest, _feed(target, data, findings, _MOST_SECONDS))
        if number % 1_000 == 0:
            memory = read_held_mib()
            start = start or memory
            if memory > start + _MOST_GROWTH:
                findings.lost.append(f"after {number:,} inputs: {memory:,.0f} MiB are held, {start:,.0f} at first")
                break
    findings.measured["slowest_input_seconds"] = slowest
    findings.measured["memory_mib"] = read_held_mib()
    return findings


def _take_turns(targets: list[Target], chance: random.Random) -> Iterator[Target]:
    """Each reader as often as its share says, all mixed."""
    turns = [target for target in targets for _ in range(target.share)]
    chance.shuffle(turns)
    return cycle(turns)


def make_input(target: Target, number: int) -> bytes:
    """The input that a number stands for."""
    chance = random.Random(number)
    return mutate(chance.choice(target.seeds), target.seeds, chance)


def _feed(target: Target, data: bytes, findings: Findings, most_seconds: float) -> float:
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
    if seconds > most_seconds:
        findings.lost.append(f"{target.name}: took {seconds:.1f} seconds; input in base64: {_show(data)}")
    return seconds


def _show(data: bytes) -> str:
    text = base64.b64encode(data[:_MOST_SHOWN]).decode()
    return text if len(data) <= _MOST_SHOWN else f"{text} .. of {len(data):,} bytes"
