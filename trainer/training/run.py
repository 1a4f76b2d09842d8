"""A training run, whole: data, device, network, checks, stages, evaluation, report; or the rest of one begun."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shards.emotions import EMOTIONS
from shards.errors import CallError, DataError, word_error
from shards.storage.files import name_plainly, write_atomically
from shards.storage.lock import lock_folder
from trainer.evaluation.metrics import Predictions, fit_temperature
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
from trainer.input.pipeline import (
    InputSettings,
    check_input_settings,
    diagnose_read_error,
    estimate_shuffle_bytes,
    make_validation_batches,
)
from trainer.model.model_file import read_model, write_model
from trainer.model.mood_json import Metadata, read_metadata
from trainer.model.network import build_network, choose_trainable, silence
from trainer.settings import Stage, TrainSettings, fingerprint_run, name_versions
from trainer.training import epochs, self_check, throughput
from trainer.training.checkpoint import Progress, read_progress
from trainer.training.device import Device, choose_device, is_out_of_memory
from trainer.training.loss import estimate_prior
from trainer.training.overfit import overfit
from trainer.training.run_folder import (
    METRICS,
    MODEL,
    PAGE,
    open_folder,
    read_metrics,
    remove_run_leftovers,
    write_record,
)


def train(settings: TrainSettings, command: list[str]) -> dict[str, Any]:
    """Train, or go on training, and evaluate; returns what metrics.json says. Everything lies in settings.out.

    Raises CallError and DataError, in one line each, for what the user can change.
    """
    if settings.tensorboard and not find_spec("tensorboard"):
        raise CallError("tensorboard is not installed; pip install 'pet-mood[tensorboard]' or leave it out")
    device = choose_device(settings.compute, settings.seed)
    training, valid = open_splits(settings)
    input_settings = _choose_input(settings, device)
    check_input_settings(training, input_settings)
    effective = device.effective | {"augment": input_settings.augment}
    folder = settings.folder
    fingerprint = fingerprint_run(settings, training.fingerprint, valid.fingerprint, effective)
    if folder.exists() and not folder.is_dir():
        raise CallError(f"{folder} is a file; give another --out")
    with lock_folder(folder):
        begun = open_folder(folder, fingerprint, settings.replace)
        metrics = read_metrics(folder) if begun and begun.get("results") else None
        if metrics:
            if not (folder / PAGE).exists():
                write_run_report(folder)  # killed just before it
            print(f"{folder} is done already: {begun['results']['summary']}")
            return metrics
        saved = read_progress(folder)
        run = _prepare(settings, input_settings, folder, training, valid, device, saved[0] if saved else Progress())
        record = begun or _describe(run, command, fingerprint)
        write_record(folder, record)
        return _train(run, record, saved[1] if saved else None)


def _train(run: epochs.TrainingRun, record: dict[str, Any], arrays: dict[str, np.ndarray] | None) -> dict[str, Any]:
    """From a network that is built, new or with a checkpoint's arrays to come, to results."""
    _print_start(run, arrays is not None)
    with _explain_failures(run.input, run.train, run.valid):
        if run.settings.self_check and arrays is None:
            for line in self_check.check_run(run, _metadata(run, 1.0)):
                _tell(f"check   {line}")
        with name_plainly(run.folder) as named:
            _listen(run, record, named)
            epochs.train_stages(run, arrays)
        return _finish(run, record)


def open_splits(settings: TrainSettings) -> tuple[DatasetSplit, DatasetSplit]:
    """The training and validation split, known to be of use together."""
    training = open_split(Path(settings.train), "train")
    check_two_moods(training)
    valid = open_split(Path(settings.valid or settings.train), "val")
    check_same_crop_settings(training, valid)
    check_no_shared_videos(training, valid)
    if not np.isin(valid.labels, training.labels).any():
        raise DataError(f"{valid.name} shows none of the moods of {training.name}; give another --valid")
    return training, valid


def learn_by_heart(settings: TrainSettings) -> dict[str, float]:
    """--overfit: no run's folder, nothing kept."""
    split = open_split(Path(settings.train), "train")
    check_two_moods(split)
    device = choose_device(settings.compute, settings.seed)
    input_settings = InputSettings(
        min(settings.batch_size, settings.overfit, split.records), settings.resolution, settings.window
    )
    check_input_settings(split, input_settings)
    with _explain_failures(input_settings, split):
        found = overfit(settings, input_settings, split, device)
    print(
        f"{min(settings.overfit, split.records)} pictures learnt in {found['epochs']} epochs: accuracy "
        f"{found['training_accuracy']:.2f} in training mode, {found['inference_accuracy']:.2f} in inference"
    )
    return found


