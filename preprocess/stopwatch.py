"""How long each stage of a run takes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from console.output.origin import name_time


@dataclass
class Stopwatch:
    started: str = field(default_factory=name_time)
    seconds: dict[str, float] = field(default_factory=dict)  # by stage

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - start
