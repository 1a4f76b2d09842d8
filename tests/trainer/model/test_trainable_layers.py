"""Which layers learn: the head alone, the last block, or all."""

import pytest

from trainer.model.model_copy import flatten_layers
from trainer.model.network import build_network, find_backbone
from trainer.model.trainable_layers import choose_trainable
from trainer.settings import NetworkSettings


def test_what_learns():
    b0 = build_network(NetworkSettings("EfficientNetB0", "none"), 64)
    backbone = find_backbone(b0)
    choose_trainable(b0, "frozen", from_scratch=False)
    assert len(b0.trainable_variables) == 4 and not backbone.trainable_variables
    choose_trainable(b0, "last_block", from_scratch=False)
    first = next(layer.name for layer in backbone.layers if layer.trainable and layer.weights)
    assert first == "block7a_expand_conv"
    choose_trainable(b0, "full", from_scratch=False)
    assert len(backbone.trainable_variables) > 100
    assert not any(layer.trainable for layer in backbone.layers if "bn" in layer.name)  # statistics stay
    choose_trainable(b0, "full", from_scratch=True)
    assert all(layer.trainable for layer in backbone.layers)


@pytest.mark.parametrize(
    ("backbone", "first"),
    [
        ("MobileNet", "conv_dw_13"),
        ("MobileNetV2", "block_16_expand"),
        ("ResNet50V2", "conv5_block3_preact_bn"),
        ("ConvNeXtTiny", "convnext_tiny_stage_3_block_2_depthwise_conv"),
        ("small", "block4_conv"),
    ],
)
def test_the_last_block(backbone, first):
    network = build_network(NetworkSettings(backbone, "none"), 64)
    choose_trainable(network, "last_block", from_scratch=True)
    trained = [layer.name for layer in flatten_layers(find_backbone(network)) if layer.trainable and layer.weights]
    assert trained[0] == first


def test_a_backbone_without_named_blocks():
    """Of InceptionV3 the modules behind its last halving of the sides."""
    network = build_network(NetworkSettings("InceptionV3", "none"), 96)
    choose_trainable(network, "last_block", from_scratch=True)
    found = flatten_layers(find_backbone(network))
    places = [place for place, layer in enumerate(found) if layer.trainable and layer.weights]
    names = [layer.name for layer in found]
    assert names.index("mixed7") < places[0] < names.index("mixed9")
