"""--overfit of a finder: learn the boxes of a few frames by heart, the quickest proof that all parts work together."""

from dataclasses import replace

import keras
import numpy as np

from console.output.counted_nouns import format_count
from console.output.ending import name_command, print_ending
from console.output.messages import print_result
from console.progress import show_waiting
from shards.errors import DataError
from trainer.finder_evaluation.box_precision import compare_boxes
from trainer.finder_settings import FinderInputSettings, FinderSettings
from trainer.finder_training.centre_loss import make_centre_loss
from trainer.finder_training.frame_models import build_frame_training_model, build_frame_validation_model
from trainer.finding.centre_network import build_centre_network
from trainer.input.frame_batches import make_frame_batches
from trainer.input.frame_split import FrameSplit, open_frame_split
from trainer.input.shard_cache import open_data
from trainer.model.batchnorm_statistics import estimate_statistics
from trainer.training.device import choose_device
from trainer.training.failure_messages import explain_failures

_RATE = 2e-3
_EPOCHS = 10  # after which the boxes are looked at
_MOST_ROUNDS = 30
_LEARNT_OVERLAP = 0.75  # mean IoU of the best box: cells of 8 pixels, so boxes of few pixels are never exact


def check_finder_by_overfitting(settings: FinderSettings) -> dict[str, float]:
    """Learn the boxes of `settings.overfit` training frames, as validation shows them, and print how it went.

    Writes no files. Returns the mean IoU of the best box in inference and the epochs that were needed. Raises DataError
    where the boxes are not learnt, and CallError and DataError for what the user can change.
    """
    split = open_frame_split(open_data(settings.train, settings), "train")
    device = choose_device(settings.device_settings, settings.seed)
    frames = min(settings.overfit, split.records)
    input_settings = replace(settings.frame_settings, batch_size=min(settings.batch_size, frames), augment=False)
    with show_waiting("learning the boxes by heart"), explain_failures(input_settings, split), device.scope():
        inputs, targets = _read_frames(split, input_settings, settings.seed, frames)
        network = build_centre_network(settings.network_settings, input_settings.resolution)
        training = build_frame_training_model(network, input_settings.resolution, augment=False)
        training.compile(
            keras.optimizers.Adam(_RATE), make_centre_loss(input_settings.resolution), jit_compile=device.jit
        )
        finding = build_frame_validation_model(network, input_settings.resolution)
        finding.compile(jit_compile=device.jit)
        batch = input_settings.batch_size
        for epochs in range(_EPOCHS, _EPOCHS * _MOST_ROUNDS + 1, _EPOCHS):  # noqa: B007
            training.fit(inputs, targets, batch_size=batch, epochs=_EPOCHS, verbose=0)
            if settings.network_settings.from_scratch:
                parts = range(0, len(targets), batch)
                estimate_statistics(training, (([each[i : i + batch] for each in inputs],) for i in parts))
            boxes = finding.predict([*inputs[:2], targets], batch_size=batch, verbose=0)["boxes"]
            overlaps = compare_boxes(boxes * input_settings.resolution, targets[:, :4])[:, 0]
            if overlaps.mean() >= _LEARNT_OVERLAP:
                break
        else:
            raise DataError(
                f"{split.name}: the boxes of {len(targets)} frames were not learnt in {epochs} epochs (mean IoU "
                f"{overlaps.mean():.2f}); do the boxes lie around the animals? "
                f"python -m tools.dataset_report {settings.train} shows some"
            )
    found = {"mean_iou": float(overlaps.mean()), "epochs": epochs}
    print_result(
        f"{format_count(len(targets), 'frame')} learnt in {format_count(epochs, 'epoch')}: mean IoU "
        f"{found['mean_iou']:.2f} in inference"
    )
    figures = (format_count(len(targets), "frame"), format_count(epochs, "epoch"), f"mean IoU {found['mean_iou']:.2f}")
    print_ending([], figures, name_command("trainer.train_finder", "--train", settings.train))
    return found


def _read_frames(
    split: FrameSplit, settings: FinderInputSettings, seed: int, frames: int
) -> tuple[list[np.ndarray], np.ndarray]:
    """Inputs and targets of the first frames of an epoch, as many whole batches as hold them."""
    count = -(-frames // settings.batch_size)
    batches = make_frame_batches(split, settings, seed, 0).take(count).as_numpy_iterator()
    inputs, targets = zip(*batches, strict=True)
    return [np.concatenate(each) for each in zip(*inputs, strict=True)], np.concatenate(targets)
