"""When a stage ends, by which figure, and what is said of it."""

import pytest

from shards.errors import CallError
from trainer.finder_settings import FinderSettings
from trainer.run_files.checkpoint import Progress
from trainer.settings import Stage, TrainSettings
from trainer.train import parse_train_settings
from trainer.training.early_stopping import (
    describe_stage_end,
    describe_two_figures,
    is_stage_over,
    note_stopping_figure,
)

TUNE = Stage("tune", "full", 4, 1e-3)
BY_LOSS = TrainSettings("a", stop="val_loss")


def follow(settings: TrainSettings, rows: list[dict], patience: int = 2) -> Progress:
    """The progress of a stage whose epochs have these figures."""
    progress = Progress()
    for row in rows:
        if is_stage_over(progress, TUNE, patience):
            break
        if progress.best is None or row["macro_f1"] > progress.best:
            progress.best, progress.best_epoch = row["macro_f1"], len(progress.history) + 1
        note_stopping_figure(progress, settings, row)
        progress.history.append(row)
        progress.start_epoch()
    return progress


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
    assert follow(BY_LOSS, [{"val_loss": loss, "macro_f1": 0.5} for loss in losses]).epoch == epochs
    assert follow(TrainSettings("a"), [{"val_loss": 1.0, "macro_f1": -loss} for loss in losses]).epoch == epochs


def test_a_new_stage_forgets_the_figures_of_the_last():
    progress = Progress(stage_best=-0.1, waited=2, epoch=3)
    progress.start_stage()
    note_stopping_figure(progress, BY_LOSS, {"val_loss": 5.0})
    assert (progress.stage_best, progress.waited) == (-5.0, 0)


# val_loss is lowest in the first epoch, while the macro-F1 rises to the last: as the demo's did.
PARTING = [{"val_loss": 1 + i / 10, "macro_f1": 0.3 + i / 10} for i in range(4)]


def test_one_figure_stops_and_chooses_unless_another_is_asked_for():
    assert (TrainSettings("a").stopping_figure, TrainSettings("a", best="val_accuracy").stopping_figure) == (
        "macro_f1",
        "val_accuracy",
    )
    assert (FinderSettings("a").stopping_figure, BY_LOSS.stopping_figure) == ("ap", "val_loss")
    assert parse_train_settings(["--train", "a", "--stop", "val_loss"]).stop == "val_loss"
    with pytest.raises(CallError, match="stop"):
        parse_train_settings(["--train", "a", "--stop", "loss"])
    assert describe_two_figures(TrainSettings("a")) == []
    [line] = describe_two_figures(BY_LOSS)
    assert "val_loss ends a stage and macro_f1 chooses the model" in line and "--stop best" in line

    assert follow(TrainSettings("a"), PARTING).epoch == 4
    stopped = follow(BY_LOSS, PARTING)
    assert stopped.epoch == 3
    assert describe_stage_end(stopped, TUNE, BY_LOSS, True) == (
        "stop    tune ends after 3 of 4 epochs: val_loss has not fallen below its lowest value in the last 2 epochs; "
        "but macro_f1, which chooses the model, was never higher: --stop best goes on"
    )


def test_what_is_said_at_the_end_of_a_stage():
    settings = TrainSettings("a")
    falling = follow(settings, [{"macro_f1": 0.5 - i / 10, "val_loss": 1.0} for i in range(4)])
    assert describe_stage_end(falling, TUNE, settings, True) == (
        "stop    tune ends after 3 of 4 epochs: macro_f1 has not risen above its highest value in the last 2 epochs"
    )
    rising = follow(settings, PARTING)
    assert describe_stage_end(rising, TUNE, settings, True) == (
        "warning macro_f1 was highest in the last epoch, 4: it may rise further; give more --epochs"
    )
    assert describe_stage_end(rising, TUNE, settings, False) is None  # another stage follows
    ended = follow(settings, [{"macro_f1": f1, "val_loss": 1.0} for f1 in (0.1, 0.2, 0.3, 0.25)])
    assert describe_stage_end(ended, TUNE, settings, True) is None
