"""Which epoch's model is kept: the model file is that of the epoch with the best validation figure, --best."""

from collections.abc import Callable
from typing import Any

from console.output.messages import print_message
from shards.errors import CallError, DataError, describe_error
from trainer.run_files.checkpoint import Progress
from trainer.training.run_context import TrainingRun


def save_if_best(run: TrainingRun, answers: Any, row: dict[str, Any]) -> None:
    """Write the model file if the epoch is better than all before it. `row` holds the epoch's figures."""
    progress, figure = run.progress, row[run.settings.best]
    if progress.best is None or figure > progress.best:
        progress.best, progress.best_epoch = figure, row["epoch"]
        if run.writes:
            run.save(answers, row)


def recall_best(progress: Progress, read_trained: Callable[[], dict[str, Any]], best: str) -> None:
    """Take the best figure so far from the model file itself, in a run that is continued.

    The file may be of a later epoch than the checkpoint. Where the file is gone or damaged, no epoch is the best yet.

    Args:
        progress: is changed.
        read_trained: gives the figures that the file states of its epoch; raises CallError or DataError.
        best: the name of the figure that chooses the model.
    """
    try:
        _update_best(progress, read_trained(), best)
    except (CallError, DataError) as error:
        if progress.best is not None:
            print_message(f"note    {describe_error(error)}; it is written again, by a coming epoch or the last one")
        progress.best, progress.best_epoch = None, 0


def _update_best(progress: Progress, trained: dict[str, Any], best: str) -> None:
    """Where steps cannot be repeated exactly, the file may also be better than the epochs that are trained again."""
    if progress.best is None or trained[best] > progress.best:
        progress.best, progress.best_epoch = trained[best], trained["epoch"]