def _choose_input(settings: TrainSettings, device: Device) -> InputSettings:
    augment = settings.augment if settings.augment is not None else device.kind == "gpu"
    names = ("batch_size", "resolution", "window", "flip", "frames_per_video", "shuffle_records")
    return InputSettings(augment=augment, **{name: getattr(settings, name) for name in names})


def _prepare(
    settings: TrainSettings,
    input_settings: InputSettings,
    folder: Path,
    training: DatasetSplit,
    valid: DatasetSplit,
    device: Device,
    progress: Progress,
) -> epochs.TrainingRun:
    if device.kind == "cpu" and progress.total_steps == 0 and settings.network.weights == "imagenet":
        _tell("note    on a CPU an epoch of millions of frames takes days; this is for a GPU")
    with device.scope():
        network = build_network(settings.network, settings.resolution)
    prior = estimate_prior(training.labels, training.videos)
    silence(network, prior)
    run = epochs.TrainingRun(
        folder, settings, input_settings, device, training, valid, network, prior, progress=progress
    )
    run.save_best = lambda predictions, row: write_model(
        folder / MODEL, network, run.offset, _metadata(run, fit_temperature(predictions, prior), row)
    )
    for stage in settings.stages:  # what cannot be done in a later stage is said now
        choose_trainable(network, stage.train_base, settings.network.from_scratch)
    if progress.total_steps:
        _recall_model(progress, folder / MODEL, settings.best)
    return run


def _recall_model(progress: Progress, path: Path, best: str) -> None:
    """What model.keras says of itself; where it is gone or damaged, no epoch is the best yet."""
    try:
        _recall_best(progress, read_metadata(path).trained, best)
    except (CallError, DataError) as error:
        if progress.best is not None:
            _tell(f"note    {word_error(error)}; it is written again, by a coming epoch or the last one")
        progress.best, progress.best_epoch = None, 0


def _recall_best(progress: Progress, trained: dict[str, Any], best: str) -> None:
    """The file may be newer than the checkpoint, and where steps cannot be repeated exactly, better than what comes."""
    if progress.best is None or trained[best] > progress.best:
        progress.best, progress.best_epoch = trained[best], trained["epoch"]


@contextmanager
def _explain_failures(input_settings: InputSettings, *splits: DatasetSplit) -> Iterator[None]:
    """What a user can change, in the place of what TensorFlow or JAX says of it."""
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error):
            raise CallError(
                f"the device's memory is too small for batches of {input_settings.batch_size} at "
                f"{input_settings.resolution} pixels; lower --batch_size or --resolution"
            ) from error
        explained = next((found for split in splits if (found := diagnose_read_error(split, error))), None)
        if explained is None:
            raise
        raise explained from error


def _listen(run: epochs.TrainingRun, record: dict[str, Any], folder: Path) -> None:
    """Say and write down what the stages and epochs report; `folder` is the run's, by a name that TensorBoard takes."""
    writer = _open_tensorboard(folder) if run.settings.tensorboard else None

    def before_stage(stage: Stage, model: keras.Model) -> None:
        if run.settings.measure_speed:
            alone = throughput.measure_model(model, run.opening.batches[0], run.input.batch_size)
            found = throughput.Speed(run.input_rate, alone, run.steps * run.input.batch_size)
            record.setdefault("speed", {})[stage.name] = found.as_dict()
            write_record(run.folder, record)
            _tell(f"speed   {stage.name}: {found.describe()}")

    def after_epoch(row: dict[str, Any]) -> None:
        _tell(
            f"epoch {row['epoch']:>3} ({row['stage']})  loss {row['loss']:.4f}  val_loss {row['val_loss']:.4f}  "
            f"macro-F1 {row['macro_f1']:.3f}  accuracy {row['val_accuracy']:.3f}  "
            f"{row['images_per_second']:,.0f} images/s, {row['waiting_share']:.1%} of it waiting for data"
        )
        for name, value in row.items() if writer else ():
            if isinstance(value, float):
                writer.add_scalar(name, value, row["epoch"])
        if writer:
            writer.flush()

    run.before_stage, run.after_epoch = before_stage, after_epoch


def _open_tensorboard(folder: Path) -> Any:
    from tensorboard.summary import Writer

    return Writer(str(folder / "tensorboard"))


