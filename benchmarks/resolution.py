"""What a resolution costs and gives: python -m benchmarks.resolution [--train DATASET] [--resolutions 64 128 224]

A dataset's pictures trained on by the demo's network at each resolution, from several seeds, each in a process of its
own: the best macro-F1 over the validation frames, and how much of training it could learn. Beside it the rate of the
input alone, by the processor's time, so that other programs do not count. Without --train a sample of 240 videos is
made, in which pose and face tell the mood. To compare two versions of the code, run it in each.
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

from benchmarks.input import BATCH, our_batches
from trainer.input.dataset_split import open_split

CONFIG = "configs/demo_train.yaml"
SAMPLE = ("--videos", "240", "--frames", "10", "--height", "480", "--no-defects")
TIMED_BATCHES = 60  # drawn in each turn of the input


def make_sample_dataset(folder: Path) -> Path:
    for command in (
        ["tools.make_sample", folder / "source", *SAMPLE],
        ["preprocess", "--config", "configs/demo.yaml", "--source", folder / "source", "--out", folder / "pets"],
    ):
        subprocess.run([sys.executable, "-m", *map(str, command)], check=True, stdout=subprocess.DEVNULL)
    return folder / "pets"


def measure_skill(data: Path, resolution: int, seed: int, epochs: int, folder: Path) -> dict[str, float]:
    """Macro-F1 over the validation frames and accuracy over those of training, each of its best epoch."""
    out = folder / f"{resolution}-{seed}"
    arguments = ["--config", CONFIG, "--train", data, "--out", out, "--resolution", resolution, "--seed", seed]
    arguments += ["--epochs", epochs, "--patience", epochs, "--self_check", "false", "--measure_speed", "false"]
    command = [sys.executable, "-m", "trainer.train", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    names, *rows = (line.split(",") for line in (out / "history.csv").read_text(encoding="utf-8").splitlines())
    return {name: max(float(row[names.index(name)]) for row in rows) for name in ("macro_f1", "train_accuracy")}


def measure_rates(data: Path, resolutions: list[int], rounds: int) -> dict[int, float]:
    """Images/s of one core, the resolutions in turn, medians over rounds."""
    split = open_split(data, "train")
    ways = {resolution: our_batches(split, resolution, True) for resolution in resolutions}
    rates = [{resolution: time_turn(way) for resolution, way in ways.items()} for _ in range(rounds)]
    return {resolution: statistics.median(found[resolution] for found in rates) for resolution in resolutions}


def time_turn(batches: tf.data.Dataset) -> float:
    drawn = iter(batches)
    for _ in range(TIMED_BATCHES // 5):
        next(drawn)
    started = time.process_time()
    for _ in range(TIMED_BATCHES):
        next(drawn)
    return TIMED_BATCHES * BATCH / (time.process_time() - started)


def _describe(found: list[dict[str, float]], name: str) -> str:
    values = [skill[name] for skill in found]
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
            found = [measure_skill(data, resolution, seed, chosen.epochs, folder) for seed in seeds]
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
