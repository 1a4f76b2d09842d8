"""tools.advise beside what it estimates: python -m benchmarks.advise [--videos N] [--rounds N]

Makes a source of 1080p frames, asks tools.advise about it, which sees a part of them, then makes the dataset by
`python -m preprocess` and trains three epochs by `python -m trainer.train` with the settings that were advised. A
network of four convolutions stands for one that would take hours on a CPU; the way to its estimate is the same. The
truth of a run is the clock around its whole process; that of an epoch is the mean of the last two in history.csv, with
their validation. Run it on a quiet machine: what other programs take changes between estimate and truth, of which the
core seconds are free: those of the workers of a run, and those of the trainer in an epoch.

Time: about two minutes for the source and two for each round on 2 cores; --source DIR takes one that is there. Last
line: medians of estimate / truth over the rounds, for both, and the share of truths that lie in their interval.
"""

import csv
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from operator import sub
from pathlib import Path
from typing import Any

import psutil

from console.command import Parser, run_command
from shards.errors import DataError
from tools.advice.estimates import READY_SECONDS
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec
from trainer.run_files.file_names import HISTORY_FILE

SETTINGS = {"backbone": "small", "weights": "none", "probe": {"epochs": 0}, "epochs": 3, "patience": 9}


class WatchedCommand:
    """A command that ran: the seconds of its clock, and the core seconds of its processes."""

    def __init__(self, module: str, *arguments: str | Path, history: Path | None = None):
        """Run it; what it says is shown. `history` is a file whose lines mark epochs."""
        self._cores: dict[psutil.Process, float] = {}  # core seconds by process
        self._names: dict[psutil.Process, str] = {}
        self.epoch_cores: list[float] = []  # core seconds until the end of each epoch
        start = time.perf_counter()
        command = [sys.executable, "-m", module, *map(str, arguments)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None:
                self._look(psutil.Process(process.pid))
                if history and history.exists() and history.read_text().count("\n") - 1 > len(self.epoch_cores):
                    self.epoch_cores.append(sum(self._cores.values()))
                time.sleep(0.3)
        self.seconds = time.perf_counter() - start
        if process.returncode:
            raise DataError(f"{module} ended with status {process.returncode}, for the reason that it gave above")

    @property
    def worker_cores(self) -> float:
        """Core seconds of Ray's workers."""
        names = {process: name for process, name in self._names.items() if name.startswith("ray::")}
        return sum(self._cores[process] for process, name in names.items() if not name.endswith("Agent"))

    def _look(self, process: psutil.Process) -> None:
        with suppress(psutil.Error):
            for one in (process, *process.children(recursive=True)):
                with suppress(psutil.Error):
                    times = one.cpu_times()
                    self._cores[one] = times.user + times.system
                    self._names[one] = " ".join(one.cmdline()[:1])


def compare_once(source: Path, folder: Path, config: Path, seconds: float) -> dict[str, dict[str, float]]:
    """By "shards" and "epoch": the estimate with its interval, and the truth, in seconds; both in core seconds too."""
    advice, out, run = folder / "advice.json", folder / "out", folder / "run"
    words = ("--out", out, "--train_config", config, "--seconds", seconds, "--json", advice)
    WatchedCommand("tools.advise", source, *words)
    found = json.loads(advice.read_text())
    if not (trial := found["trial"]):
        raise DataError("advise: no step of training was done in its time; this machine is too busy, run it later")
    advised, shards = found["settings"], found["shards"]
    workers = advised["shards"]["workers"]
    made = WatchedCommand("preprocess", "--source", source, "--out", out, "--workers", workers)
    flags = [word for name, value in advised["train"].items() for word in (f"--{name}", value)]
    history = run / HISTORY_FILE
    words = ("--config", config, "--train", out, "--out", run, *flags)
    trained = WatchedCommand("trainer.train", *words, history=history)
    with open(history) as file:
        epochs = [float(row["seconds"]) for row in csv.DictReader(file)]
    for place in (out, run):
        shutil.rmtree(place)
    frames = advised["train"].get("frames_per_video")
    asked = next(one for one in found["epochs"] if one["frames_per_video"] == frames)["seconds"]
    pictures = asked["value"] * trial["training"]  # that cost as much as the epoch with its validation
    return {
        "shards": shards["seconds"]
        | {"truth": made.seconds, "true_cores": made.worker_cores}
        | {"cores": shards["computed"] * shards["core_seconds"] + workers * READY_SECONDS},
        "epoch": asked
        | {"truth": statistics.mean(epochs[1:]), "true_cores": statistics.mean(map(sub, *_pair(trained.epoch_cores)))}
        | {"cores": pictures * trial["core_seconds"]},
    }


def _pair(values: list[float]) -> tuple[list[float], list[float]]:
    """Those behind the first, and those that stand before each of them."""
    return values[1:], values[:-1]


def summarize(rounds: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Medians of estimate / truth, by the clock and in core seconds, and how many truths lie in their interval."""
    figures: dict[str, Any] = {}
    for name in ("shards", "epoch"):
        found = [one[name] for one in rounds]
        figures[f"ratio_{name}"] = round(statistics.median(one["value"] / one["truth"] for one in found), 3)
        figures[f"ratio_{name}_cores"] = round(statistics.median(one["cores"] / one["true_cores"] for one in found), 3)
        figures[f"ratios_{name}"] = [round(one["value"] / one["truth"], 3) for one in found]
        figures[f"inside_{name}"] = sum(one["low"] <= one["truth"] <= one["high"] for one in found) / len(found)
    return figures


def main(arguments: list[str]) -> int:
    parser = Parser("benchmarks.advise", __doc__)
    parser.add_argument("--source", type=Path, help="that is there, instead of a made one")
    parser.add_argument("--videos", type=int, default=150, help="of the source")
    parser.add_argument("--frames", type=int, default=40, help="of each video, about")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=40.0, help="that tools.advise takes")
    parser.add_argument("--resolution", type=int, default=160, help="of training")
    chosen = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp())
    try:
        source = chosen.source or folder / "source"
        if not chosen.source:
            make_sample(source, SampleSpec(chosen.videos, chosen.frames, defects=False), workers=2)
        config = folder / "train.yaml"
        config.write_text(json.dumps(SETTINGS | {"resolution": chosen.resolution}))
        rounds = [compare_once(source, folder, config, chosen.seconds) for _ in range(chosen.rounds)]
    finally:
        shutil.rmtree(folder)
    print(f"{'seconds':<8}{'estimate':>10}{'from':>8}{'to':>8}{'truth':>8}{'cores, estimate':>18}{'truth':>8}")
    for one in rounds:
        for name, found in one.items():
            columns = (found[column] for column in ("low", "high", "truth"))
            print(f"{name:<8}{found['value']:>10.1f}", *(f"{value:>7.1f}" for value in columns), end="")
            print(f"{found['cores']:>18.1f}{found['true_cores']:>8.1f}")
    print(json.dumps(summarize(rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("advise", main, sys.argv[1:]))
