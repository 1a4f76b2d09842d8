"""A training run from its settings to its report; or the rest of a run that was stopped or killed."""

import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from shards.errors import CallError, DataError
from shards.storage.folder_lock import lock_folder
from shards.storage.utf8_path import make_utf8_path
from trainer.checks.self_check import check_run
from trainer.evaluation.answer_examples import choose_examples
from trainer.evaluation.metrics import Predictions
from trainer.evaluation.metrics_json import evaluate
from trainer.evaluation.run_report import write_run_report
from trainer.input.batch_decoding import DCT_METHOD
from trainer.input.dataset_split import (
    DatasetSplit,
    check_no_shared_videos,
    check_same_crop_settings,
    check_two_moods,
    open_split,
)
from trainer.input.pipeline import check_input_settings, make_validation_batches
from trainer.model.model_file import read_model
from trainer.model.network import build_network, rule_out_absent_moods
from trainer.model.trainable_layers import choose_trainable
from trainer.run_files.checkpoint import Progress, read_progress
from trainer.run_files.file_names import MODEL_FILE, REPORT_FILE
from trainer.run_files.run_fingerprint import fingerprint_run, list_versions
from trainer.run_files.run_folder import open_folder, remove_run_leftovers
from trainer.run_files.run_record import read_metrics, write_metrics, write_record
from trainer.settings import InputSettings, TrainSettings
from trainer.training.best_model import describe_model, recall_best, save_model
from trainer.training.device import Device, choose_device
from trainer.training.epochs import predict_validation, train_stages
from trainer.training.failure_messages import explain_failures
from trainer.training.loss import estimate_prior
from trainer.training.run_context import TrainingRun
from trainer.training.run_messages import RunMessages, print_message, print_run_start


def train(settings: TrainSettings, command: list[str]) -> dict[str, Any]:
    """Train, or continue training, and evaluate; returns what metrics.json holds. All files go to settings.folder.

    `command` is the command line, for run.json. Raises CallError and DataError, one line each, for what the user can
    change.
    """
    if settings.tensorboard and not find_spec("tensorboard"):
        raise CallError("tensorboard is not installed; pip install 'pet-mood[tensorboard]' or leave it out")
    device = choose_device(settings.device_settings, settings.seed)
    training, validation = open_splits(settings)
    input_settings = settings.input_settings(on_gpu=device.kind == "gpu")
    check_input_settings(training, input_settings)
    effective = device.effective | {"augment": input_settings.augment}
    fingerprint = fingerprint_run(settings, training.fingerprint, validation.fingerprint, effective)
    folder = settings.folder
    if folder.exists() and not folder.is_dir():
        raise CallError(f"{folder} is a file; give another --out")
    with lock_folder(folder):
        record = open_folder(folder, fingerprint, settings.replace)
        if record and record.get("results") and (metrics := _read_finished(folder, record, validation)):
            return metrics
        progress, arrays = read_progress(folder) or (Progress(), None)
        run = _start_run(settings, input_settings, device, training, validation, progress)
        record = record or _describe_run(run, command, fingerprint)
        write_record(folder, record)
        print_run_start(run, resumed=arrays is not None)
        with explain_failures(input_settings, training, validation):
            if arrays is None:
                _check_new_run(run)
            with make_utf8_path(folder) as plain_folder:
                train_stages(run, arrays, RunMessages(run, record, plain_folder))
            return _finish(run, record)


def open_splits(settings: TrainSettings) -> tuple[DatasetSplit, DatasetSplit]:
    """The training and the validation split. Raises CallError or DataError where they do not go together."""
    training = open_split(Path(settings.train), "train")
    check_two_moods(training)
    validation = open_split(Path(settings.valid or settings.train), "val")
    check_same_crop_settings(training, validation)
    check_no_shared_videos(training, validation)
    if not np.isin(validation.labels, training.labels).any():
        raise DataError(f"{validation.name} shows none of the moods of {training.name}; give another --valid")
    return training, validation


