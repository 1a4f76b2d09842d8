"""What a resolution costs and gives: python -m benchmarks.resolution [--train DATASET] [--resolutions 64 128 224]

A dataset's pictures trained on by the demo's network at each resolution, from several seeds, each in a process of its
own: macro-F1 over the validation frames. Beside it the rate of the input alone, the resolutions in turn. Without
--train the made sample is used, as the demo has it. To compare two versions of the code, run it in each.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from benchmarks.input import our_batches, time_batches
from trainer.data import open_split

CONFIG = "configs/demo_train.yaml"
IMAGES = 3200  # drawn in each turn of the input


def make_sample(folder: Path) -> Path:
    """The demo's dataset."""
    for command in (
        ["tools.make_sample", folder / "source"],
        ["preprocess", "--config", "configs/demo.yaml", "--source", folder / "source", "--out", folder / "pets"],
    ):
        subprocess.run([sys.executable, "-m", *map(str, command)], check=True, stdout=subprocess.DEVNULL)
    return folder / "pets"


def measure_skill(data: Path, resolution: int, seed: int, folder: Path) -> float:
    """Macro-F1 over the validation frames, of the best epoch."""
    out = folder / f"{resolution}-{seed}"
    arguments = ["--config", CONFIG, "--train", data, "--out", out, "--resolution", resolution, "--seed", seed]
    arguments += ["--self_check", "false", "--measure_speed", "false"]
    command = [sys.executable, "-m", "trainer.train", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    return metrics["evaluation"]["frames"]["equal_priors"]["macro_f1"]["value"]


def measure_rates(data: Path, resolutions: list[int], rounds: int) -> dict[int, float]:
    """Images/s of the input alone, medians over rounds."""
    split = open_split(data, "train")
    ways = {resolution: our_batches(split, resolution, True) for resolution in resolutions}
    rates = [{resolution: time_batches(way, IMAGES) for resolution, way in ways.items()} for _ in range(rounds)]
    return {resolution: statistics.median(found[resolution] for found in rates) for resolution in resolutions}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resolution", description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, help="a dataset folder")
    parser.add_argument("--resolutions", type=int, nargs="+", default=[64, 128, 224])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        data = chosen.train or make_sample(folder)
        rates = measure_rates(data, chosen.resolutions, chosen.rounds)
        skills = {
            resolution: [measure_skill(data, resolution, seed, folder) for seed in range(chosen.seeds)]
            for resolution in chosen.resolutions
        }
    finally:
        shutil.rmtree(folder)
    figures = {}
    for resolution, found in skills.items():
        middle, rate = statistics.median(found), rates[resolution]
        spread = f"{min(found):.3f} to {max(found):.3f}"
        print(f"{resolution:>4} px  macro-F1 {middle:.3f} ({spread}, {chosen.seeds} seeds)  {rate:>6,.0f} images/s")
        figures[str(resolution)] = {"macro_f1": [round(value, 4) for value in found], "images_per_second": round(rate)}
    print(json.dumps(figures))


if __name__ == "__main__":
    sys.exit(main())
