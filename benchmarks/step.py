"""Training from shards against the model alone: python -m benchmarks.step [--train DATASET] [--backbone NAME]

What of the device's rate is lost to the input. The same compiled step, in turn: on one batch again and again, which is
all that the device can do, and on batches from shards. Without --train a dataset is made of the real clip's frames, or
of made ones. Weights are random: they cost the same.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.preprocess import lay_out_trees
from preprocess.run import run as preprocess
from preprocess.settings import DedupeSettings
from preprocess.settings import PreprocessSettings as SourceSettings
from trainer.checks import throughput
from trainer.input.dataset_split import DatasetSplit, open_split
from trainer.input.pipeline import make_training_batches, repeat_batch
from trainer.model.network import build_network
from trainer.settings import DeviceSettings, InputSettings, ProbeSettings, TrainSettings
from trainer.training.device import choose_device
from trainer.training.loss import estimate_prior
from trainer.training.stage_model import compile_stage
from trainer.training.training_run import TrainingRun


def make_clip_dataset(folder: Path, clip: Path) -> Path:
    tree = next(iter(lay_out_trees(folder, clip).values()))
    preprocess(SourceSettings([str(tree)], str(folder / "out"), dedupe=DedupeSettings(enabled=False)))
    return folder / "out"


def lengthen(split: DatasetSplit, images: int) -> DatasetSplit:
    """The same records again and again, so that an epoch is long enough to be timed."""
    copies = images // split.records + 1
    names = {name: np.tile(getattr(split, name), copies) for name in ("labels", "videos", "species")}
    return split._replace(files=split.files * copies, bytes=split.bytes * copies, **names)


def prepare(chosen: argparse.Namespace, data: Path) -> TrainingRun:
    settings = TrainSettings(
        str(data), backbone=chosen.backbone, weights="none", probe=ProbeSettings(0), batch_size=chosen.batch_size
    )
    device = choose_device(DeviceSettings(chosen.device, precision=chosen.precision, jit=chosen.jit), seed=0)
    split = lengthen(open_split(data, "train"), 2 * (chosen.steps + 1) * chosen.batch_size)
    augment = device.kind == "gpu" if chosen.augment is None else chosen.augment
    input_settings = InputSettings(chosen.batch_size, chosen.resolution, augment=augment, shuffle_records=2048)
    network = build_network(settings.network_settings, chosen.resolution)
    return TrainingRun(
        Path(tempfile.gettempdir()), settings, input_settings, device, split, split, network,
        estimate_prior(split.labels, split.videos),
    )  # fmt: skip


def time_training(model, wait, batches, steps: int, batch_size: int) -> tuple[float, float]:
    """Images/s of steps from shards, and the share of the time that was spent waiting for them."""
    wait.seconds, started = 0.0, time.perf_counter()
    model.fit(batches.take(steps).apply(_count(steps)), verbose=0, shuffle=False)
    seconds = time.perf_counter() - started
    return steps * batch_size / seconds, wait.seconds / seconds


def _count(steps: int):
    from tensorflow import data

    return data.experimental.assert_cardinality(steps)


def _measure(run: TrainingRun, steps: int, rounds: int) -> list[dict[str, float]]:
    model, wait = compile_stage(run, replace(run.settings.stages[-1], epochs=1))
    batches = make_training_batches(run.training, run.input_settings, 0, 0)
    batch, size = next(iter(batches)), run.input_settings.batch_size
    model.fit(repeat_batch(batch, 2), verbose=0, shuffle=False)  # compiles
    results = []
    for epoch in range(rounds):
        started = time.perf_counter()
        model.fit(repeat_batch(batch, steps), verbose=0, shuffle=False)
        alone = steps * size / (time.perf_counter() - started)
        trained, waiting = time_training(
            model, wait, make_training_batches(run.training, run.input_settings, 0, epoch), steps, size
        )
        results.append({"model": alone, "training": trained, "waiting": waiting})
    results[0]["input"] = throughput.measure_input(iter(batches.repeat()), size)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.step", description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, help="a dataset folder")
    parser.add_argument("--clip", type=Path, default=Path("../shared/real"), help="folder with make_aihub_tree.py")
    parser.add_argument("--backbone", default="EfficientNetB0")
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--resolution", type=int, default=224)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "gpu"))
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--jit", default="auto", choices=("auto", "on", "off"))
    parser.add_argument("--augment", action=argparse.BooleanOptionalAction, default=None)
    parser.add_argument("--steps", type=int, default=10, help="in each turn; some hundreds on a GPU")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        run = prepare(chosen, chosen.train or make_clip_dataset(folder, chosen.clip))
        results = _measure(run, chosen.steps, chosen.rounds)
    finally:
        shutil.rmtree(folder)
    device = run.device
    print(f"{device.name}, {device.backend}, {device.policy}, XLA {'on' if device.jit else 'off'}; {chosen.backbone}")

    def middle(name: str) -> float:
        return statistics.median(result[name] for result in results)

    figures = {
        "model_images_per_second": round(middle("model"), 1),
        "training_images_per_second": round(middle("training"), 1),
        "input_images_per_second": round(results[0]["input"]),
        "loss_to_input": round(1 - statistics.median(r["training"] / r["model"] for r in results), 4),
        "waiting_share": round(middle("waiting"), 4),
    }
    for name, value in figures.items():
        print(f"{name:<28}{value:>10}")
    print(json.dumps(figures | device.describe()))


if __name__ == "__main__":
    sys.exit(main())
