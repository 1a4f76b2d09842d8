"""When a stage of training ends: after its last epoch, or when val_loss has not improved for `patience` epochs."""

from trainer.run_files.checkpoint import Progress
from trainer.settings import Stage


def is_stage_over(progress: Progress, stage: Stage, patience: int) -> bool:
    return progress.epoch >= stage.epochs or progress.waited >= patience


def note_validation_loss(progress: Progress, val_loss: float) -> None:
    """Count the epochs since the lowest val_loss of the stage."""
    if progress.lowest_loss is None or val_loss < progress.lowest_loss:
        progress.lowest_loss, progress.waited = val_loss, 0
    else:
        progress.waited += 1
