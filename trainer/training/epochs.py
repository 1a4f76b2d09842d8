"""The stages and epochs of a run: train an epoch, validate, keep the best model, write a checkpoint.

Each epoch is one call of Keras' fit. Whatever later epochs need to know lies in run.progress, which every checkpoint
holds; a run that was killed is continued with the same batches, weights and decisions.
"""

import math
import time
from typing import Any

import keras
import numpy as np

from console.output.messages import print_message
from console.progress import show_waiting
from shards.errors import DataError
from trainer.hosts.shared_step import share_variables
from trainer.input.dataset_change import check_not_replaced
from trainer.model.network import find_backbone
from trainer.run_files.checkpoint import restore_variables, write_checkpoint
from trainer.run_files.history import write_history
from trainer.settings import Stage
from trainer.training.best_model import save_if_best
from trainer.training.checkpoint_callback import CheckpointCallback
from trainer.training.data_wait import DataWait
from trainer.training.early_stopping import describe_stage_end, is_stage_over, note_stopping_figure
from trainer.training.interruption import Interruption, catch_interruption
from trainer.training.run_context import TrainingRun
from trainer.training.run_messages import RunMessages
from trainer.training.stage_model import compile_stage


def train_stages(run: TrainingRun, arrays: dict[str, np.ndarray] | None, messages: RunMessages) -> None:
    """Train all stages from where run.progress is.

    `arrays` are the variables of the checkpoint that the run is continued from; None for a new run.
    """
    stages = run.settings.stages
    with catch_interruption() as interruption:
        for stage in stages[run.progress.stage :]:
            _train_stage(run, stage, arrays, messages, interruption)
            arrays = None
            if stage is not stages[-1]:
                run.progress.start_stage()


def _train_stage(
    run: TrainingRun,
    stage: Stage,
    arrays: dict[str, np.ndarray] | None,
    messages: RunMessages,
    interruption: Interruption,
) -> None:
    model, wait = compile_stage(run, stage)
    if arrays is not None:
        restore_variables(model, arrays)
    elif run.writes:
        write_checkpoint(run.folder, model, run.progress)
    if run.hosts:
        share_variables(model, find_backbone(run.network), run.hosts)
    patience = run.settings.patience
    if is_stage_over(run.progress, stage, patience):  # it was continued from its last checkpoint
        return
    messages.report_speed(stage, model)
    while not is_stage_over(run.progress, stage, patience):
        row = _train_epoch(run, stage, model, wait, interruption)
        messages.report_epoch(row)
        if run.writes:
            write_checkpoint(run.folder, model, run.progress)
    is_last = stage == run.settings.stages[-1]
    if line := describe_stage_end(run.progress, stage, run.settings, is_last):
        print_message(line)


def _train_epoch(
    run: TrainingRun, stage: Stage, model: keras.Model, wait: DataWait, interruption: Interruption
) -> dict[str, Any]:
    """Train the rest of the epoch that run.progress is in and validate; returns its figures: HISTORY_COLUMNS and more.

    The best model so far is saved, and the epoch is added to the history.
    """
    progress, started = run.progress, time.perf_counter()
    row = {"stage": stage.name, "epoch": len(progress.history) + 1, "first_step": progress.step, "steps": run.steps}
    row |= _fit_epoch(run, stage, model, wait, interruption)
    with show_waiting("validating", is_short=True):
        if run.settings.network_settings.from_scratch:
            run.refresh_statistics()
        answers, figures = run.validate()
    check_not_replaced(run.training, run.validation)
    row |= figures
    row["seconds"] = round(time.perf_counter() - started, 1)
    _check_finite(row)
    save_if_best(run, answers, row)
    note_stopping_figure(progress, run.settings, row)
    progress.history.append({name: row[name] for name in run.HISTORY_COLUMNS})
    progress.start_epoch()
    if run.writes:
        write_history(run.folder, run.HISTORY_COLUMNS, progress.history)
    return row


def _fit_epoch(
    run: TrainingRun, stage: Stage, model: keras.Model, wait: DataWait, interruption: Interruption
) -> dict[str, Any]:
    """Fit the rest of the epoch; its training figures. images/s and waiting count only the steps that are done here."""
    progress, started = run.progress, time.perf_counter()
    number, first = len(progress.history), progress.step
    wait.seconds = 0.0
    if first < run.steps:
        batches = run.make_training_batches(number, skip=first)
        callback = CheckpointCallback(run, model, interruption, f"{stage.name} {progress.epoch + 1}/{stage.epochs}")
        with interruption.deferred(), callback.bar:
            model.fit(batches, verbose=0, shuffle=False, callbacks=[callback])
    means = model.get_metrics_result()
    figures = {name if name == "loss" else f"train_{name}": float(mean) for name, mean in means.items()}
    figures["learning_rate"] = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    seconds = time.perf_counter() - started
    images = (run.steps - first) * run.input_settings.batch_size
    return figures | {
        "images_per_second": round(images / seconds, 1),
        "waiting_share": round(wait.seconds / seconds, 4),
    }


def _check_finite(row: dict[str, Any]) -> None:
    for name in ("loss", "val_loss"):
        if not math.isfinite(row[name]):
            raise DataError(f"{name} became {row[name]} in epoch {row['epoch']}; lower --learning_rate")
