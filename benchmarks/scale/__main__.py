"""What grows with the number of frames, and where today's design stops: python -m benchmarks.scale [--rows 20000000]

The driver plans 1%, 10% and all of the rows, made up; up to 2 million rows it writes the manifest too, the trainer
reads its index of it, and validation is chosen by animals; a shard task gathers the same records from 10 to 10,000
spills. Each in a process of its own. From these figures the costs of 100 million and of 10 billion frames are computed.

Seconds are those that all cores spend, which other programs on the machine change less than those of a clock; those of
reading from the disk are a clock's. Memory is the peak beyond what the imports take.

Time: about five minutes for 20 million rows, with 2.5 GB of memory and 2 GB of disk. Last line: all figures.
"""

import json
import math
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.driver import TASK_ROWS
from benchmarks.memory import run_in_process
from benchmarks.scale.driver_growth import (
    MOST_ASSEMBLED,
    measure_animal_split,
    measure_driver,
    measure_index,
    write_made_rows,
)
from benchmarks.scale.projection import UnitCosts, project
from benchmarks.scale.spill_growth import SHARD_RECORDS, measure_shard_task
from console.command import Parser, run_command
from shards.errors import CallError

SPILLS = (10, 100, 1000, 10_000)
PROJECTED = (100_000_000, 10_000_000_000)  # frames


def measure_rows(rows: int, folder: Path) -> dict[str, Any]:
    """What one number of made rows costs; they are written into a folder that goes afterwards."""
    made = folder / str(rows)
    write_made_rows(made, rows)
    found = {"driver": run_in_process(measure_driver, made)}
    if rows <= MOST_ASSEMBLED:
        found["index"] = run_in_process(measure_index, made)
        found["split"] = run_in_process(measure_animal_split, made)
    shutil.rmtree(made)
    return found


def measure_spills(spills: int, folder: Path) -> dict[str, Any]:
    made = folder / f"spills-{spills}"
    made.mkdir()
    found = run_in_process(measure_shard_task, made, spills, SHARD_RECORDS)
    shutil.rmtree(made)
    return found


def derive_costs(by_rows: list[dict[str, Any]], by_spills: list[dict[str, Any]]) -> UnitCosts:
    """Costs of one row, from the differences between the most rows and the fewest, so that what is fixed falls out."""
    few, many = by_rows[0]["driver"], by_rows[-1]["driver"]
    rows = many["rows"] - few["rows"]
    plan_seconds = [found["seconds"]["plan"] - found["seconds"]["join"] for found in (few, many)]
    assembled = [found for found in by_rows if "index" in found]
    largest, index = assembled[-1]["driver"], [found["index"] for found in assembled[-2:]]
    extra = by_spills[-1]["core_seconds"] - by_spills[0]["core_seconds"]
    return UnitCosts(
        driver_bytes=(many["shards_gb"] - few["shards_gb"]) * 1e9 / rows,
        plan_seconds=(plan_seconds[1] - plan_seconds[0]) / rows,
        join_seconds=many["seconds"]["join"],
        join_codes=many["kept"],
        manifest_bytes=largest["manifest_bytes"] / largest["rows"],
        index_bytes=(index[1]["peak_gb"] - index[0]["peak_gb"]) * 1e9 / (index[1]["records"] - index[0]["records"]),
        verify_bytes=by_spills[-1]["verify_mb_a_second"] * 1e6,
        open_seconds=max(0.0, extra) / (by_spills[-1]["spills"] - by_spills[0]["spills"]),
    )


def print_rows(by_rows: list[dict[str, Any]]) -> None:
    """The driver's table: one column for each number of rows, and how each figure grows from the last but one."""
    found = [one["driver"] for one in by_rows]
    print(f"{'the driver':<24}" + "".join(f"{one['rows']:>14,}" for one in found) + f"{'grows as':>12}")
    lines = {
        name: [one[name] for one in found] for name in ("tasks", "kept", "shards", "plan_gb", "shards_gb", "peak_gb")
    }
    names = [name for name in found[-1]["seconds"] if all(name in one["seconds"] for one in found)]
    lines |= {f"{name}, core seconds": [one["seconds"][name] for one in found] for name in names}
    for name, values in lines.items():
        shown = "".join(f"{value:>14,}" if isinstance(value, int) else f"{value:>14.2f}" for value in values)
        print(f"{name:<24}{shown}{_describe_growth(found, values):>12}")
    for one in by_rows:
        if "split" in one:
            split, index = one["split"], one["index"]
            print(f"choosing {split['videos']:,} videos by animals: {split['seconds']:.1f} core seconds")
            print(f"the trainer's index of {index['records']:,} records: {index['seconds']:.1f} core seconds, "
                  f"{index['peak_gb']:.2f} GB")  # fmt: skip


def _describe_growth(found: list[dict[str, Any]], values: list[float]) -> str:
    if len(values) < 2 or min(values[-2:]) <= 0:
        return ""
    exponent = math.log(values[-1] / values[-2]) / math.log(found[-1]["rows"] / found[-2]["rows"])
    return f"N^{exponent:.2f}"


def print_spills(by_spills: list[dict[str, Any]]) -> None:
    print(f"\n{'a shard task':<24}" + "".join(f"{one['spills']:>14,}" for one in by_spills) + "   spills")
    for name in ("core_seconds", "warm_seconds", "cold_seconds", "descriptors", "call_bytes"):
        print(f"{name:<24}" + "".join(f"{one[name]:>14,.6g}" for one in by_spills))


def print_projection(unit: UnitCosts) -> None:
    print("\ncomputed for" + " " * 30 + "".join(f"{frames:>18,}" for frames in PROJECTED) + " frames")
    for costs in zip(*(project(frames, unit) for frames in PROJECTED), strict=True):
        print(f"{costs[0].what:<42}" + "".join(f"{cost.value:>18,.4g}" for cost in costs) + f" {costs[0].unit}")


def main(arguments: list[str]) -> int:
    parser = Parser("benchmarks.scale", __doc__)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--folder", type=Path, help="where the made rows lie meanwhile (default: the system's)")
    options = parser.parse_args(arguments)
    if options.rows < 100 * TASK_ROWS:
        raise CallError(f"--rows {options.rows}: give at least {100 * TASK_ROWS}, of which 1% is one task")
    if options.rows > 10 * MOST_ASSEMBLED:
        raise CallError(f"--rows {options.rows}: give at most {10 * MOST_ASSEMBLED}, of which 10% becomes a manifest")
    if options.folder and not options.folder.is_dir():
        raise CallError(f"--folder {options.folder} is not there; make it, or give another")
    sizes = [options.rows // part // TASK_ROWS * TASK_ROWS for part in (100, 10, 1)]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        by_rows = [measure_rows(rows, Path(folder)) for rows in sizes]
        print_rows(by_rows)
        by_spills = [measure_spills(spills, Path(folder)) for spills in SPILLS]
        print_spills(by_spills)
    unit = derive_costs(by_rows, by_spills)
    print_projection(unit)
    projected = {frames: {cost.what: cost.value for cost in project(frames, unit)} for frames in PROJECTED}
    print(json.dumps({"rows": by_rows, "spills": by_spills, "unit": unit._asdict(), "projected": projected}))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("scale", main, sys.argv[1:]))
