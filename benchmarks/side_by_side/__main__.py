"""Every job beside its limit and its peers: python -m benchmarks.side_by_side [JOB ..] [--quick]

Writes a section for each job into benchmarks/RESULTS.md. Peers run in an environment of their own, which `make bench`
sets up, 8 GB; without it their rows say so. Time: about half an hour on 2 cores, with --quick under ten minutes.
Last line: a JSON object with the figures of each table.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.side_by_side.job import Job
from benchmarks.side_by_side.jobs import JOBS
from benchmarks.side_by_side.material import Material
from benchmarks.side_by_side.results import describe_conditions, find_figures, write_section, write_table
from benchmarks.side_by_side.turns import ROOT, take_turns
from console.command import Parser, run_command
from shards.errors import CallError

PEERS = ROOT / ".venv-bench" / "bin" / "python"
ROUNDS, QUICK_ROUNDS = 5, 3


def _parse(arguments: list[str]) -> Any:
    parser = Parser("benchmarks.side_by_side", __doc__)
    names = [job.name for job in JOBS]
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"of {', '.join(names)} (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help=f"less material, {QUICK_ROUNDS} rounds, into data/bench.md"
    )
    parser.add_argument("--dry_run", action="store_true", help="only check the call")
    parser.add_argument("--rounds", type=int, help=f"turns of each way (default: {ROUNDS})")
    parser.add_argument("--out", type=Path, help="the page (default: benchmarks/RESULTS.md)")
    options = parser.parse_args(arguments)
    for name in options.jobs:
        if name not in names:
            raise CallError(f"{name}: no such job; give some of {', '.join(names)}")
    if options.rounds is not None and options.rounds < 1:
        raise CallError(f"--rounds {options.rounds}: give at least 1")
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    options.out = options.out or ROOT / ("data/bench.md" if options.quick else "benchmarks/RESULTS.md")
    return options


def run_job(job: Job, material: Material, rounds: int, page: Path) -> dict[str, Any]:
    """Time a job's tables, write its section into the page, and return the figures by table."""
    begun, figures, texts = time.monotonic(), {}, []
    for table in job.make_tables(material):
        if isinstance(table, str):
            texts.append(table)
            print(table, flush=True)
            continue
        timed = take_turns(table, rounds, material.folder, PEERS if PEERS.exists() else None, _tell)
        whole = {name: found.last for name, found in timed.items() if not found.failure}
        faults = table.check(whole) if table.check else {}
        figures[table.title] = find_figures(table, timed, faults)
        texts.append(write_table(table, timed, faults))
        print(texts[-1], flush=True)
    minutes = (time.monotonic() - begun) / 60
    command = f"python -m benchmarks.side_by_side {job.name}" + (" --quick" if material.quick else "")
    taken = f"{rounds} rounds, {minutes:.0f} min, {time.strftime('%Y-%m-%d')}"
    conditions = f"`{command}`, {taken}: {describe_conditions()}."
    write_section(page, job, "\n".join([conditions, "", *texts]), [each.title for each in JOBS])
    return figures


def _tell(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    if options.dry_run:
        return 0
    options.out.parent.mkdir(parents=True, exist_ok=True)
    chosen = [job for job in JOBS if not options.jobs or job.name in options.jobs]
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        material = Material(Path(folder), options.quick)
        figures = {job.name: run_job(job, material, options.rounds, options.out) for job in chosen}
    print(json.dumps(figures, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("side_by_side", main, sys.argv[1:]))
