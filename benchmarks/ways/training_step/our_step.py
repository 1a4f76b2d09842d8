"""Our compiled training step on one batch that lies on the device, and training from shards."""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import tensorflow as tf

from benchmarks.step import prepare_run
from trainer.input.pipeline import make_training_batches
from trainer.training.stage_model import compile_stage

PACKAGES = ("keras",)


def open_step(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """The step alone. `device`, `backbone`, `batch_size`, `resolution` and `steps`, in a turn, are settings."""
    run, model = _compile(settings)
    images, labels = next(iter(make_training_batches(run.training, run.input_settings, 0, 0)))
    step = tf.function(model.train_step, jit_compile=run.device.jit)  # what Keras' fit calls for each batch
    with tf.device(f"/{run.device.kind}:0"):
        batch = tf.identity(images), tf.identity(labels)

    def take_turn() -> dict[str, Any]:
        begun = time.perf_counter()
        for _ in range(settings["steps"]):
            figures = step(batch)
        return _report(settings, begun, float(figures["loss"]))  # waits for the device

    take_turn()  # compiles
    return take_turn


def open_training(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Training from the shards of `dataset` by Keras' fit, with random windows and mirroring; another epoch a turn."""
    run, model = _compile(settings)
    epoch = 0

    def take_turn() -> dict[str, Any]:
        nonlocal epoch
        epoch += 1
        batches = make_training_batches(run.training, run.input_settings, 0, epoch).take(settings["steps"])
        counted = batches.apply(tf.data.experimental.assert_cardinality(settings["steps"]))
        begun = time.perf_counter()
        history = model.fit(counted, verbose=0, shuffle=False)
        return _report(settings, begun, history.history["loss"][-1])

    take_turn()
    return take_turn


def _compile(settings: dict[str, Any]):
    names = ("device", "backbone", "batch_size", "resolution", "steps")
    chosen = argparse.Namespace(**{name: settings[name] for name in names}, precision="auto", jit="auto", augment=False)
    run = prepare_run(chosen, Path(settings["dataset"]))
    return run, compile_stage(run, replace(run.settings.stages[-1], epochs=1))[0]


def _report(settings: dict[str, Any], begun: float, loss: float) -> dict[str, Any]:
    seconds = time.perf_counter() - begun
    return {"count": settings["steps"] * settings["batch_size"], "seconds": seconds, "loss": loss}
