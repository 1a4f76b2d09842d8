"""tools.advise beside what it estimates: python -m benchmarks.advise [--videos N] [--rounds N]

Makes a source of 1080p frames, asks tools.advise about it, which sees a part of them, then makes the dataset by
`python -m preprocess` and trains three epochs by `python -m trainer.train` with the settings that were advised. A
network of four convolutions stands for one that would take hours on a CPU; the way to its estimate is the same. The
truth of a run is the clock around its whole process; that of an epoch is the mean of the last two in history.csv, with
their validation. Run it on a quiet machine: what other programs take changes between estimate and truth.

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
from pathlib import Path
from typing import Any

from console.command import Parser, run_command
from shards.errors import DataError
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec
from trainer.run_files.file_names import HISTORY_FILE

SETTINGS = {"backbone": "small", "weights": "none", "probe": {"epochs": 0}, "epochs": 3, "patience": 9}


def call(module: str, *arguments: str | Path) -> float:
    """Run a command; the seconds that it took, with its start. What it says is shown."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", module, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def compare_once(source: Path, folder: Path, config: Path, seconds: float) -> dict[str, dict[str, Any]]:
    """By "shards" and "epoch": the estimate with its interval, and the truth, in seconds."""
    advice, out, run = folder / "advice.json", folder / "out", folder / "run"
    call("tools.advise", source, "--out", out, "--train_config", config, "--seconds", seconds, "--json", advice)
    found = json.loads(advice.read_text())
    if not found["trial"]:
        raise DataError("advise: no step of training was done in its time; this machine is too busy, run it later")
    advised = found["settings"]
    workers = advised["shards"]["workers"]
    shards = call("preprocess", "--source", source, "--out", out, "--workers", workers)
    flags = [word for name, value in advised["train"].items() for word in (f"--{name}", value)]
    call("trainer.train", "--config", config, "--train", out, "--out", run, *flags)
    with open(run / HISTORY_FILE) as file:
        epoch = statistics.mean(float(row["seconds"]) for row in list(csv.DictReader(file))[1:])
    for made in (out, run):
        shutil.rmtree(made)
    frames = advised["train"].get("frames_per_video")
    asked = next(one for one in found["epochs"] if one["frames_per_video"] == frames)
    return {
        "shards": found["shards"]["seconds"] | {"truth": shards, "computed": found["shards"]["computed"]},
        "epoch": asked["seconds"] | {"truth": epoch},
    }


def summarize(rounds: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Medians of estimate / truth, and how many truths lie in their interval."""
    figures: dict[str, Any] = {}
    for name in ("shards", "epoch"):
        found = [one[name] for one in rounds]
        figures[f"ratio_{name}"] = round(statistics.median(one["value"] / one["truth"] for one in found), 3)
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
    print(f"{'':<8}{'estimate':>10}{'from':>8}{'to':>8}{'truth':>8}  seconds")
    for one in rounds:
        for name, found in one.items():
            print(f"{name:<8}{found['value']:>10.1f}{found['low']:>8.1f}{found['high']:>8.1f}{found['truth']:>8.1f}")
    print(json.dumps(summarize(rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("advise", main, sys.argv[1:]))
