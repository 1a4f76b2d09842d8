"""--overfit: learn a few pictures by heart, the quickest proof that input, loss and optimizer work together."""

from collections.abc import Iterator

import keras
import numpy as np

from console.output.counted_nouns import format_count
from console.output.ending import name_command, print_ending
from console.output.messages import print_result
from console.progress import show_waiting
from shards.errors import DataError
from trainer.input.dataset_split import DatasetSplit, check_two_moods, open_split
from trainer.input.picture_sizes import PictureSizes
from trainer.input.pipeline import check_input_settings, get_picture_sizes, read_example_pictures
from trainer.input.shard_cache import open_data
from trainer.model.batchnorm_statistics import estimate_statistics
from trainer.model.network import build_network, resize_pictures
from trainer.model.trainable_layers import choose_trainable
from trainer.mood_training.loss import make_loss
from trainer.settings import InputSettings, TrainSettings
from trainer.training.device import Device, choose_device
from trainer.training.failure_messages import explain_failures

_RATE = 2e-3
_MAX_EPOCHS = 200
_LEARNT_SHARE = 0.99  # of the pictures, in training mode: enough to stop


def check_by_overfitting(settings: TrainSettings) -> dict[str, float]:
    """Overfit on pictures of the training split and print how it went; writes no files. Returns what `overfit` does.

    Raises CallError and DataError, one line each, for what the user can change.
    """
    split = open_split(open_data(settings.train, settings), "train")
    check_two_moods(split)
    device = choose_device(settings.device_settings, settings.seed)
    pictures = min(settings.overfit, split.records)
    input_settings = InputSettings(
        batch_size=min(settings.batch_size, pictures), resolution=settings.resolution, window=settings.window
    )
    check_input_settings(split, input_settings)
    with show_waiting("learning the pictures by heart"), explain_failures(input_settings, split):
        found = overfit(settings, input_settings, split, device)
    print_result(
        f"{format_count(pictures, 'picture')} learnt in {format_count(found['epochs'], 'epoch')}: accuracy "
        f"{found['training_accuracy']:.2f} in training mode, {found['inference_accuracy']:.2f} in inference"
    )
    figures = (
        f"{format_count(pictures, 'picture')} learnt",
        format_count(found["epochs"], "epoch"),
        f"accuracy {found['inference_accuracy']:.2f}",
    )
    print_ending([], figures, name_command("trainer.train", "--train", settings.train))
    return found


def overfit(
    settings: TrainSettings, input_settings: InputSettings, split: DatasetSplit, device: Device
) -> dict[str, float]:
    """Train on `settings.overfit` pictures, as many of each mood as there are, until they are learnt.

    Returns the accuracy in training mode, the accuracy in inference mode (from scratch with BatchNormalization's
    statistics estimated anew), and the epochs that were needed. Raises DataError where the pictures are not learnt.
    """
    pictures, labels = read_example_pictures(split, input_settings, min(settings.overfit, split.records))
    pictures = _cut_centre(pictures, get_picture_sizes(split, input_settings))
    batch = input_settings.batch_size
    network = _compile_network(settings, device)
    for epoch in range(1, _MAX_EPOCHS + 1):  # noqa: B007
        known = network.fit(pictures, labels, batch_size=batch, verbose=0).history["accuracy"][0]
        if known >= _LEARNT_SHARE:
            break
    else:
        raise DataError(
            f"{split.name}: {len(labels)} pictures were not learnt in {_MAX_EPOCHS} epochs (accuracy {known:.2f}); are "
            "the labels those of the pictures? python -m tools.show shows them"
        )
    if settings.network_settings.from_scratch:
        estimate_statistics(network, _batches(pictures, labels, batch))
    answers = network.predict(pictures, batch_size=batch, verbose=0).argmax(axis=1)
    return {"training_accuracy": known, "inference_accuracy": float((answers == labels).mean()), "epochs": epoch}


def _compile_network(settings: TrainSettings, device: Device) -> keras.Model:
    with device.scope():
        network = build_network(settings.network_settings, settings.resolution)
        choose_trainable(network, settings.train_base, settings.network_settings.from_scratch)
        moods = network.output_shape[-1]
        network.compile(
            keras.optimizers.Adam(_RATE),
            make_loss("none", np.full(moods, 1 / moods), 0.0),
            metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")],
            jit_compile=device.jit,
        )
    return network


def _cut_centre(pictures: np.ndarray, sizes: PictureSizes) -> np.ndarray:
    """The window in the middle of each picture, resized to the network's resolution, uint8."""
    start = (sizes.whole - sizes.window) // 2
    windows = pictures[:, start : start + sizes.window, start : start + sizes.window]
    return np.rint(keras.ops.convert_to_numpy(resize_pictures(windows, sizes.resolution))).astype(np.uint8)


def _batches(pictures: np.ndarray, labels: np.ndarray, batch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(labels), batch):
        yield pictures[start : start + batch], labels[start : start + batch]
