"""When a stage ends."""

import pytest

from trainer.run_files.checkpoint import Progress
from trainer.settings import Stage
from trainer.training.early_stopping import is_stage_over, note_validation_loss


@pytest.mark.parametrize(
    ("losses", "epochs"),
    [
        ([3.0, 2.0, 1.0, 0.5, 0.4], 4),  # the stage has four epochs
        ([1.0, 2.0, 1.5, 0.5], 3),  # two epochs without a lower loss
        ([1.0, 1.0, 1.0], 3),  # an equal loss is not lower
        ([2.0, 3.0, 1.0, 1.5, 1.2], 4),  # the count starts again at 1.0
    ],
)
def test_after_its_epochs_or_its_patience(losses, epochs):
    progress, stage = Progress(), Stage("tune", "full", 4, 1e-3)
    for loss in losses:
        if is_stage_over(progress, stage, patience=2):
            break
        note_validation_loss(progress, loss)
        progress.start_epoch()
    assert progress.epoch == epochs


def test_a_new_stage_forgets_the_losses_of_the_last():
    progress = Progress(lowest_loss=0.1, waited=2, epoch=3)
    progress.start_stage()
    note_validation_loss(progress, 5.0)
    assert (progress.lowest_loss, progress.waited) == (5.0, 0)