def _finish(run: epochs.TrainingRun, record: dict[str, Any]) -> dict[str, Any]:
    """Evaluate model.keras itself, as it will be used; write metrics, plots, page and results."""
    if run.progress.best is None:  # it was lost after the last epoch: the weights as they are take its place
        run.save_best(epochs.predict(run), run.progress.history[-1])
    model, metadata = read_model(run.folder / MODEL, run.device.jit)
    logits = model.predict(make_validation_batches(run.valid, run.input), verbose=0)["logits"][: run.valid.records]
    predictions = Predictions(np.asarray(logits), run.valid.labels, run.valid.videos, run.valid.species)
    evaluation = evaluate(predictions, run.prior, metadata.temperature, run.settings.seed)
    metrics = {
        "model": MODEL,
        "chosen_by": run.settings.best,
        "best_epoch": metadata.trained["epoch"],
        "epochs": len(run.progress.history),
        "evaluation": evaluation,
    }
    with write_atomically(run.folder / METRICS) as file:
        file.write((json.dumps(metrics, ensure_ascii=False, indent=1) + "\n").encode())
    record["results"] = {
        "summary": evaluation["verdict"],
        "best_epoch": metadata.trained["epoch"],
        run.settings.best: metadata.trained[run.settings.best],
        "finished": _now(),
    }
    write_record(run.folder, record)
    write_run_report(run.folder)
    remove_run_leftovers(run.folder)
    print(f"{run.folder}: {record['results']['summary']}")
    return metrics


def _describe(run: epochs.TrainingRun, command: list[str], fingerprint: str) -> dict[str, Any]:
    """run.json: enough to run it again."""
    data = {
        name: {"path": split.name, "fingerprint": split.fingerprint, "records": split.records}
        | {"videos": len(split.video_names), "image_size": split.image_size}
        for name, split in (("train", run.train), ("valid", run.valid))
    }
    return {
        "command": command,
        "fingerprint": fingerprint,
        "settings": run.settings.content,
        "data": data,
        "pictures": run.sizes._asdict() | {"dct_method": DCT_METHOD},
        "versions": {"python": sys.version.split()[0]} | name_versions(),
        "device": run.device.describe(),
        "started": _now(),
    }


def _metadata(run: epochs.TrainingRun, temperature: float, row: dict[str, Any] | None = None) -> Metadata:
    """`row` is the history's of the epoch that the weights are of."""
    content = run.settings.content
    figures = {name: row[name] for name in ("epoch", "macro_f1", "val_accuracy")} if row else {}
    chosen = {name: content[name] for name in ("resolution", "imbalance", "weights", "train_base", "seed")}
    chosen["weights"] = chosen["weights"].encode(errors="backslashreplace").decode()  # a path may be no text
    return Metadata(
        temperature=temperature,
        image_size=run.sizes.whole,
        network_size=run.sizes.network,
        crop_grow=run.train.crop_grow,
        prior=run.prior.tolist(),
        dataset=run.train.fingerprint,
        backbone=run.settings.backbone,
        trained=chosen | figures,
    )


def _print_start(run: epochs.TrainingRun, goes_on: bool) -> None:
    device, progress = run.device, run.progress
    if goes_on:
        done = f"after {len(progress.history)} epochs and {progress.step} of {run.steps} steps"
        _tell(f"resume  {run.folder} goes on {done}")
    how = f"{device.count} × {device.name}" if device.count > 1 else device.name
    _tell(f"device  {device.kind} ({how}), {device.backend}, {device.policy}, XLA {'on' if device.jit else 'off'}")
    augmented = "augmented on the device" if run.input.augment else "random crop and mirroring only"
    _tell(
        f"data    {run.train.records:,} frames of {len(run.train.video_names):,} videos, validation "
        f"{run.valid.records:,} of {len(run.valid.video_names):,}; {run.steps:,} steps of {run.input.batch_size} "
        f"an epoch, {augmented}; the shuffle holds at most {estimate_shuffle_bytes(run.train, run.input) / 1e6:,.0f} MB"
    )
    sizes = run.sizes
    _tell(
        f"sizes   of the {sizes.stored} stored pixels, decoded to {sizes.whole} by {DCT_METHOD}, training sees "
        f"{sizes.window} at {sizes.resolution}, validation all at {sizes.network}"
    )
    videos = ", ".join(f"{e.korean} {share:.1%}" for e, share in zip(EMOTIONS, run.prior, strict=True))
    _tell(f"moods   by training video: {videos}; imbalance: {run.settings.imbalance}")
    if never := [e.korean for e, share in zip(EMOTIONS, run.prior, strict=True) if share == 0]:
        wrong = int((run.prior[run.valid.labels] == 0).sum())
        _tell(
            f"moods   without a training frame, so never answered: {', '.join(never)}; {wrong} of "
            f"{run.valid.records} validation frames show them, which count as wrong and are left out of val_loss"
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
