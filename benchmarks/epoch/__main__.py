"""Hours of an epoch on a machine with an RTX 3060: python -m benchmarks.epoch [--rates FILE]

Measures how many frames a core makes into crops in a second of its own time, how many crops it reads for training, and
how many full frames it reads in a plain pipeline. From that and from the table in benchmarks/epoch/assumptions.py it
computes what an epoch of 2.13 million frames takes: over full frames as it was reported, from shards, without
near-copies, with 8 frames a video. All that is uncertain is drawn 20,000 times; the table shows the 5%, 50% and 95%
points of the hours, the images/s that each part could do, and which one limits, in how many of the draws.

Time: a minute on 2 cores; a second with rates from a file, the last line of another machine's call. Last line: rates,
assumptions and rows.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.epoch.assumptions import (
    AIHUB_FRAMES,
    ASSUMPTIONS,
    DISK_BYTES,
    MACHINE_GB,
    REPORTED_HOURS,
    Assumed,
)
from benchmarks.epoch.epoch_model import EpochRow, count_feeding_cores, draw_values, model_all
from benchmarks.epoch.measured_rates import GPU_RATES, measure_epoch_rates, read_rates
from console.command import Parser, run_command
from shards.errors import CallError


def combine_entries(rates: Mapping[str, Assumed]) -> dict[str, Assumed]:
    """All that the model draws from. The measured share of kept frames is the most that is assumed of AI Hub's."""
    entries = ASSUMPTIONS | DISK_BYTES | dict(rates)
    assumed = ASSUMPTIONS["kept share"]
    most = max(assumed.middle, rates["kept share"].middle)
    return entries | {"kept share": assumed._replace(high=most)}


def print_entries(rates: Mapping[str, Assumed], entries: Mapping[str, Assumed]) -> None:
    print(f"{'':<24}{'low':>10}{'middle':>10}{'high':>10}")
    for title, names in (("measured", rates), ("assumed", {**ASSUMPTIONS, **DISK_BYTES})):
        for name in names:
            if title == "assumed" and name in rates and name != "kept share":
                continue  # a GPU was at hand
            shown = rates[name] if title == "measured" else entries[name]
            values = "".join(f"{value:>10,.4g}" if value < 1000 else f"{value:>10,.0f}" for value in shown[:3])
            print(f"{name:<24}{values} {shown.unit}; {title}: {shown.source}")


def print_table(table: Mapping[str, list[EpochRow]]) -> None:
    for title, rows in table.items():
        print(f"\n{title:<46}{'GPU':>8}{'cores':>8}{'disk':>9}   {'limit':<14}{'hours':>7}   5% to 95%")
        for row in rows:
            rates = "".join(
                f"{row.rates[part]:>{width},.0f}" if part in row.rates else " " * width
                for part, width in (("GPU", 8), ("cores", 8), ("disk", 9))
            )
            low, middle, high = row.hours
            limit = f"{row.limit} ({row.limit_share:.0%})"
            print(f"  {row.what:<44}{rates}   {limit:<14}{middle:>7.2f}   {low:.2f} to {high:.2f}")


def print_conclusions(table: Mapping[str, list[EpochRow]], drawn: Mapping[str, np.ndarray], has_gpu: bool) -> None:
    plain, ours, making = table.values()
    feeding, most = count_feeding_cores(drawn)
    gigabytes = AIHUB_FRAMES * float(np.median(drawn["record bytes"])) / 1e9
    frames = AIHUB_FRAMES * float(np.median(drawn["frame bytes"])) / 1e9
    low, middle, high = plain[0].hours
    print(f"\nreported for a plain pipeline: {REPORTED_HOURS:.0f} hours. By this model one thread that decodes")
    print(f"full frames takes {middle:.1f} ({low:.1f} to {high:.1f}), all threads {plain[2].hours[1]:.1f}.")
    shares = [row.hours[1] / REPORTED_HOURS for row in ours]
    print(
        f"of the four hours: all frames {shares[0]:.2f}, without near-copies {shares[2]:.2f}, 8 a video {shares[3]:.2f}"
    )
    saved = REPORTED_HOURS - ours[0].hours[1]
    print(f"making the dataset pays after {making[1].hours[1] / saved:.1f} epochs with a SATA SSD, "
          f"{making[0].hours[1] / saved:.1f} with a hard disk")  # fmt: skip
    print(f"shards have {gigabytes:.0f} GB, of {MACHINE_GB} GB of memory; full frames {frames:,.0f} GB")
    print(f"{feeding:.2f} cores feed this GPU; all but one would feed {most:,.0f} images/s (in 95% of the draws)")
    if not has_gpu:
        print("no GPU is at hand: the rate of a step and its input loss are assumed.")


def main(arguments: list[str]) -> int:
    parser = Parser("benchmarks.epoch", __doc__)
    parser.add_argument("--rates", type=Path, help="JSON with the measured rates, instead of measuring")
    parser.add_argument("--clip", type=Path, default=Path("../shared/real"), help="folder with make_aihub_tree.py")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0, help="of the draws")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        raise CallError(f"--rounds {options.rounds}: give at least 1")
    if options.seed < 0:
        raise CallError(f"--seed {options.seed}: give at least 0")
    rates = read_rates(options.rates) if options.rates else measure_epoch_rates(options.clip, options.rounds)
    entries = combine_entries(rates)
    drawn = draw_values(entries, options.seed)
    table = model_all(drawn)
    print_entries(rates, entries)
    print_table(table)
    print_conclusions(table, drawn, has_gpu=GPU_RATES.keys() <= rates.keys())
    rows = [{"about": title, **row._asdict()} for title, found in table.items() for row in found]
    shown = {name: value[:3] for name, value in entries.items()}
    print(json.dumps({"rates": {name: rates[name][:3] for name in rates}, "entries": shown, "rows": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("epoch", main, sys.argv[1:]))
