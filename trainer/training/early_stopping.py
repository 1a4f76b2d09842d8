"""When a stage of training ends: after its last epoch, or when a figure has not improved for `patience` epochs."""

from typing import Any

from console.output.counted_nouns import format_count
from trainer.run_files.checkpoint import Progress
from trainer.settings import RunSettings, Stage


def is_stage_over(progress: Progress, stage: Stage, patience: int) -> bool:
    return progress.epoch >= stage.epochs or progress.waited >= patience


def note_stopping_figure(progress: Progress, settings: RunSettings, row: dict[str, Any]) -> None:
    """Count the epochs since the stage's best value of the figure that stops it; `row` holds the epoch's figures."""
    name = settings.stopping_figure
    value = -row[name] if name == "val_loss" else row[name]
    if progress.stage_best is None or value > progress.stage_best:
        progress.stage_best, progress.waited = value, 0
    else:
        progress.waited += 1


def describe_two_figures(settings: RunSettings) -> list[str]:
    """A line where one figure stops a stage and another chooses the model, before training."""
    if settings.stopping_figure == settings.best:
        return []
    return [
        f"warning {settings.stopping_figure} ends a stage and {settings.best} chooses the model, as you asked: a stage "
        f"may end while {settings.best} still rises; --stop best goes by one figure"
    ]


def describe_stage_end(progress: Progress, stage: Stage, settings: RunSettings, is_last: bool) -> str | None:
    """Why a stage ended as it did, and what to do where it ended too early; None where there is nothing to say."""
    last, name = len(progress.history), settings.stopping_figure
    rising = progress.best_epoch == last
    if progress.epoch < stage.epochs:
        way = "fallen below its lowest value" if name == "val_loss" else "risen above its highest value"
        waited = format_count(progress.waited, "epoch")
        done = f"{stage.name} ends after {progress.epoch} of {stage.epochs} epochs"
        ended = f"stop    {done}: {name} has not {way} in the last {waited}"
        if not rising:
            return ended
        return f"{ended}; but {settings.best}, which chooses the model, was never higher: --stop best goes on"
    if rising and is_last and stage.epochs > 1:
        return f"warning {settings.best} was highest in the last epoch, {last}: it may rise further; give more --epochs"
    return None
