"""What came of the turns: tables of Markdown, figures for JSON, and the page that keeps a section for each job."""

import os
import platform
import re
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks.side_by_side.job import Job, Table, Way
from benchmarks.side_by_side.turns import Timed

HEAD = """# Side by side

Each job of the project beside its limit and beside what people would use instead. `make bench` writes this page anew;
`make bench QUICK=1` a shorter one. A table is made in one go: its ways take turns, in another order each round, each in
a process of its own that is stopped while others work. Files are in the page cache unless a section says otherwise.
Ratios are medians of the ratios within a round, with the lowest and the highest. A row that we lose stays.

"""


def compare_rounds(over: Timed, under: Timed) -> list[float]:
    """The ratio of two ways' rates in each round that both have."""
    return [one / other for one, other in zip(over.rates, under.rates, strict=False)]


def find_figures(table: Table, timed: dict[str, Timed], faults: dict[str, str]) -> dict[str, Any]:
    """For each way its rate and its ratios, or why there are none."""
    figures: dict[str, Any] = {}
    for way in table.ways:
        found = timed[way.name]
        if failure := found.failure or faults.get(way.name, ""):
            figures[way.name] = {"failure": failure}
            continue
        figures[way.name] = {"rate": round(median(found.rates), 3)}
        for name, against in (("of_limit", table.limit), ("ours_is_times", table.ours)):
            if against and not timed[against].failure and way.name not in (against, table.limit):
                pair = (found, timed[against]) if name == "of_limit" else (timed[against], found)
                figures[way.name][name] = round(median(compare_rounds(*pair)), 3)
    return figures


def write_table(table: Table, timed: dict[str, Timed], faults: dict[str, str]) -> str:
    """A table of Markdown, and under it what to know about it."""
    rate = f"ms each, of {table.unit}" if table.times else f"{table.unit}/s"
    last = "ours is so many times as fast" if table.ours else "so many times the limit's"
    lines = [f"### {table.title}", "", f"| way | {rate} | of the limit | {last} |", "|---|---|---|---|"]
    lines += [_write_row(table, way, timed, faults) for way in table.ways]
    misses = [f"- {way.name}: {way.misses}" for way in table.ways if way.misses]
    notes = [table.conditions] if table.conditions else []
    return "\n".join([*lines, "", *notes, *([""] if notes and misses else []), *misses]).rstrip() + "\n"


def _write_row(table: Table, way: Way, timed: dict[str, Timed], faults: dict[str, str]) -> str:
    found = timed[way.name]
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    title = (f"**{way.name}**" if way.name == table.ours else way.name) + (f" ({versions})" if versions else "")
    if failure := found.failure or faults.get(way.name, ""):
        return f"| {title} | {failure.replace('|', '/')} | | |"
    each = median(found.rates)
    shown = f"{1000 / each:,.1f}" if table.times else f"{each:,.0f}" if each >= 100 else f"{each:.1f}"
    of_limit = _write_ratio(found, table.limit, timed) if table.ours and way.name != table.limit else ""
    front = table.ours or table.limit
    behind = "" if way.name in (table.ours, table.limit) else _write_ratio(timed[front], way.name, timed)
    return f"| {title} | {shown} | {of_limit} | {behind} |"


def _write_ratio(over: Timed, name: str | None, timed: dict[str, Timed]) -> str:
    ratios = compare_rounds(over, timed[name]) if name else []
    if not ratios:
        return ""
    return f"{_round(median(ratios))} ({_round(min(ratios))} to {_round(max(ratios))})"


def _round(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 20 else f"{ratio:.1f}" if ratio >= 3 else f"{ratio:.2f}"


def describe_conditions() -> str:
    """The processor, its cores, the memory, Python and our main libraries, in one sentence."""
    model = platform.processor() or platform.machine()
    if (found := Path("/proc/cpuinfo")).exists():
        named = re.search(r"^model name\s*: (.+)$", found.read_text(encoding="utf-8"), re.M)
        model = named[1] if named else model
    memory = psutil.virtual_memory().total / 2**30
    libraries = ", ".join(
        f"{name} {_find_version(name)}" for name in ("numpy", "ray", "tensorflow", "opencv-python-headless")
    )
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB of memory, {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}, {libraries}"
    )


def _find_version(package: str) -> str:
    for name in (package, f"{package}-cpu"):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "not installed"


def write_section(path: Path, job: Job, text: str, order: Iterable[str]) -> None:
    """Put a job's section into the page in place of the one before, in the order of the jobs' titles."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    sections = {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in re.split(r"^## ", old, flags=re.M)[1:]}
    sections[job.title] = f"\n{text}\n"
    page = HEAD + "".join(f"## {title}\n{sections[title].rstrip()}\n\n" for title in order if title in sections)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(page.rstrip() + "\n", encoding="utf-8")
    partial.replace(path)
