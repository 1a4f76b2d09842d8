"""BatchNormalization's moving statistics, estimated from batches for the weights as they are now.

When training from scratch the weights change fast and the moving averages lag behind, so that inference is wrong for
the first hundreds of steps. Here each statistic is the plain mean over some batches, as in "precise BatchNorm" (Wu &
Johnson 2021, "Rethinking 'Batch' in BatchNorm").
"""

from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np

from trainer.model.model_copy import flatten_layers

STATISTICS_BATCHES = 16  # give a good estimate


def estimate_statistics(network: keras.Model, batches: Iterable, part: slice = slice(None)) -> None:
    """Set the moving mean and variance of each trainable BatchNormalization to their mean over the batches.

    `batches` gives (pictures, labels) or ((pictures, numbers), labels); only the pictures are used, of each batch a
    `part`.
    """
    layers = [layer for layer in flatten_layers(network) if isinstance(layer, keras.layers.BatchNormalization)]
    layers = [layer for layer in layers if layer.trainable]
    sums = [np.zeros((2, *layer.moving_mean.shape)) for layer in layers]
    used = 0
    for pictures in _iterate_pictures(batches):
        for layer in layers:  # a pass that starts at zero leaves (1 - momentum) times the batch's own statistics
            layer.moving_mean.assign(np.zeros(layer.moving_mean.shape))
            layer.moving_variance.assign(np.zeros(layer.moving_mean.shape))
        network(pictures if part == slice(None) else pictures[part], training=True)
        for layer, total in zip(layers, sums, strict=True):
            left = np.stack([np.array(layer.moving_mean), np.array(layer.moving_variance)])
            total += left / (1 - layer.momentum)
        used += 1
    for layer, total in zip(layers, sums, strict=True):
        layer.moving_mean.assign(total[0] / used)
        layer.moving_variance.assign(total[1] / used)


def _iterate_pictures(batches: Iterable) -> Iterator[Any]:
    for images, *_ in batches:
        yield images[0] if isinstance(images, tuple) else images
