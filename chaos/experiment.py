"""What an experiment is given, and what it finds: counts by outcome, and a line for everything that was lost."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple


@dataclass
class Findings:
    """What came of the tries of one experiment."""

    outcomes: Counter[str] = field(default_factory=Counter)  # "same bytes", "one line and status 1", ...
    lost: list[str] = field(default_factory=list)  # a line for each try that broke the promise, with how to repeat it
    measured: dict[str, float] = field(default_factory=dict)  # figures by their name, which ends in the unit
    left_out: str = ""  # why nothing was tried, for instance without root

    def as_json(self) -> dict[str, Any]:
        """For the harness's last line."""
        found = {
            "tried": self.outcomes.total(),
            "lost": len(self.lost),
            "outcomes": dict(sorted(self.outcomes.items())),
        }
        measured = {name: round(value, 3) for name, value in self.measured.items()}
        return found | measured | ({"left_out": self.left_out} if self.left_out else {})


@dataclass
class Bench:
    """Where an experiment works, and how much it tries."""

    folder: Path  # empty, and its own
    tries: int
    chance: random.Random  # everything that is left to chance comes from here, so that a seed repeats it
    ends: float = float("inf")  # time.monotonic() after which no try begins
    say: Callable[[str], None] = print
    plots: Path | None = None  # a folder for pictures that outlive the bench

    def is_over(self) -> bool:
        """Whether the time is over: no try begins any more."""
        return time.monotonic() >= self.ends

    def count_tries(self) -> Iterator[int]:
        """Yield 0, 1, .. for each try, until all are done or the time is over."""
        for number in range(self.tries):
            if self.is_over():
                return
            yield number


class Experiment(NamedTuple):
    """One kind of fault."""

    name: str
    promise: str  # what must hold, in a few words
    module: str  # of the room, with a function run(bench) that returns Findings
    tries: int  # in a whole run of the harness
