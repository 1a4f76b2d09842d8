"""The stages and epochs of a run: fit, validate, remember; every few steps a checkpoint.

Keras' fit runs one epoch a call. What a loop has to remember over epochs lies in Progress, in the checkpoint, so that a
run that was killed goes on with the same batches, weights, means and decisions.
"""

import csv
import io
import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from shards.errors import DataError
from shards.storage.files import write_atomically
from trainer.evaluation.metrics import Predictions, compute_epoch_metrics
from trainer.input.augmentation import AUGMENTATION_NUMBERS, Augmentation
from trainer.input.dataset_split import DatasetSplit
from trainer.input.picture_sizes import PictureSizes
from trainer.input.pipeline import (
    FirstBatches,
    InputSettings,
    count_epoch_steps,
    get_picture_sizes,
    make_training_batches,
    make_validation_batches,
    read_first_batches,
)
from trainer.model.batchnorm_statistics import STATISTICS_BATCHES, estimate_statistics
from trainer.model.network import bring, choose_trainable, connect
from trainer.settings import Stage, TrainSettings
from trainer.training.checkpoint import Progress, restore_variables, write_checkpoint
from trainer.training.device import Device
from trainer.training.loss import balance_offset, make_loss
from trainer.training.optimizer import make_optimizer
from trainer.training.throughput import measure_input

HISTORY_COLUMNS = (
    *("stage", "epoch", "first_step", "steps", "loss", "train_accuracy", "learning_rate"),
    *("val_loss", "val_accuracy", "macro_f1", "balanced_accuracy"),
    *("images_per_second", "waiting_share", "seconds"),
)


@dataclass
class TrainingRun:
    """Everything that the stages of one run share."""

    folder: Path
    settings: TrainSettings
    input: InputSettings
    device: Device
    train: DatasetSplit
    valid: DatasetSplit
    network: keras.Model
    prior: np.ndarray
    progress: Progress = field(default_factory=Progress)
    save_best: Callable[[Predictions, dict[str, Any]], None] = lambda predictions, row: None
    before_stage: Callable[[Stage, keras.Model], None] = lambda stage, model: None
    after_epoch: Callable[[dict[str, Any]], None] = lambda row: None  # hears each row of the history

    @property
    def offset(self) -> np.ndarray:
        return balance_offset(self.settings.imbalance, self.prior)

    @property
    def sizes(self) -> PictureSizes:
        return get_picture_sizes(self.train, self.input)

    @cached_property
    def opening(self) -> FirstBatches:
        """The first batches of epoch 0: for the checks, for measuring the speed, and for each epoch's statistics."""
        count = STATISTICS_BATCHES if self.settings.network.from_scratch else 1
        return read_first_batches(self.train, self.input, self.settings.seed, count, self.settings.measure_speed)

    @cached_property
    def input_rate(self) -> float:
        """Images/s of the input alone, the same in all stages; for it the epoch is read on."""
        rate = measure_input(self.opening.rest, self.input.batch_size)
        self.opening.drop_rest()
        return rate

    @cached_property
    def plain(self) -> keras.Model:
        """The network on windows as they are decoded."""
        return _prepare(self, frozen=False, augment=False)

    @cached_property
    def evaluator(self) -> keras.Model:
        """The network on whole crops as they are decoded; made once, or it would be traced and compiled anew."""
        with self.device.scope():
            pictures = keras.Input((self.sizes.whole, self.sizes.whole, 3), dtype="uint8")
            model = keras.Model(pictures, connect(self.network, bring(pictures, self.sizes.network)))
            model.compile(jit_compile=self.device.jit)
        return model

    @property
    def steps(self) -> int:
        """Of an epoch."""
        return count_epoch_steps(self.train, self.input)


def train_stages(run: TrainingRun, arrays: dict[str, np.ndarray] | None) -> None:
    """All stages from where run.progress is; `arrays` are its checkpoint's variables, None for a new run."""
    stages = run.settings.stages
    with stop_gracefully() as stop:
        while True:
            stage = stages[run.progress.stage]
            model, clock = compile_stage(run, stage)
            if arrays is not None:
                restore_variables(model, arrays)
            else:
                write_checkpoint(run.folder, model, run.progress)
            arrays = None
            if not _is_over(run, stage):
                run.before_stage(stage, model)
            while not _is_over(run, stage):
                train_epoch(run, stage, model, clock, stop)
            if run.progress.stage + 1 == len(stages):
                return
            run.progress.start_stage()


