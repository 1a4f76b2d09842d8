"""How many images per second the input and the model manage, each alone: the slower one sets the time of an epoch."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np

from trainer.input.record_batches import repeat_batch
from trainer.run_files.checkpoint import list_variables

_SECONDS = 3.0  # for each measurement
_MAX_STEPS = 200
_WARM_UP = 5  # batches that are drawn before the input is timed, so that its buffers are full


class Speed(NamedTuple):
    """Images/s of the input alone and of the model alone, and the images of an epoch."""

    input: float
    model: float
    images: int

    @property
    def bottleneck(self) -> str:
        return "input" if self.input < self.model else "model"

    @property
    def epoch_seconds(self) -> float:
        return self.images / min(self.input, self.model)

    def describe(self) -> str:
        return (
            f"input alone {self.input:,.0f} images/s, model alone {self.model:,.0f}: the {self.bottleneck} is the "
            f"bottleneck; an epoch of {self.images:,} images takes about {format_time(self.epoch_seconds)}"
        )

    def as_dict(self) -> dict[str, Any]:
        found = {"input_images_per_second": self.input, "model_images_per_second": self.model}
        found |= {"epoch_seconds": self.epoch_seconds}
        return {name: round(value, 1) for name, value in found.items()} | {"bottleneck": self.bottleneck}


def measure_input(batches: Iterator, batch_size: int) -> float:
    """Images/s of an endless iterator over batches."""
    for _ in range(_WARM_UP):
        next(batches)
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < _SECONDS and count < _MAX_STEPS:
        next(batches)
        count += 1
    return count * batch_size / (time.perf_counter() - started)


def measure_model(model: keras.Model, batch: Any, batch_size: int) -> float:
    """Images/s of training a compiled model on one batch again and again, with its copy to the device.

    All variables of the model have their values of before afterwards.
    """
    before = [np.array(keras.ops.convert_to_numpy(variable)) for variable in list_variables(model)]
    try:
        _time_steps(model, batch, 2)  # compiles
        steps = int(np.clip(_SECONDS / _time_steps(model, batch, 2) * 2, 3, _MAX_STEPS))
        return steps * batch_size / _time_steps(model, batch, steps)
    finally:
        for variable, value in zip(list_variables(model), before, strict=True):
            variable.assign(value)


def time_later_steps(model: keras.Model, batches: Any, wait: Any) -> tuple[float, float, float]:
    """Train a compiled model on some batches. Returns the seconds of all steps but the first, the share of these in
    which it waited for data, by `wait` (trainer.training.data_wait), and the core seconds of this process.

    The first step waits until the shuffle is filled, which an epoch does once.
    """
    clock = _SecondStep(wait)
    model.fit(batches, verbose=0, shuffle=False, callbacks=[clock])
    seconds = time.perf_counter() - clock.started
    return seconds, wait.seconds / seconds, time.process_time() - clock.computed


class _SecondStep(keras.callbacks.Callback):
    """Notes when the second step begins; the waiting before does not count."""

    started = computed = 0.0

    def __init__(self, wait: Any):
        super().__init__()
        self._wait = wait

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 1:
            self.started, self.computed, self._wait.seconds = time.perf_counter(), time.process_time(), 0.0


def format_time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _time_steps(model: keras.Model, batch: Any, steps: int) -> float:
    batches = repeat_batch(batch, steps)
    started = time.perf_counter()
    model.fit(batches, verbose=0, shuffle=False)  # returns after it has read the metrics, so after the last step
    return time.perf_counter() - started
