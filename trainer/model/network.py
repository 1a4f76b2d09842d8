"""The network: a backbone and a classification head for the six moods.

    uint8 pictures -> Rescaling to the range that the backbone expects -> backbone
        -> GlobalAveragePooling2D -> BatchNormalization -> Dropout -> Dense

It consists of Keras' own layers, so that every backend runs it and its file loads without this package.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from shards.emotions import EMOTIONS
from trainer.model.backbones import SCRATCH_MOMENTUM, build_backbone
from trainer.settings import NetworkSettings

POOL_LAYER = "pool"  # whose output is the features of a picture
# Bias of a mood that training never shows: its probability is exactly 0 at every temperature, and float16 can hold it.
_ABSENT_BIAS = -1e4


def build_network(settings: NetworkSettings, resolution: int) -> keras.Model:
    """The network as a functional model: (batch, resolution, resolution, 3) uint8 -> (batch, 6) float32 logits.

    Its layers compute in the current dtype policy; the last Dense, whose weights start at zero, computes in float32.
    Raises CallError where the backbone is unknown or its weights cannot be had.
    """
    backbone, scale, offset = build_backbone(settings)
    momentum = SCRATCH_MOMENTUM if settings.from_scratch else 0.99  # Keras' default
    pictures = keras.Input((resolution, resolution, 3), dtype="uint8", name="pictures")
    x = backbone(layers.Rescaling(scale, offset, name="scale")(pictures))
    x = layers.GlobalAveragePooling2D(name=POOL_LAYER)(x)
    x = layers.BatchNormalization(momentum=momentum, name="normalize")(x)
    if settings.dropout:
        x = layers.Dropout(settings.dropout, name="dropout")(x)
    logits = layers.Dense(len(EMOTIONS), kernel_initializer="zeros", dtype="float32", name="mood")(x)
    return keras.Model(pictures, logits, name="pet_mood")


def find_backbone(network: keras.Model) -> keras.Model:
    return next(layer for layer in network.layers if isinstance(layer, keras.Model))


def rule_out_absent_moods(network: keras.Model, prior: np.ndarray) -> None:
    """Give moods whose prior (6,) is 0 a probability of 0, by the last bias; training does not change it.

    Call it on a new network. The loss leaves these moods out of every target, so their gradient is 0.
    """
    bias = network.layers[-1].bias
    bias.assign(np.where(prior > 0, bias, _ABSENT_BIAS))


def apply_network(network: keras.Model, pictures: Any, frozen_backbone: bool = False) -> Any:
    """Logits (batch, 6) of the network's layers for other pictures than its own input: of another size or dtype.

    With `frozen_backbone` the backbone runs in inference mode even while the head is trained.
    """
    return apply_head(network, apply_trunk(network, pictures, frozen_backbone))


def apply_trunk(network: keras.Model, pictures: Any, frozen_backbone: bool = False) -> Any:
    """Features (batch, width) of such pictures: the network's layers up to the pooling of the backbone's map."""
    x = pictures
    for layer in network.layers[1 : _find_head(network)]:
        x = InferenceMode(layer)(x) if frozen_backbone and layer is find_backbone(network) else layer(x)
    return x


def apply_head(network: keras.Model, features: Any) -> Any:
    """Logits (batch, 6) of the layers behind the pooling."""
    x = features
    for layer in network.layers[_find_head(network) :]:
        x = layer(x)
    return x


def _find_head(network: keras.Model) -> int:
    """The place of the first layer behind the pooling."""
    return [layer.name for layer in network.layers].index(POOL_LAYER) + 1


def resize_pictures(pictures: Any, side: int) -> Any:
    """Square pictures (batch, any side, any side, 3) at another side, as float32; unchanged if they have it already."""
    return pictures if pictures.shape[1] == side else BilinearResize(side, dtype="float32")(pictures)


class BilinearResize(layers.Layer):
    """Resizes to float32 as the Resizing layer in a model file does: bilinear, half-pixel centres.

    Resizing itself is no choice during training: it passes its own idea of `training` on to the layers behind it.
    """

    def __init__(self, side: int, **options: Any):
        super().__init__(**options)
        self.side = side

    def call(self, pictures):
        size = (self.side, self.side)
        return ops.image.resize(ops.cast(pictures, "float32"), size, "bilinear", data_format="channels_last")


class InferenceMode(layers.Layer):
    """Runs a layer in inference mode, whatever mode the model around it is in.

    Calling layer(x, training=False) while a functional model is built does not do it: fit's training=True overrides it.
    """

    def __init__(self, layer: layers.Layer):
        super().__init__(dtype=layer.dtype_policy)
        self.layer = layer

    def call(self, x):
        return self.layer(x, training=False)
