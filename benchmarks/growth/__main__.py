"""How the cost of a run grows, and what 8 and 16 cores would do: python -m benchmarks.growth [--quick]

Frames: whole runs over 1080p frames once, four and sixteen times, with 1 and 2 workers; the frames are those of the
real clip, where DIR has make_aihub_tree.py, else made ones. Workers: the parts of a run, each measured by itself, make
a model of it (benchmarks/growth/run_model.py), which is held against these runs and then asked for more cores. Codes:
the search for near-duplicates among ten times as many, three times. Rows: the driver's memory.

Everything is measured in turn, from the page cache. Where other programs work too, both the parts and the runs have
their share of that; the forecast for more cores counts seconds of a core instead.

Time: about six minutes on 2 quiet cores, half of it for 20 million rows; with --quick, which leaves out the smaller
runs, under one. Last line: all figures.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.growth.frame_runs import copy_videos, keep_first_frames, measure_run
from benchmarks.growth.parts import measure_copying, measure_handing_out, measure_shards, measure_tasks
from benchmarks.growth.run_model import RunParts
from benchmarks.growth.tables import (
    check_core_seconds,
    check_model,
    print_codes,
    print_driver,
    print_forecast,
    print_load,
    print_runs,
)
from benchmarks.join import run_in_process, time_our_join
from benchmarks.preprocess import make_source_tree
from benchmarks.scale.driver_growth import MOST_ASSEMBLED, measure_driver, write_made_rows
from console.command import Parser, run_command
from preprocess.core_count import count_cores
from preprocess.memory_needs import estimate_driver_bytes
from shards.errors import CallError, DataError

TIMES = (1, 4, 16)
WORKERS = (1, 2)
CODES = (20_000, 200_000, 2_000_000)
ROWS = (200_000, 2_000_000, 20_000_000)
QUICK_ROWS = (20_000, 80_000)


def measure_runs(
    folder: Path, clip: Path, videos: int, is_quick: bool
) -> tuple[list[dict[str, Any]], dict[int, dict[str, Any]]]:
    """The runs over growing trees; and by workers a run that starts each of them for one frame.

    The folders "once" and "one" are left in `folder`: the tree of the first runs, and that of single frames.
    """
    once, one, tree = folder / "once", folder / "one", folder / "tree"
    make_source_tree(folder, clip, videos).rename(once)
    shutil.copytree(once, one)
    keep_first_frames(one, WORKERS[-1])
    starts = {workers: measure_run(one, workers) for workers in WORKERS}
    runs = []
    for times in TIMES[-1:] if is_quick else TIMES:
        shutil.copytree(once, tree)
        copy_videos(tree, times)
        runs += [measure_run(tree, workers) for workers in WORKERS]
        shutil.rmtree(tree)
    return runs, starts


def gather_parts(tasks: dict, shards: tuple, handing: dict, rows: list[dict], runs: list[dict]) -> dict[str, RunParts]:
    """The parts of a run without its start: by the clock, and in seconds of a core. The first run is a start."""
    start, largest, driver = runs[0], runs[-1], rows[0]
    moved = [run["read_mb"] + run["written_mb"] for run in (start, largest)]
    whole = [one for one in rows if "assemble" in one["seconds"]][-1]
    row_seconds = (whole["seconds"]["plan"] + whole["seconds"]["assemble"]) / whole["rows"]
    found = {}
    for place, kind in enumerate(("clock", "core")):
        frame = tasks["frame"][place]
        found[kind] = RunParts(
            start=0.0,
            task=max(0.0, tasks["task_of_one_frame"][place] - frame) + handing["workers"],
            frame=frame,
            shard=shards[place],
            driver_task=handing["driver"] + handing["Ray"],
            driver_frame=row_seconds,
            contention=tasks["frame_beside_another"][place] / frame,
            frame_bytes=(moved[1] - moved[0]) * 1e6 / (largest["frames"] - start["frames"]),
            driver_gb=driver["imports_gb"] + whole["peak_gb"] - whole["shards_gb"],  # the manifest is written in parts
            driver_row_gb=(rows[-1]["shards_gb"] - driver["shards_gb"]) / max(1, rows[-1]["rows"] - driver["rows"]),
            shared_gb=largest["worker_gb"] - largest["worker_private_gb"],
            worker_gb=largest["worker_private_gb"],
        )
    return found


def measure_codes(sizes: list[int]) -> list[dict[str, Any]]:
    """The search for near-duplicates among so many codes, as those of videos."""
    return [{"codes": size, **run_in_process(time_our_join, "walks", size, 7, 3, Path())} for size in sizes]


def measure_driver_sizes(sizes: list[int], folder: Path) -> list[dict[str, Any]]:
    """The driver at so many rows, as long as the memory is enough."""
    import psutil

    found = []
    for size in sizes:
        needed, free = estimate_driver_bytes(size), psutil.virtual_memory().available
        if needed > free:
            print(f"{size:,} rows are left out: they may take {needed / 1e9:.1f} GB, and {free / 1e9:.1f} are free")
            continue
        write_made_rows(folder / str(size), size)
        found.append(run_in_process(measure_driver, folder / str(size)))
        shutil.rmtree(folder / str(size))
    return found


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = Parser("benchmarks.growth", __doc__)
    parser.add_argument("--clip", type=Path, default=Path("../shared/real"), help="folder with make_aihub_tree.py")
    parser.add_argument("--videos", type=int, help="that are taken once, 4 and 16 times (default: 8, quick 2)")
    parser.add_argument("--rounds", type=int, help="of the parts (default: 5, quick 2)")
    parser.add_argument(
        "--rows", type=int, nargs="+", help="of the driver (default: 0.2, 2 and 20 million; quick less)"
    )
    parser.add_argument("--quick", action="store_true", help="fewer of everything")
    options = parser.parse_args(arguments)
    is_quick = options.quick
    options.videos = (2 if is_quick else 8) if options.videos is None else options.videos
    options.rounds = (2 if is_quick else 5) if options.rounds is None else options.rounds
    options.rows = sorted(set(options.rows or (QUICK_ROWS if is_quick else ROWS)))
    for name in ("videos", "rounds"):
        if getattr(options, name) < 1:
            raise CallError(f"--{name} {getattr(options, name)}: give at least 1")
    if options.rows[0] < QUICK_ROWS[0] or options.rows[0] > MOST_ASSEMBLED or len(options.rows) < 2:
        given = " ".join(map(str, options.rows))
        raise CallError(f"--rows {given}: give two or more, the least from {QUICK_ROWS[0]} to {MOST_ASSEMBLED}")
    return options


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    is_quick = options.quick
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs, starts = measure_runs(folder, options.clip, options.videos, is_quick)
        fits = print_runs(runs, starts)
        tasks = measure_tasks(folder / "once", folder / "one", options.rounds)
        shards, handing = measure_shards(folder), measure_handing_out(100 if is_quick else 1000)
        copying = measure_copying()
        codes = measure_codes(CODES[:-1] if is_quick else CODES)
        rows = measure_driver_sizes(options.rows, folder)
    if not rows:
        raise DataError("the driver was not measured at any number of rows; free memory, or give fewer --rows")
    print_codes(codes)
    print_driver(rows)
    parts = gather_parts(tasks, shards, handing, rows, [starts[WORKERS[-1]], *runs])
    print_load(tasks["frame"], tasks["frame_beside_another"])
    checks = check_model(parts["clock"], runs, starts, count_cores())
    core_checks = check_core_seconds(parts["core"], runs, starts)
    forecast = print_forecast(parts["core"], tasks["pixel_bytes"], max(copying.values()))
    figures = {"runs": runs, "starts": starts, "fits": {name: fit._asdict() for name, fit in fits.items()}}
    figures |= {"codes": codes, "rows": rows, "measured_parts": tasks}
    figures |= {"parts": {kind: own._asdict() for kind, own in parts.items()}, "handing_out": handing}
    figures |= {"copying_gb": copying, "checks": checks, "core_checks": core_checks, "forecast": forecast}
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("growth", main, sys.argv[1:]))
