"""Which epoch's model is kept: model.keras is that of the epoch with the best validation figure, --best."""

from pathlib import Path
from typing import Any

from shards.errors import CallError, DataError, describe_error
from trainer.evaluation.metrics import Predictions, fit_temperature
from trainer.model.model_file import write_model
from trainer.model.mood_json import Metadata, read_metadata
from trainer.run_files.checkpoint import Progress
from trainer.run_files.file_names import MODEL_FILE
from trainer.training.run_context import TrainingRun
from trainer.training.run_messages import print_message


def save_if_best(run: TrainingRun, predictions: Predictions, row: dict[str, Any]) -> None:
    """Write model.keras if the epoch is better than all before it. `row` holds the epoch's figures."""
    progress, figure = run.progress, row[run.settings.best]
    if progress.best is None or figure > progress.best:
        progress.best, progress.best_epoch = figure, row["epoch"]
        save_model(run, predictions, row)


def save_model(run: TrainingRun, predictions: Predictions, row: dict[str, Any]) -> None:
    """Write the network as it is to model.keras, with a temperature fitted to its validation predictions."""
    metadata = describe_model(run, fit_temperature(predictions, run.prior), row)
    write_model(run.folder / MODEL_FILE, run.network, run.offset, metadata)


def recall_best(progress: Progress, path: Path, best: str) -> None:
    """Take the best figure so far from the model file itself, in a run that is continued.

    The file may be of a later epoch than the checkpoint. Where the file is gone or damaged, no epoch is the best yet.
    """
    try:
        _update_best(progress, read_metadata(path).trained, best)
    except (CallError, DataError) as error:
        if progress.best is not None:
            print_message(f"note    {describe_error(error)}; it is written again, by a coming epoch or the last one")
        progress.best, progress.best_epoch = None, 0


def describe_model(run: TrainingRun, temperature: float, row: dict[str, Any] | None = None) -> Metadata:
    """The metadata of the network as a model file. `row` holds the figures of the epoch that the weights are from."""
    content = run.settings.content
    figures = {name: row[name] for name in ("epoch", "macro_f1", "val_accuracy")} if row else {}
    chosen = {name: content[name] for name in ("resolution", "imbalance", "weights", "train_base", "seed")}
    chosen["weights"] = chosen["weights"].encode(errors="backslashreplace").decode()  # a path may be no valid text
    return Metadata(
        temperature=temperature,
        image_size=run.sizes.whole,
        network_size=run.sizes.network,
        crop_grow=run.training.crop_grow,
        prior=run.prior.tolist(),
        dataset=run.training.fingerprint,
        backbone=run.settings.backbone,
        trained=chosen | figures,
    )


def _update_best(progress: Progress, trained: dict[str, Any], best: str) -> None:
    """Where steps cannot be repeated exactly, the file may also be better than the epochs that are trained again."""
    if progress.best is None or trained[best] > progress.best:
        progress.best, progress.best_epoch = trained[best], trained["epoch"]
