"""Which layers of the network learn in a stage of training."""

import re

import keras
from keras import layers

from shards.errors import CallError
from trainer.model.model_copy import flatten_layers
from trainer.model.network import find_backbone
from trainer.settings import TrainBase

# Block numbers in the names of layers: ResNet of KerasHub, ConvNeXt, ResNet, EfficientNet and others, MobileNetV3 and
# MobileNet.
_BLOCK_NUMBERS = (
    r"stack_?(\d+)_block_?(\d+)",
    r"stage_(\d+)_block_(\d+)",
    r"conv(\d+)_block(\d+)",
    r"(?:^|_)block_?(\d+)",
    r"expanded_conv_(\d+)",
    r"conv_[dp]w_(\d+)",
)
_PROBE_SIDE = 256  # at which the sizes of maps are looked up


def choose_trainable(network: keras.Model, train_base: TrainBase, from_scratch: bool) -> None:
    """Let the head learn and, of the backbone, nothing, the last block or everything.

    BatchNormalization of a pretrained backbone stays frozen: the batches of one dataset would spoil its statistics.
    Raises CallError where the last block is asked for and cannot be found.
    """
    backbone = find_backbone(network)
    backbone.trainable = True
    found = flatten_layers(backbone)
    first = _find_last_block(backbone, found) if train_base == "last_block" else 0
    for place, layer in enumerate(found):
        frozen_statistics = isinstance(layer, layers.BatchNormalization) and not from_scratch
        layer.trainable = train_base != "frozen" and place >= first and not frozen_statistics


def _find_last_block(backbone: keras.Model, found: list[layers.Layer]) -> int:
    """The place of the first layer of the block with the highest number.

    Where names show no blocks, the last block is what works on the smallest map of features.
    """
    numbers = [_find_block_number(layer.name) for layer in found]
    if any(numbers):
        return numbers.index(max(numbers))
    try:
        every_layer = keras.Model(backbone.inputs, [layer.output for layer in backbone.layers])
        shapes = every_layer.compute_output_spec(keras.KerasTensor((1, _PROBE_SIDE, _PROBE_SIDE, 3)))
        sides = [spec.shape[1:3] for spec in shapes]
        smallest = backbone.layers[sides.index(sides[-1])]
        return found.index(flatten_layers(smallest)[0] if isinstance(smallest, keras.Model) else smallest)
    except ValueError as error:
        raise CallError(f"train_base last_block: {backbone.name} shows no blocks; choose frozen or full") from error


def _find_block_number(layer: str) -> tuple[int, ...]:
    """The numbers in a layer's name, such as (5, 3) for conv5_block3_out; () where there are none."""
    found = next((match for pattern in _BLOCK_NUMBERS if (match := re.search(pattern, layer))), None)
    return tuple(map(int, found.groups())) if found else ()
