"""Accuracy and speed at several resolutions: python -m benchmarks.resolution [--train DATASET] [--resolutions 64 128]

The demo's network is trained on a dataset at each resolution from several seeds, each in a process of its own. It
prints the best macro-F1 on the validation frames and the best accuracy on the training frames, and beside them the rate
of the input alone in images per second of processor time, which other programs do not affect. Without --train a sample
of 240 videos is made, in which pose and face show the mood. To compare two versions of the code, run it in each.

Time: an hour or more on 2 cores. Last line: by resolution the input's rate, and the scores of each seed.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

from benchmarks.input import BATCH, make_shard_batches
from trainer.input.dataset_split import open_split

CONFIG = "configs/demo_train.yaml"
SAMPLE = ("--videos", "240", "--frames", "10", "--height", "480", "--no-defects")
TIMED_BATCHES = 60  # in each turn of the input


def make_sample_dataset(folder: Path) -> Path:
    for command in (
        ["tools.make_sample", folder / "source", *SAMPLE],
        ["preprocess", "--config", "configs/demo.yaml", "--source", folder / "source", "--out", folder / "pets"],
    ):
        subprocess.run([sys.executable, "-m", *map(str, command)], check=True, stdout=subprocess.DEVNULL)
    return folder / "pets"


def train_and_score(data: Path, resolution: int, seed: int, epochs: int, folder: Path) -> dict[str, float]:
    """The macro-F1 on the validation frames and the accuracy on the training frames, each of its best epoch."""
    out = folder / f"{resolution}-{seed}"
    arguments = ["--config", CONFIG, "--train", data, "--out", out, "--resolution", resolution, "--seed", seed]
    arguments += ["--epochs", epochs, "--patience", epochs, "--self_check", "false", "--measure_speed", "false"]
    command = [sys.executable, "-m", "trainer.train", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    names, *rows = (line.split(",") for line in (out / "history.csv").read_text(encoding="utf-8").splitlines())
    return {name: max(float(row[names.index(name)]) for row in rows) for name in ("macro_f1", "train_accuracy")}


def measure_rates(data: Path, resolutions: list[int], rounds: int) -> dict[int, float]:
    """Images per second of processor time by resolution: medians over rounds, in which the resolutions take turns."""
    split = open_split(data, "train")
    inputs = {resolution: make_shard_batches(split, resolution, True) for resolution in resolutions}
    rates = [{resolution: time_input(batches) for resolution, batches in inputs.items()} for _ in range(rounds)]
    return {resolution: statistics.median(found[resolution] for found in rates) for resolution in resolutions}


def time_input(batches: tf.data.Dataset) -> float:
    drawn = iter(batches)
    for _ in range(TIMED_BATCHES // 5):
        next(drawn)
    started = time.process_time()
    for _ in range(TIMED_BATCHES):
        next(drawn)
    return TIMED_BATCHES * BATCH / (time.process_time() - started)


def _describe(found: list[dict[str, float]], name: str) -> str:
    values = [scores[name] for scores in found]
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resolution", description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, help="a dataset folder")
    parser.add_argument("--resolutions", type=int, nargs="+", default=[64, 128, 224])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        data = chosen.train or make_sample_dataset(folder)
        rates = measure_rates(data, chosen.resolutions, chosen.rounds)
        figures: dict[str, Any] = {}
        for resolution in chosen.resolutions:
            seeds = range(chosen.seeds)
            found = [train_and_score(data, resolution, seed, chosen.epochs, folder) for seed in seeds]
            print(
                f"{resolution:>4} px  macro-F1 {_describe(found, 'macro_f1')}  training accuracy "
                f"{_describe(found, 'train_accuracy')}  input {rates[resolution]:>6,.0f} images/s of a core",
                flush=True,
            )
            figures[str(resolution)] = {"images_per_second_of_a_core": round(rates[resolution]), "seeds": found}
    finally:
        shutil.rmtree(folder)
    print(json.dumps(figures))


if __name__ == "__main__":
    sys.exit(main())