def _is_over(run: TrainingRun, stage: Stage) -> bool:
    return run.progress.epoch >= stage.epochs or run.progress.waited >= run.settings.patience


def compile_stage(run: TrainingRun, stage: Stage) -> tuple[keras.Model, "WaitingClock"]:
    """The network, augmented or not, with the stage's optimizer and the loss; built, so that it can be restored.

    Its batches pass through the clock.
    """
    settings = run.settings
    with run.device.scope():
        choose_trainable(run.network, stage.train_base, settings.network.from_scratch)
        model = _prepare(run, stage.train_base == "frozen", run.input.augment)
        model.compile(
            make_optimizer(
                run.network,
                stage.learning_rate,
                stage.epochs * run.steps,
                settings.warmup,
                settings.backbone_rate,
                settings.weight_decay,
            ),
            make_loss(settings.imbalance, run.prior, settings.label_smoothing),
            metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")],
            jit_compile=run.device.jit,
        )
        _build(model)
    clock = WaitingClock()
    count_waiting(model, clock)
    return model, clock


def train_epoch(
    run: TrainingRun, stage: Stage, model: keras.Model, clock: "WaitingClock", stop: "GracefulStop"
) -> None:
    """The rest of the epoch that run.progress is in, its validation, and a checkpoint at its end."""
    progress, started = run.progress, time.perf_counter()
    first, number = progress.step, len(progress.history)
    clock.waited = 0.0
    if first < run.steps:
        batches = make_training_batches(run.train, run.input, run.settings.seed, number, skip=first)
        keeper = CheckpointCallback(run, model, stop, f"{stage.name} {progress.epoch + 1}/{stage.epochs}")
        with stop.watching(), keeper.bar:
            model.fit(batches, verbose=0, shuffle=False, callbacks=[keeper])
    row = {"stage": stage.name, "epoch": number + 1, "first_step": first, "steps": run.steps}
    row |= _read_means(model) | {"learning_rate": _read_rate(model)}
    seconds = time.perf_counter() - started
    row["images_per_second"] = round((run.steps - first) * run.input.batch_size / seconds, 1)
    row["waiting_share"] = round(clock.waited / seconds, 4)
    if run.settings.network.from_scratch:
        estimate_statistics(run.plain, run.opening.batches)
    predictions = predict(run)
    row |= compute_epoch_metrics(predictions, run.prior)
    row["seconds"] = round(time.perf_counter() - started, 1)
    _remember(run, row, predictions)
    write_checkpoint(run.folder, model, progress)


def predict(run: TrainingRun) -> Predictions:
    """Balanced logits of the network as it is for every validation record, in their order."""
    logits = run.evaluator.predict(make_validation_batches(run.valid, run.input), verbose=0)[: run.valid.records]
    return Predictions(logits - run.offset, run.valid.labels, run.valid.videos, run.valid.species)


def _remember(run: TrainingRun, row: dict[str, Any], predictions: Predictions) -> None:
    """What follows from an epoch: the best model, patience, the history."""
    progress, figure = run.progress, row[run.settings.best]
    for name in ("loss", "val_loss"):
        if not math.isfinite(row[name]):
            raise DataError(f"{name} became {row[name]} in epoch {row['epoch']}; lower --learning_rate")
    if progress.best is None or figure > progress.best:
        progress.best, progress.best_epoch = figure, row["epoch"]
        run.save_best(predictions, row)
    if progress.lowest_loss is None or row["val_loss"] < progress.lowest_loss:
        progress.lowest_loss, progress.waited = row["val_loss"], 0
    else:
        progress.waited += 1
    progress.history.append({name: row[name] for name in HISTORY_COLUMNS})
    progress.start_epoch()
    write_history(run.folder, progress)
    run.after_epoch(row)


