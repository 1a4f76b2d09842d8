"""What is compared: a job has tables, a table has ways that do the same work in turn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from benchmarks.side_by_side.material import Material


@dataclass(frozen=True)
class Way:
    """One way to do the work of a table.

    `function` is MODULE:FUNCTION for way_process.py, `settings` what it is given beside the table's own. `peers` says
    that it runs in the peers' environment instead of ours. `pauses`: whether its process can be stopped outside its
    turns, so that its threads take nothing from others; one with servers that want to hear from each other cannot.
    `misses`: what its work lacks, if it is not all of the work. `absent`: why there is no process for it.
    """

    name: str
    function: str
    settings: dict[str, Any] = field(default_factory=dict)
    peers: bool = False
    pauses: bool = True
    misses: str = ""
    absent: str = ""


@dataclass(frozen=True)
class Table:
    """Ways side by side on one material.

    `unit` is what is counted, in the plural. `limit` and `ours` name ways; a table may have no limit, and no `ours`
    where all ways are ours but the limit. With `times` the milliseconds of one are shown instead of how many a second.
    `check` is given the last turn of each way, by name, and returns what is wrong with it, by name: such a way is shown
    without ratios.
    """

    title: str
    unit: str
    ways: list[Way]
    ours: str | None
    limit: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    conditions: str = ""
    times: bool = False
    check: Callable[[dict[str, dict[str, Any]]], dict[str, str]] | None = None


@dataclass(frozen=True)
class Job:
    """Tables of one kind of work. What they work on is taken from the material, which all jobs share.

    `tables` is MODULE:FUNCTION below benchmarks.side_by_side.tables, imported when its turn comes: it takes seconds.
    """

    name: str
    title: str
    tables: str

    def make_tables(self, material: Material) -> Iterator[Table | str]:
        """Make the tables; a line in place of a table says why there is none."""
        module, _, function = self.tables.partition(":")
        return getattr(import_module(f"benchmarks.side_by_side.tables.{module}"), function)(material)
