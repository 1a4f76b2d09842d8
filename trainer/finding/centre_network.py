"""Our own finder's network: a heat map of animals' centres, anchor-free, on the first blocks of a backbone.

    pictures 0..255 -> Rescaling -> the backbone's blocks at 1/8 and 1/16 of the side -> one halving more
        -> back up to 1/8, adding what was on the way down -> heads: heat of dog and cat, size, offset

As in CenterNet (Zhou et al. 2019, "Objects as Points"), a pet is a peak of the heat map, and what its cell says of size
and offset is its box. It consists of Keras' own layers, as trainer.model.network does.
"""

import math
from typing import Any

import keras
from keras import layers

from shards.errors import CallError
from trainer.finding.found_pet import SPECIES
from trainer.model.backbones import SCRATCH_MOMENTUM, build_backbone
from trainer.settings import NetworkSettings

STRIDE = 8  # pixels of a cell of the heat map
HEAD_VALUES = len(SPECIES) + 4  # of a cell: heat of each species, size y and x, offset y and x

_WIDTH = 64  # channels between backbone and heads
_PROBE_SIDE = 256  # at which the backbone's strides are looked up
_FIRST_HEAT = 0.01  # probability of a centre in a cell before training, as in focal loss (Lin et al. 2017)


def build_centre_network(settings: NetworkSettings, resolution: int) -> keras.Model:
    """The network as a functional model, in the current dtype policy but for its outputs, which are float32.

    Pictures (batch, resolution, resolution, 3) in 0..255 -> (batch, resolution / 8, resolution / 8, HEAD_VALUES): for
    each cell the logits of the heat of SPECIES, and size and offset as trainer.finding.centre_decoding reads them.
    `resolution` is a multiple of 32.

    Raises CallError where the backbone is unknown, has no blocks of the right sizes, or its weights cannot be had.
    """
    whole, scale, offset = build_backbone(settings)
    block = _Block(SCRATCH_MOMENTUM if settings.from_scratch else 0.99)  # 0.99 is Keras' default
    pictures = keras.Input((resolution, resolution, 3), dtype="float32", name="pictures")
    backbone = _cut_backbone(whole, settings.backbone)
    eighth, sixteenth = backbone(layers.Rescaling(scale, offset, name="scale")(pictures))
    sixteenth = block.project(sixteenth, "sixteenth")
    # Kernels of 5 at 1/32 see 288 pixels around: a pet that fills the picture has its centre far from its edges.
    lowest = block.mix(sixteenth, "lowest_1", strides=2)
    lowest = layers.Add(name="lowest")([lowest, block.mix(lowest, "lowest_2")])
    x = block.mix(_add_enlarged(sixteenth, lowest, "sixteenth"), "sixteenth_mix")
    x = block.mix(_add_enlarged(block.project(eighth, "eighth"), x, "eighth"), "eighth_mix")
    bias = keras.initializers.Constant(math.log(_FIRST_HEAT / (1 - _FIRST_HEAT)))
    heat = layers.Conv2D(len(SPECIES), 1, bias_initializer=bias, dtype="float32", name="heat")
    sizes = layers.Conv2D(2, 1, dtype="float32", name="size")
    offsets = layers.Conv2D(2, 1, dtype="float32", name="offset")
    of_heat, of_box = block.mix(x, "heat_mix"), block.mix(x, "box_mix")
    heads = layers.Concatenate(dtype="float32", name="heads")([heat(of_heat), sizes(of_box), offsets(of_box)])
    return keras.Model(pictures, heads, name="pet_finder")


class _Block:
    """The convolutions behind the backbone, each with BatchNormalization and a ReLU."""

    def __init__(self, momentum: float):
        self._momentum = momentum

    def project(self, x: Any, name: str) -> Any:
        return self._finish(layers.Conv2D(_WIDTH, 1, use_bias=False, name=f"{name}_conv")(x), name)

    def mix(self, x: Any, name: str, strides: int = 1) -> Any:
        convolve = layers.SeparableConv2D(_WIDTH, 5, strides, padding="same", use_bias=False, name=f"{name}_conv")
        return self._finish(convolve(x), name)

    def _finish(self, x: Any, name: str) -> Any:
        x = layers.BatchNormalization(momentum=self._momentum, name=f"{name}_norm")(x)
        return layers.Activation("relu", name=f"{name}_relu")(x)


def _add_enlarged(x: Any, coarse: Any, name: str) -> Any:
    return layers.Add(name=f"{name}_sum")([x, layers.UpSampling2D(2, name=f"{name}_up")(coarse)])


def _cut_backbone(backbone: keras.Model, name: str) -> keras.Model:
    """The backbone's blocks down to 1/16, with two outputs: the last layers at 1/8 and at 1/16 of the side."""
    outputs = [layer.output for layer in backbone.layers]
    every_layer = keras.Model(backbone.inputs, outputs)
    try:
        shapes = every_layer.compute_output_spec(keras.KerasTensor((1, _PROBE_SIDE, _PROBE_SIDE, 3)))
    except ValueError:  # NASNet's branches fit together at few sides only
        shapes = []
    found = []
    for ratio in (STRIDE, 2 * STRIDE):
        side = _PROBE_SIDE // ratio
        places = [place for place, spec in enumerate(shapes) if tuple(spec.shape[1:3]) == (side, side)]
        if not places:
            raise CallError(
                f"backbone {name} has no block at 1/{ratio} of the side, as a finder needs; choose another, such as "
                "EfficientNetB0, MobileNetV3Large or small"
            )
        found.append(outputs[places[-1]])
    return keras.Model(backbone.inputs, found, name=backbone.name)
