"""Tries to break the tool and counts what came of it: python -m chaos [NAME ..] [--minutes M] [--share S] [--seed N]

Each experiment makes one kind of fault again and again, and compares what is there afterwards with an undisturbed run.
Time: some hours; `--minutes` divides a time between the experiments, `--share` does a part of their tries. Last line: a
JSON object with the counts of each experiment, and `lost`, the number of tries after which something was lost, doubled
or changed. Status 1 where that is not 0.
"""

import argparse
import importlib
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from chaos.experiment import Bench, Experiment, Findings
from shards.errors import describe_error

EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment("preprocess_kills", "killed anywhere and started again, same bytes", "whole_runs.preprocess_kills", 200),
    Experiment("training_kills", "killed anywhere and started again, same weights", "whole_runs.training_kills", 50),
    Experiment("full_disks", "full or broken at any write: one line, then same bytes", "whole_runs.full_disks", 600),
    Experiment("power_loss", "power cut anywhere and started again, same bytes", "whole_runs.power_loss", 60),
    Experiment("lost_writes", "the same on a drive that loses unsynced writes", "whole_runs.lost_writes", 60),
    Experiment("tight_limits", "too little of something: one line, then same bytes", "whole_runs.tight_limits", 10),
    Experiment("concurrent_runs", "two at once in one folder: a stated outcome", "whole_runs.concurrent_runs", 30),
    Experiment(
        "cluster_faults", "nodes without a shared folder go or hang, same bytes", "whole_runs.cluster_faults", 18
    ),
    Experiment("many_tasks", "thousands of tiny tasks: nothing grows", "whole_runs.many_tasks", 6_000),
    Experiment("damaged_bytes", "damaged files are found, or without effect", "damage.damaged_bytes", 20_000),
    Experiment(
        "hostile_inputs", "hostile inputs end in a row or a clear error", "foreign_input.hostile_inputs", 1_000_000
    ),
    Experiment("guided_fuzzing", "the same, guided by coverage", "foreign_input.guided_fuzzing", 1_000_000),
    Experiment(
        "dataset_machine", "whatever happened before, the same bytes in the end", "whole_runs.dataset_machine", 200
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiments that are named, or all. Returns 1 where anything was lost."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what experiments have started ends with them
    options = _parse(arguments)
    chosen = [each for each in EXPERIMENTS if each.name in options.names] or list(EXPERIMENTS)
    found: dict[str, Findings] = {}
    with tempfile.TemporaryDirectory(prefix="pet_chaos", dir=options.folder, ignore_cleanup_errors=True) as folder:
        for place, experiment in enumerate(chosen):
            ends = float("inf")
            if options.minutes:
                ends = time.monotonic() + max(0.0, options.minutes * 60 - _spent(options.start)) / (len(chosen) - place)
            found[experiment.name] = _run(experiment, Path(folder) / experiment.name, options, ends)
    lost = sum(len(findings.lost) for findings in found.values())
    counts = {name: findings.as_json() for name, findings in found.items()}
    print(json.dumps({"seed": options.seed, "seconds": round(_spent(options.start)), **counts, "lost": lost}))
    return 1 if lost else 0


def _run(experiment: Experiment, folder: Path, options: argparse.Namespace, ends: float) -> Findings:
    tries = max(1, round(experiment.tries * options.share))
    print(f"{experiment.name}: {experiment.promise}; {tries:,} tries", flush=True)
    folder.mkdir()
    # By the name too, so that an experiment alone does what it does among all.
    bench = Bench(folder, tries, random.Random(f"{options.seed} {experiment.name}"), ends, plots=options.plots)
    began = time.monotonic()
    try:
        findings = importlib.import_module(f"chaos.{experiment.module}").run(bench)
    except Exception as error:  # the others go on, and what was counted is printed
        findings = Findings(lost=[f"the experiment itself has failed: {describe_error(error)}"])
    shutil.rmtree(folder, ignore_errors=True)
    for line in findings.lost:
        print(f"  LOST: {line}")
    outcomes = ", ".join(f"{count:,} {name}" for name, count in findings.outcomes.most_common())
    print(f"  {findings.left_out or outcomes}; {len(findings.lost)} lost; {time.monotonic() - began:.0f} s", flush=True)
    return findings


def _spent(start: float) -> float:
    return time.monotonic() - start


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__.splitlines()[0])
    names = [each.name for each in EXPERIMENTS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"experiments (default: all): {', '.join(names)}")
    parser.add_argument("--minutes", type=float, metavar="M", help="begin no try after so many minutes")
    parser.add_argument("--share", type=float, default=1.0, metavar="S", help="this part of all tries (default: 1)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what is left to chance (default: 1)")
    parser.add_argument("--folder", metavar="DIR", help="where to work (default: the folder for temporary files)")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="a folder for the plots of many_tasks")
    options = parser.parse_args(arguments, argparse.Namespace(start=time.monotonic()))
    if unknown := set(options.names) - set(names):
        parser.error(f"no experiment is named {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if not 0 < options.share <= 1:
        parser.error("--share is above 0 and at most 1")
    if options.plots:
        options.plots.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("chaos: stopped")
