"""What a run prints while it trains, and what it writes of it to run.json and for TensorBoard."""

import sys
from pathlib import Path
from typing import Any

import keras

from shards.emotions import EMOTIONS
from trainer.checks import throughput
from trainer.input.batch_decoding import DCT_METHOD
from trainer.input.pipeline import estimate_shuffle_bytes
from trainer.run_files.file_names import TENSORBOARD_FOLDER
from trainer.run_files.run_record import write_record
from trainer.settings import Stage
from trainer.training.run_context import TrainingRun


def print_message(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def print_run_start(run: TrainingRun, resumed: bool) -> None:
    """Print what is trained, on what, and on which data."""
    device, progress, sizes = run.device, run.progress, run.sizes
    training, validation = run.training, run.validation
    if resumed:
        done = f"after {len(progress.history)} epochs and {progress.step} of {run.steps} steps"
        print_message(f"resume  {run.folder} goes on {done}")
    how = f"{device.count} × {device.name}" if device.count > 1 else device.name
    print_message(
        f"device  {device.kind} ({how}), {device.backend}, {device.policy}, XLA {'on' if device.jit else 'off'}"
    )
    augmented = "augmented on the device" if run.input_settings.augment else "random crop and mirroring only"
    print_message(
        f"data    {training.records:,} frames of {len(training.video_names):,} videos, validation "
        f"{validation.records:,} of {len(validation.video_names):,}; {run.steps:,} steps of "
        f"{run.input_settings.batch_size} an epoch, {augmented}; the shuffle holds at most "
        f"{estimate_shuffle_bytes(training, run.input_settings) / 1e6:,.0f} MB"
    )
    print_message(
        f"sizes   of the {sizes.stored} stored pixels, decoded to {sizes.whole} by {DCT_METHOD}, training sees "
        f"{sizes.window} at {sizes.resolution}, validation all at {sizes.network}"
    )
    _print_moods(run)


def _print_moods(run: TrainingRun) -> None:
    videos = ", ".join(f"{e.korean} {share:.1%}" for e, share in zip(EMOTIONS, run.prior, strict=True))
    print_message(f"moods   by training video: {videos}; imbalance: {run.settings.imbalance}")
    if absent := [e.korean for e, share in zip(EMOTIONS, run.prior, strict=True) if share == 0]:
        wrong = int((run.prior[run.validation.labels] == 0).sum())
        print_message(
            f"moods   without a training frame, so never answered: {', '.join(absent)}; {wrong} of "
            f"{run.validation.records} validation frames show them, which count as wrong and are left out of val_loss"
        )


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
            f"macro-F1 {row['macro_f1']:.3f}  accuracy {row['val_accuracy']:.3f}  "
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