def write_history(folder: Path, progress: Progress) -> None:
    text = io.StringIO()
    table = csv.DictWriter(text, HISTORY_COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(progress.history)
    with write_atomically(folder / "history.csv") as file:
        file.write(text.getvalue().encode())


class CheckpointCallback(keras.callbacks.Callback):
    """Counts steps in the progress, writes checkpoints, stops when asked to, and shows how far it is."""

    def __init__(self, run: TrainingRun, model: keras.Model, stop: "GracefulStop", title: str):
        super().__init__()
        self.run, self.stop = run, stop
        self.bar = tqdm(total=run.steps, initial=run.progress.step, desc=title, unit="step")
        # fit sets the means to zero when it starts; those of a run that goes on count on.
        self.means = [np.array(variable) for variable in model.metrics_variables] if run.progress.step else []

    def on_epoch_begin(self, epoch, logs=None):
        for variable, value in zip(self.model.metrics_variables, self.means, strict=False):
            variable.assign(value)

    def on_train_batch_begin(self, batch, logs=None):
        # Not at a batch's end: Keras would wait for each step's figures first, and the device between steps for us.
        if batch:
            self.count_step()

    def count_step(self) -> None:
        """A step is done; what it changed can be read."""
        progress = self.run.progress
        progress.step, progress.total_steps = progress.step + 1, progress.total_steps + 1
        self.bar.update()
        if self.stop.requested or progress.total_steps % self.run.settings.checkpoint_steps == 0:
            write_checkpoint(self.run.folder, self.model, progress)
        if self.stop.requested:
            at = f"epoch {len(progress.history) + 1}, step {progress.step} of {self.run.steps}"
            raise KeyboardInterrupt(f"stopped after {at}; run the same command again to go on from there")

    def on_epoch_end(self, epoch, logs=None):
        self.count_step()
        self.bar.set_postfix({name: f"{value:.3f}" for name, value in (logs or {}).items()})


class WaitingClock:
    """Seconds spent in waiting for batches."""

    waited = 0.0

    def watch(self, batches: Iterator) -> Iterator:
        while True:
            started = time.perf_counter()
            batch = next(batches, None)
            self.waited += time.perf_counter() - started
            if batch is None:
                return
            yield batch


def count_waiting(model: keras.Model, clock: WaitingClock) -> None:
    """Let fit draw its batches through the clock: it calls train_function([state,] iterator) for each step."""
    model.make_train_function()
    step = model.train_function
    model.train_function = lambda *call: step(*call[:-1], clock.watch(call[-1]))


class GracefulStop:
    """Ctrl-C and SIGTERM: at the end of a step while one is watched, else at once; the second one always at once."""

    def __init__(self) -> None:
        self.requested = self._watching = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        self._watching = True
        try:
            yield
        finally:
            self._watching = False

    def hear(self, *_: Any) -> None:
        if self.requested or not self._watching:
            raise KeyboardInterrupt
        self.requested = True


@contextmanager
def stop_gracefully() -> Iterator[GracefulStop]:
    stop = GracefulStop()
    try:
        before = {number: signal.signal(number, stop.hear) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: signals are not ours to hear
        before = {}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _prepare(run: TrainingRun, frozen: bool, augment: bool) -> keras.Model:
    """The network as it is trained, on windows: its base in inference mode or not, augmentation before it or not."""
    sizes = run.sizes
    windows = keras.Input((sizes.window, sizes.window, 3), dtype="uint8", name="pictures")
    pictures = bring(windows, sizes.resolution)
    if not augment:
        return keras.Model(windows, connect(run.network, pictures, frozen))
    numbers = keras.Input((AUGMENTATION_NUMBERS,), name="numbers")
    changed = Augmentation(dtype="float32")(pictures, numbers)
    return keras.Model([windows, numbers], connect(run.network, changed, frozen))


def _build(model: keras.Model) -> None:
    """Make the optimizer's and the metrics' variables, which otherwise appear with the first step."""
    model.optimizer.build(model.trainable_variables)
    shape = (1, model.output_shape[-1])
    model.compute_metrics(None, np.zeros(1, np.int64), np.zeros(shape, np.float32))
    model.reset_metrics()


def _read_means(model: keras.Model) -> dict[str, float]:
    found = model.get_metrics_result()
    return {"loss": float(found["loss"]), "train_accuracy": float(found["accuracy"])}


def _read_rate(model: keras.Model) -> float:
    return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
