"""Some real steps of training on the crops of the sample, in a process of its own: TensorFlow starts only there."""

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from shards.dataset import read_dataset
from shards.errors import CallError, DataError
from tools.source_inventory.worker_pool import follow_parent, hold_interrupts
from trainer.input.dataset_split import DatasetSplit, open_split
from trainer.settings import TrainSettings

_MOST_STEPS = 500
_SHORTEST, _LONGEST = 4.0, 20.0  # seconds in which steps are timed
_SHUFFLED = 1024  # records that wait in a trial, so that it begins to train at once
_PATIENCE = 2  # times the seconds of a trial, until it is given up: a network may take long to compile
_LEAST_PATIENCE = 120.0  # seconds


class TrainingTrial(NamedTuple):
    """Images/s and what they were measured on."""

    training: float  # from shards to the updated weights
    input: float  # of the batches alone
    waiting: float  # share of the time in which the step waited for a batch
    core_seconds: float  # of the CPU for one picture
    steps: int  # that were timed
    start_seconds: float  # from the start of the process to the end of the first step: imports, network, compilation
    compile_seconds: float  # of these, to compile a stage and do its first step
    forward_pixels: float  # of a validation picture, as a multiple of a training picture's
    statistics_images: int  # that each epoch of a network from scratch sees again
    device: str
    kind: str  # "cpu" or "gpu"
    policy: str


def try_training(settings: TrainSettings, data: Path, seconds: float) -> TrainingTrial | None:
    """Train on a dataset for about some seconds; None where no step was done in twice that time, or in 120 s.

    The weights are random, which does not change the speed. Raises CallError and DataError as training does.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_train_and_send, args=(sender, settings, data, seconds))
    with hold_interrupts():
        process.start()
    sender.close()
    found, end = None, time.monotonic() + max(_LEAST_PATIENCE, _PATIENCE * seconds)
    try:
        while receiver.poll(max(0.0, end - time.monotonic())) and (later := receiver.recv()) is not None:
            found = later  # by more steps than the one before
    except EOFError as error:
        process.join()
        raise DataError(f"the process that tried training died ({process.exitcode}); run it again") from error
    finally:
        process.kill()
        process.join()
    if isinstance(found, Exception):
        raise found
    return found


def repeat_records(split: DatasetSplit, images: int) -> DatasetSplit:
    """A split with its records repeated, so that an epoch is long enough to be timed."""
    copies = images // split.records + 1
    names = {name: np.tile(getattr(split, name), copies) for name in ("labels", "videos", "species")}
    return split._replace(files=split.files * copies, bytes=split.bytes * copies, **names)


def _train_and_send(sender: Connection, settings: TrainSettings, data: Path, seconds: float) -> None:
    follow_parent()
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)  # TensorFlow's notes
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        for found in run_trial(settings, data, seconds):
            sender.send(found)
        sender.send(None)
    except (CallError, DataError) as error:
        sender.send(error)
        sender.send(None)


def run_trial(settings: TrainSettings, data: Path, seconds: float) -> Iterator[TrainingTrial]:
    """The trial itself, in this process: what is known after the first steps, and after more and more of them."""
    started = time.perf_counter()
    from trainer.checks.throughput import measure_input, time_later_steps
    from trainer.input.pipeline import make_training_batches
    from trainer.model.batchnorm_statistics import STATISTICS_BATCHES
    from trainer.training.stage_model import compile_stage

    run = _make_run(settings, data)
    built = time.perf_counter()
    model, wait = compile_stage(run, replace(settings.stages[-1], epochs=1))
    batch = run.input_settings.batch_size

    def train(steps: int) -> tuple[float, float, float]:
        batches = make_training_batches(run.training, run.input_settings, 0, 0)
        return time_later_steps(model, batches.take(steps), wait)

    model.fit(make_training_batches(run.training, run.input_settings, 0, 0).take(1), verbose=0)  # compiles
    start_seconds, compile_seconds = time.perf_counter() - started, time.perf_counter() - built
    batches = iter(make_training_batches(run.training, run.input_settings, 0, 0).repeat())
    input_rate = measure_input(batches, batch)
    del batches
    end = time.perf_counter() + min(_LONGEST, max(_SHORTEST, seconds - (time.perf_counter() - started)))
    scratch, sizes, steps = settings.network_settings.from_scratch, run.sizes, 2
    while True:
        taken, waiting, computed = train(steps)
        yield TrainingTrial(
            training=(steps - 1) * batch / taken,
            input=input_rate,
            waiting=waiting,
            core_seconds=computed / (steps - 1) / batch,
            steps=steps - 1,
            start_seconds=start_seconds,
            compile_seconds=compile_seconds,
            forward_pixels=(sizes.network / sizes.resolution) ** 2,
            statistics_images=STATISTICS_BATCHES * batch if scratch else 0,
            device=run.device.name,
            kind=run.device.kind,
            policy=run.device.policy,
        )
        left = end - time.perf_counter()
        if steps == _MOST_STEPS or left <= 2 * taken:
            return
        steps = min(_MOST_STEPS, 1 + round((steps - 1) * min(10, 0.8 * left / taken)))


def _make_run(settings: TrainSettings, data: Path):
    """The training run, with random weights, on the sample's records again and again."""
    from trainer.model.network import build_network, rule_out_absent_moods
    from trainer.mood_training.loss import estimate_prior
    from trainer.mood_training.mood_run import MoodRun
    from trainer.training.device import choose_device

    device = choose_device(settings.device_settings, seed=0)
    split = open_split(data, "train" if read_dataset(data).shards.get("train") else "val")
    given = settings.input_settings(on_gpu=device.kind == "gpu")
    input_settings = replace(given, shuffle_records=min(_SHUFFLED, given.shuffle_records), frames_per_video=None)
    split = repeat_records(split, (_MOST_STEPS + 1) * input_settings.batch_size)
    network_settings = settings.network_settings
    if not network_settings.backbone_file:  # that of a file has its weights in it
        network_settings = replace(network_settings, weights="none")
    with device.scope():
        network = build_network(network_settings, settings.resolution)
    prior = estimate_prior(split.labels, split.videos)
    rule_out_absent_moods(network, prior)
    folder = Path(tempfile.gettempdir())
    return MoodRun(folder, settings, input_settings, device, split, split, network, prior)