def _read_finished(folder: Path, record: dict[str, Any], validation: DatasetSplit) -> dict[str, Any] | None:
    """The metrics of a finished run; None where they are gone and have to be computed again."""
    metrics = read_metrics(folder)
    if metrics:
        if not (folder / REPORT_FILE).exists():  # the run was killed just before it
            write_run_report(folder, validation)
        print(f"{folder} is done already: {record['results']['summary']}")
    return metrics


def _start_run(
    settings: TrainSettings,
    input_settings: InputSettings,
    device: Device,
    training: DatasetSplit,
    validation: DatasetSplit,
    progress: Progress,
) -> TrainingRun:
    """The run with its network built. Raises CallError for what a later stage could not do."""
    network_settings = settings.network_settings
    if device.kind == "cpu" and progress.total_steps == 0 and settings.weights == "imagenet":
        print_message("note    on a CPU an epoch of millions of frames takes days; this is for a GPU")
    with device.scope():
        network = build_network(network_settings, settings.resolution)
    prior = estimate_prior(training.labels, training.videos)
    rule_out_absent_moods(network, prior)
    for stage in settings.stages:  # each stage chooses again; here it only shows whether that works
        choose_trainable(network, stage.train_base, network_settings.from_scratch)
    if progress.total_steps:
        recall_best(progress, settings.folder / MODEL_FILE, settings.best)
    return TrainingRun(
        settings.folder, settings, input_settings, device, training, validation, network, prior, progress
    )


def _check_new_run(run: TrainingRun) -> None:
    if run.settings.self_check:
        for line in check_run(run, describe_model(run, temperature=1.0)):
            print_message(f"check   {line}")


def _finish(run: TrainingRun, record: dict[str, Any]) -> dict[str, Any]:
    """Evaluate model.keras, the file itself, and write metrics.json, the report and the results in run.json."""
    if run.progress.best is None:  # model.keras was lost after the last epoch; the current weights replace it
        save_model(run, predict_validation(run), run.progress.history[-1])
    model, metadata = read_model(run.folder / MODEL_FILE, run.device.jit)
    validation = run.validation
    logits = model.predict(make_validation_batches(validation, run.input_settings), verbose=0)["logits"]
    predictions = Predictions(
        np.asarray(logits)[: validation.records], validation.labels, validation.videos, validation.species
    )
    evaluation = evaluate(predictions, run.prior, metadata.temperature, run.settings.seed)
    metrics = {
        "model": MODEL_FILE,
        "chosen_by": run.settings.best,
        "best_epoch": metadata.trained["epoch"],
        "epochs": len(run.progress.history),
        "evaluation": evaluation,
        "examples": choose_examples(predictions, run.prior, metadata.temperature),
    }
    write_metrics(run.folder, metrics)
    record["results"] = {
        "summary": evaluation["verdict"],
        "best_epoch": metadata.trained["epoch"],
        run.settings.best: metadata.trained[run.settings.best],
        "finished": _name_time(),
    }
    write_record(run.folder, record)
    write_run_report(run.folder, validation)
    remove_run_leftovers(run.folder)
    print(f"{run.folder}: {record['results']['summary']}")
    return metrics


def _describe_run(run: TrainingRun, command: list[str], fingerprint: str) -> dict[str, Any]:
    """run.json of a new run: all that is needed to repeat it."""
    data = {
        name: {"path": split.name, "fingerprint": split.fingerprint, "records": split.records}
        | {"videos": len(split.video_names), "image_size": split.image_size}
        for name, split in (("train", run.training), ("valid", run.validation))
    }
    return {
        "command": command,
        "fingerprint": fingerprint,
        "settings": run.settings.content,
        "data": data,
        "pictures": run.sizes._asdict() | {"dct_method": DCT_METHOD},
        "versions": {"python": sys.version.split()[0]} | list_versions(),
        "device": run.device.describe(),
        "started": _name_time(),
    }


def _name_time() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
