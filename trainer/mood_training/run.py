"""A training run of the mood network, from its settings to its report; or the rest of one that was stopped."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from console.output.messages import print_message
from console.progress import show_waiting
from shards.errors import CallError, DataError
from trainer.checks.self_check import check_run
from trainer.evaluation.run_report import write_run_report
from trainer.hosts.host_addresses import open_hosts
from trainer.hosts.host_ring import HostRing
from trainer.input.dataset_split import (
    DatasetSplit,
    check_no_shared_videos,
    check_same_crop_settings,
    check_two_moods,
    open_split,
)
from trainer.input.pipeline import check_input_settings
from trainer.input.record_batches import fit_batch_size
from trainer.input.shard_cache import open_data
from trainer.model.mood_json import read_metadata
from trainer.model.network import build_network, rule_out_absent_moods
from trainer.model.trainable_layers import choose_trainable
from trainer.mood_training.loss import estimate_prior
from trainer.mood_training.mood_run import MoodRun
from trainer.run_files.checkpoint import Progress
from trainer.run_files.file_names import MODEL_FILE
from trainer.run_files.run_fingerprint import fingerprint_run
from trainer.settings import InputSettings, TrainSettings
from trainer.training.best_model import recall_best
from trainer.training.device import Device, choose_device
from trainer.training.run_course import complete_run, follow_run
from trainer.training.run_messages import print_smaller_batch


def train(settings: TrainSettings, command: list[str]) -> dict[str, Any]:
    """Train, or continue training, and evaluate; returns what metrics.json holds. All files go to settings.folder.

    `command` is the command line, for run.json. Of several hosts only the first evaluates and writes; on the others
    nothing is returned. Raises CallError and DataError, one line each, for what the user can change.
    """
    with open_hosts(settings) as hosts:
        return _train_on(settings, command, hosts)


def _train_on(settings: TrainSettings, command: list[str], hosts: HostRing | None) -> dict[str, Any]:
    device = choose_device(settings.device_settings, settings.seed)
    if hosts:
        settings = _fit_hosts(settings, device, hosts)
    with show_waiting("reading the dataset's manifest", is_short=True):
        training, validation = open_splits(settings)
    wanted = settings.input_settings(on_gpu=device.kind == "gpu")
    parts = (settings.hosts, "hosts") if hosts else (settings.devices, "devices")
    input_settings = fit_batch_size(training, wanted, *parts)
    print_smaller_batch(wanted.batch_size, input_settings.batch_size)
    check_input_settings(training, input_settings)
    effective = device.effective | {"augment": input_settings.augment}
    fingerprint = fingerprint_run(settings, training.fingerprint, validation.fingerprint, effective)

    def start_run(progress: Progress) -> MoodRun:
        return _start_run(settings, input_settings, device, (training, validation), progress, hosts)

    def write_report(folder: Path) -> None:
        write_run_report(folder, validation)

    if hosts and not hosts.is_first:
        follow_run(settings.folder, hosts, fingerprint, start_run)
        return {}
    return complete_run(settings, fingerprint, command, start_run, _check_new_run, write_report)


def _fit_hosts(settings: TrainSettings, device: Device, hosts: HostRing) -> TrainSettings:
    """The settings for one of several hosts. Raises CallError where Keras' backend cannot split a step."""
    if device.backend != "tensorflow":
        raise CallError(f"hosts {hosts.count}: only the TensorFlow backend trains on several")
    settings = replace(settings, measure_speed=False)  # it takes steps, which one host cannot take alone
    return settings if hosts.is_first else replace(settings, self_check=False, tensorboard=False)


def _check_new_run(run: MoodRun) -> list[str]:
    return check_run(run, run.describe_model(temperature=1.0))


def open_splits(settings: TrainSettings) -> tuple[DatasetSplit, DatasetSplit]:
    """The training and the validation split. Raises CallError or DataError where they do not go together."""
    training = open_split(open_data(settings.train, settings), "train")
    check_two_moods(training)
    validation = open_split(open_data(settings.valid or settings.train, settings), "val")
    if validation.name == training.name and validation.fingerprint != training.fingerprint:  # a new version just came
        training = open_split(open_data(settings.train, settings), "train")
    check_same_crop_settings(training, validation)
    check_no_shared_videos(training, validation)
    if not np.isin(validation.labels, training.labels).any():
        raise DataError(f"{validation.name} shows none of the moods of {training.name}; give another --valid")
    return training, validation


def _start_run(
    settings: TrainSettings,
    input_settings: InputSettings,
    device: Device,
    splits: tuple[DatasetSplit, DatasetSplit],
    progress: Progress,
    hosts: HostRing | None,
) -> MoodRun:
    """The run with its network built. Raises CallError for what a later stage could not do."""
    training, validation = splits
    network_settings = settings.network_settings
    if device.kind == "cpu" and progress.total_steps == 0 and settings.weights == "imagenet":
        print_message("note    on a CPU an epoch of millions of frames takes days; this is for a GPU")
    with device.scope():
        network = build_network(network_settings, settings.resolution)
    prior = estimate_prior(training.labels, training.videos)
    rule_out_absent_moods(network, prior)
    for stage in settings.stages:  # each stage chooses again; here it only shows whether that works
        choose_trainable(network, stage.train_base, network_settings.from_scratch)
    if progress.total_steps and (hosts is None or hosts.is_first):
        path = settings.folder / MODEL_FILE
        recall_best(progress, lambda: read_metadata(path).trained, settings.best)
    return MoodRun(
        *(settings.folder, settings, input_settings, device, training, validation, network, prior),
        progress=progress,
        hosts=hosts,
    )
