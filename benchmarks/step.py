"""Training from shards beside the model alone: python -m benchmarks.step [--train DATASET] [--backbone NAME]

Measures how much of the device's rate is lost to the input. The same compiled training step runs in turn on one batch
that is repeated, which is the most that the device can do, and on batches from shards. Without --train a dataset is
made from frames of a real clip, or from made frames. The weights are random, which does not change the speed.

Time: about ten minutes for EfficientNetB0 on 2 cores, less on a GPU. Last line: images/s of the model, of training and
of the input alone, the share that is lost to the input, the share of time spent waiting, and the device.
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

from benchmarks.preprocess import make_source_tree
from preprocess.run import run as preprocess
from preprocess.settings import DedupeSettings
from preprocess.settings import PreprocessSettings as SourceSettings
from tools.advice.training_trial import repeat_records
from trainer.checks import throughput
from trainer.input.dataset_split import open_split
from trainer.input.pipeline import make_training_batches
from trainer.input.record_batches import repeat_batch
from trainer.model.network import build_network
from trainer.mood_training.loss import estimate_prior
from trainer.mood_training.mood_run import MoodRun
from trainer.settings import DeviceSettings, InputSettings, ProbeSettings, TrainSettings
from trainer.training.device import choose_device
from trainer.training.stage_model import compile_stage


def make_clip_dataset(folder: Path, clip: Path) -> Path:
    tree = make_source_tree(folder, clip)
    preprocess(SourceSettings([str(tree)], str(folder / "out"), dedupe=DedupeSettings(enabled=False)))
    return folder / "out"


def prepare_run(chosen: argparse.Namespace, data: Path) -> MoodRun:
    settings = TrainSettings(
        str(data), backbone=chosen.backbone, weights="none", probe=ProbeSettings(0), batch_size=chosen.batch_size
    )
    device = choose_device(DeviceSettings(chosen.device, precision=chosen.precision, jit=chosen.jit), seed=0)
    split = repeat_records(open_split(data, "train"), 2 * (chosen.steps + 1) * chosen.batch_size)
    augment = device.kind == "gpu" if chosen.augment is None else chosen.augment
    input_settings = InputSettings(chosen.batch_size, chosen.resolution, augment=augment, shuffle_records=2048)
    network = build_network(settings.network_settings, chosen.resolution)
    return MoodRun(
        Path(tempfile.gettempdir()), settings, input_settings, device, split, split, network,
        estimate_prior(split.labels, split.videos),
    )  # fmt: skip


def time_training(model, wait, batches, steps: int, batch_size: int) -> tuple[float, float]:
    """Images/s of training from shards, and the share of the time that the step waited for batches."""
    wait.seconds, started = 0.0, time.perf_counter()
    model.fit(batches.take(steps).apply(_set_cardinality(steps)), verbose=0, shuffle=False)
    seconds = time.perf_counter() - started
    return steps * batch_size / seconds, wait.seconds / seconds


def _set_cardinality(steps: int):
    from tensorflow import data

    return data.experimental.assert_cardinality(steps)


def _measure(run: MoodRun, steps: int, rounds: int) -> list[dict[str, float]]:
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
        run = prepare_run(chosen, chosen.train or make_clip_dataset(folder, chosen.clip))
        results = _measure(run, chosen.steps, chosen.rounds)
    finally:
        shutil.rmtree(folder)
    device = run.device
    print(f"{device.name}, {device.backend}, {device.policy}, XLA {'on' if device.jit else 'off'}; {chosen.backbone}")

    def median_of(name: str) -> float:
        return statistics.median(result[name] for result in results)

    figures = {
        "model_images_per_second": round(median_of("model"), 1),
        "training_images_per_second": round(median_of("training"), 1),
        "input_images_per_second": round(results[0]["input"]),
        "loss_to_input": round(1 - statistics.median(r["training"] / r["model"] for r in results), 4),
        "waiting_share": round(median_of("waiting"), 4),
    }
    for name, value in figures.items():
        print(f"{name:<28}{value:>10}")
    print(json.dumps(figures | device.describe()))


if __name__ == "__main__":
    sys.exit(main())
