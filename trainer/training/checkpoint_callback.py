"""What happens after each step: progress is counted, every few steps a checkpoint is written, and Ctrl-C stops."""

import keras
import numpy as np

from console.progress import show_progress
from trainer.input.dataset_change import check_not_replaced
from trainer.run_files.checkpoint import write_checkpoint
from trainer.training.interruption import Interruption
from trainer.training.run_context import TrainingRun


class CheckpointCallback(keras.callbacks.Callback):
    """Keras callback for one epoch, or for the rest of an epoch that is continued."""

    def __init__(self, run: TrainingRun, model: keras.Model, interruption: Interruption, title: str):
        super().__init__()
        self.run, self.interruption = run, interruption
        self.bar = show_progress(run.steps, "step", title=title, done=run.progress.step)
        # fit sets the metrics' running means to zero when it starts. In an epoch that is continued they are put back,
        # so that they count the steps before the stop too.
        self.means = [np.array(variable) for variable in model.metrics_variables] if run.progress.step else []

    def on_epoch_begin(self, epoch, logs=None):
        for variable, value in zip(self.model.metrics_variables, self.means, strict=False):
            variable.assign(value)

    def on_train_batch_begin(self, batch, logs=None):
        # Counts the step before. With on_train_batch_end, Keras would wait for the figures of every step, and the
        # device would be idle meanwhile.
        if batch:
            self.finish_step()
        if self.run.hosts:
            self.run.hosts.stop_wanted = self.interruption.requested

    def on_epoch_end(self, epoch, logs=None):
        self.finish_step()
        self.bar.set_postfix({name: f"{value:.3f}" for name, value in (logs or {}).items()})

    def finish_step(self) -> None:
        """Count a step whose results can be read; write a checkpoint where it is time, and stop where that was asked.

        Raises KeyboardInterrupt to stop.
        """
        progress = self.run.progress
        progress.step, progress.total_steps = progress.step + 1, progress.total_steps + 1
        self.bar.update()
        hosts = self.run.hosts  # several stop after the same step
        is_over = hosts.stop_agreed if hosts else self.interruption.requested
        if self.run.writes and (is_over or progress.total_steps % self.run.settings.checkpoint_steps == 0):
            check_not_replaced(self.run.training)
            write_checkpoint(self.run.folder, self.model, progress)
        if is_over:
            at = f"epoch {len(progress.history) + 1}, step {progress.step} of {self.run.steps}"
            raise KeyboardInterrupt(f"stopped after {at}; run the same command again to go on from there")
