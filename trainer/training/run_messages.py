"""What a run prints while it trains, and what it writes of it to run.json and for TensorBoard."""

from pathlib import Path
from typing import Any

import keras

from console.output.ending import name_command, print_ending
from console.output.messages import print_message, print_result
from console.progress import show_waiting
from trainer.checks import throughput
from trainer.run_files.file_names import FINDER_FILE, REPORT_FILE
from trainer.run_files.run_record import write_record
from trainer.settings import Stage
from trainer.training.early_stopping import describe_two_figures
from trainer.training.run_context import TrainingRun
from trainer.training.tensorboard_events import TensorBoardEvents


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
    if run.hosts:
        own, count, share = (
            run.hosts.place + 1,
            run.hosts.count,
            len(run.part.choose_range(run.input_settings.batch_size)),
        )
        print_message(f"hosts   this is host {own} of {count}, with {share} frames of a batch")
    for line in (*run.describe_start(), *describe_two_figures(run.settings)):
        print_message(line)


def print_run_end(folder: Path, metrics: dict[str, Any], line: str) -> None:
    """Print what a finished run made, what it is worth and what to do with it. `metrics` is that of metrics.json."""
    print_result(line)
    model, evaluation = folder / metrics["model"], metrics["evaluation"]
    if model.name == FINDER_FILE:
        figures = {"AP at IoU 0.5": evaluation["ap50"], "mean IoU": evaluation["mean_iou"]}
        mood = ("--weight_path", "runs/NAME/model.keras", "--image", "FILE")
        following = name_command("trainer.inference", "--finder", model, *mood)
    else:
        equal = evaluation["frames"]["equal_priors"]
        figures = {"macro-F1": equal["macro_f1"], "accuracy": equal["accuracy"]}
        following = name_command("tools.serve", folder)
    told = [f"{name} {figure['value']:.3f}" for name, figure in figures.items() if figure["value"] is not None]
    told.append(f"from epoch {metrics['best_epoch']} of {metrics['epochs']}")
    print_ending([model, folder / REPORT_FILE], told, following)


class RunMessages:
    """Reports the speed at the start of each stage and the figures of each epoch."""

    def __init__(self, run: TrainingRun, record: dict[str, Any], folder: Path):
        """`record` is run.json; `folder` is the run's folder under a name that TensorBoard can open."""
        self.run, self.record = run, record
        content = run.settings.content
        self.events = TensorBoardEvents(folder, record["fingerprint"], content) if run.settings.tensorboard else None

    def report_speed(self, stage: Stage, model: keras.Model) -> None:
        """Measure the input and this stage's compiled model, each alone; print both and add them to run.json."""
        run = self.run
        if not run.settings.measure_speed:
            return
        batch_size = run.input_settings.batch_size
        with show_waiting(f"compiling {stage.name}'s model and measuring its speed"):
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
        if self.events:
            self.events.add_epoch(row)
            self.events.flush()

    def report_results(self, metrics: dict[str, Any]) -> None:
        """Give the plots of the finished run and some of its pictures to TensorBoard where it was asked for."""
        if not self.events:
            return
        epoch = metrics["best_epoch"]
        self.events.add_plots(self.run.folder, epoch)
        for tag, data in self.run.list_sample_pictures(metrics):
            self.events.add_picture(tag, data, epoch)
        self.events.flush()
