"""Which epoch's model is kept in a run that was killed."""

from trainer.run_files.checkpoint import Progress
from trainer.training import best_model


def test_the_best_model_of_a_killed_attempt_counts():
    """model.keras may be of an epoch that the last checkpoint does not know of."""
    progress = Progress(best=0.2, best_epoch=1)
    best_model._update_best(progress, {"epoch": 2, "macro_f1": 0.5, "val_accuracy": 0.1}, "macro_f1")
    assert (progress.best, progress.best_epoch) == (0.5, 2)
    best_model._update_best(progress, {"epoch": 1, "macro_f1": 0.4, "val_accuracy": 0.9}, "macro_f1")
    assert (progress.best, progress.best_epoch) == (0.5, 2)
