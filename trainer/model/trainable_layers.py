"""Which layers of the network learn in a stage of training."""

import re

import keras
from keras import layers

from shards.errors import CallError
from trainer.model.network import find_backbone
from trainer.settings import TrainBase

# Block numbers in the names of layers: ConvNeXt, ResNet, EfficientNet and others, MobileNetV3, MobileNet.
_BLOCK_NUMBERS = (
    r"stage_(\d+)_block_(\d+)",
    r"conv(\d+)_block(\d+)",
    r"(?:^|_)block_?(\d+)",
    r"expanded_conv_(\d+)",
    r"conv_[dp]w_(\d+)",
)


def choose_trainable(network: keras.Model, train_base: TrainBase, from_scratch: bool) -> None:
    """Let the head learn and, of the backbone, nothing, the last block or everything.

    BatchNormalization of a pretrained backbone stays frozen: the batches of one dataset would spoil its statistics.
    Raises CallError where the last block is asked for and the layers' names do not show it.
    """
    backbone = find_backbone(network)
    backbone.trainable = True
    first = _find_last_block(backbone) if train_base == "last_block" else 0
    for place, layer in enumerate(backbone.layers):
        frozen_statistics = isinstance(layer, layers.BatchNormalization) and not from_scratch
        layer.trainable = train_base != "frozen" and place >= first and not frozen_statistics


def _find_last_block(backbone: keras.Model) -> int:
    """The place of the first layer of the block with the highest number."""
    numbers = [_find_block_number(layer.name) for layer in backbone.layers]
    if not any(numbers):
        raise CallError(f"train_base last_block: {backbone.name} names no blocks; choose frozen or full")
    return numbers.index(max(numbers))


def _find_block_number(layer: str) -> tuple[int, ...]:
    """The numbers in a layer's name, such as (5, 3) for conv5_block3_out; () where there are none."""
    found = next((match for pattern in _BLOCK_NUMBERS if (match := re.search(pattern, layer))), None)
    return tuple(map(int, found.groups())) if found else ()
