"""What a run prints while it trains, and what it writes of it to run.json and for TensorBoard."""

import sys
from pathlib import Path
from typing import Any

import keras

from trainer.checks import throughput
from trainer.run_files.file_names import TENSORBOARD_FOLDER
from trainer.run_files.run_record import write_record
from trainer.settings import Stage
from trainer.training.run_context import TrainingRun


def print_message(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def print_smaller_batch(wanted: int, used: int) -> None:
    """Print that batches are smaller than they were to be, where they are: an epoch has too few frames."""
    if used < wanted:
        print_message(f"batch   an epoch has fewer frames than the {wanted} of a batch: trains with batches of {used}")


def print_run_start(run: TrainingRun, resumed: bool) -> None:
    """Print what is trained, on what, and on which data."""
    device, progress = run.device, run.progress
    if resumed:
        done = f"after {len(progress.history)} epochs and {progress.step} of {run.steps} steps"
        print_message(f"resume  {run.folder} goes on {done}")
    how = f"{device.count} × {device.name}" if device.count > 1 else device.name
    print_message(
        f"device  {device.kind} ({how}), {device.backend}, {device.policy}, XLA {'on' if device.jit else 'off'}"
    )
    for line in run.describe_start():
        print_message(line)


class RunMessages:
    """Reports the speed at the start of each stage and the figures of each epoch."""

    def __init__(self, run: TrainingRun, record: dict[str, Any], folder: Path):
        """`record` is run.json; `folder` is the run's folder under a name that TensorBoard can open."""
        self.run, self.record = run, record
        self.writer = _open_tensorboard(folder) if run.settings.tensorboard else None

    def report_speed(self, stage: Stage, model: keras.Model) -> None:
        """Measure the input and this stage's compiled model, each alone; print both and add them to run.json."""
        run = self.run
        if not run.settings.measure_speed:
            return
        batch_size = run.input_settings.batch_size
        model_rate = throughput.measure_model(model, run.opening.batches[0], batch_size)
        speed = throughput.Speed(run.input_rate, model_rate, run.steps * batch_size)
        self.record.setdefault("speed", {})[stage.name] = speed.as_dict()
        write_record(run.folder, self.record)
        print_message(f"speed   {stage.name}: {speed.describe()}")

    def report_epoch(self, row: dict[str, Any]) -> None:
        """Print an epoch's figures, and give them to TensorBoard where it was asked for."""
        print_message(
            f"epoch {row['epoch']:>3} ({row['stage']})  loss {row['loss']:.4f}  val_loss {row['val_loss']:.4f}  "
            f"{self.run.describe_epoch(row)}  "
            f"{row['images_per_second']:,.0f} images/s, {row['waiting_share']:.1%} of it waiting for data"
        )
        if not self.writer:
            return
        for name, value in row.items():
            if isinstance(value, float):
                self.writer.add_scalar(name, value, row["epoch"])
        self.writer.flush()


def _open_tensorboard(folder: Path) -> Any:
    from tensorboard.summary import Writer  # an optional dependency

    return Writer(str(folder / TENSORBOARD_FOLDER))
