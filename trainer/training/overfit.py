"""Learn a few pictures by heart: the quickest proof that input, loss, gradients and optimizer work together."""

from collections.abc import Iterator

import keras
import numpy as np

from shards.errors import DataError
from trainer.input.dataset_split import DatasetSplit
from trainer.input.picture_sizes import PictureSizes
from trainer.input.pipeline import InputSettings, get_picture_sizes, read_example_pictures
from trainer.model.batchnorm_statistics import estimate_statistics
from trainer.model.network import bring, build_network, choose_trainable
from trainer.settings import TrainSettings
from trainer.training.device import Device
from trainer.training.loss import make_loss

_RATE = 2e-3
_EPOCHS = 200  # at most
_ENOUGH = 0.99  # of the pictures, in training mode


def overfit(
    settings: TrainSettings, input_settings: InputSettings, split: DatasetSplit, device: Device
) -> dict[str, float]:
    """Train on the first `settings.overfit` pictures, mood by mood, until they are known.

    Returns accuracy in training mode, in inference mode (BatchNormalization's statistics estimated anew when from
    scratch), and the epochs it took. Raises DataError where they could not be learnt.
    """
    pictures, labels = read_example_pictures(split, input_settings, min(settings.overfit, split.records))
    pictures = _cut_centre(pictures, get_picture_sizes(split, input_settings))
    batch = input_settings.batch_size
    with device.scope():
        network = build_network(settings.network, settings.resolution)
        choose_trainable(network, settings.train_base, settings.network.from_scratch)
        uniform = np.full(network.output_shape[-1], 1 / network.output_shape[-1])
        network.compile(
            keras.optimizers.Adam(_RATE),
            make_loss("none", uniform, 0.0),
            metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")],
            jit_compile=device.jit,
        )
    for epoch in range(1, _EPOCHS + 1):  # noqa: B007
        known = network.fit(pictures, labels, batch_size=batch, verbose=0).history["accuracy"][0]
        if known >= _ENOUGH:
            break
    else:
        raise DataError(
            f"{split.name}: {len(labels)} pictures were not learnt in {_EPOCHS} epochs (accuracy {known:.2f}); are the "
            "labels those of the pictures? python -m tools.show shows them"
        )
    if settings.network.from_scratch:
        estimate_statistics(network, _batches(pictures, labels, batch))
    answers = network.predict(pictures, batch_size=batch, verbose=0).argmax(axis=1)
    return {"training_accuracy": known, "inference_accuracy": float((answers == labels).mean()), "epochs": epoch}


def _cut_centre(pictures: np.ndarray, sizes: PictureSizes) -> np.ndarray:
    """The window in the middle, at the network's resolution, uint8."""
    start = (sizes.whole - sizes.window) // 2
    windows = pictures[:, start : start + sizes.window, start : start + sizes.window]
    return np.rint(keras.ops.convert_to_numpy(bring(windows, sizes.resolution))).astype(np.uint8)


def _batches(pictures: np.ndarray, labels: np.ndarray, batch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(labels), batch):
        yield pictures[start : start + batch], labels[start : start + batch]
