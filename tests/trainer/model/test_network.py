"""The network: what it is made of, where its weights come from, which of its parts learn."""

import os
import re
import subprocess
import sys

import keras
import numpy as np
import pytest

from shards.errors import CallError
from tests.conftest import ROOT
from trainer.model.model_copy import copy_model
from trainer.model.network import apply_network, build_network, find_backbone, resize_pictures
from trainer.model.trainable_layers import choose_trainable
from trainer.settings import NetworkSettings

PICTURES = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def b0() -> keras.Model:
    return build_network(NetworkSettings("EfficientNetB0", "none"), 64)


def perturb(model: keras.Model) -> None:
    chance = np.random.default_rng(1)
    model.set_weights([w + np.abs(chance.normal(0, 0.05, w.shape)).astype(w.dtype) for w in model.get_weights()])


def test_the_layers_of_the_network(b0):
    kinds = [type(layer).__name__ for layer in b0.layers]
    assert kinds == [
        *("InputLayer", "Rescaling", "Functional", "GlobalAveragePooling2D"),
        *("BatchNormalization", "Dropout", "Dense"),
    ]
    assert b0.input.dtype == "uint8" and b0.output.dtype == "float32" and b0.output_shape == (None, 6)
    assert b0.layers[1].scale == 1.0 and find_backbone(b0).count_params() == 4_049_571  # EfficientNetB0's own number


def test_the_last_layer_starts_at_zero(b0):
    assert not np.any(b0.predict(PICTURES, verbose=0))


@pytest.mark.parametrize(
    ("name", "scale"), [("MobileNetV3Small", 1.0), ("MobileNetV2", 1 / 127.5), ("small", 1 / 127.5)]
)
def test_other_backbones_get_the_range_that_they_want(name, scale):
    network = build_network(NetworkSettings(name, "none"), 64)
    assert network.layers[1].scale == scale and network.predict(PICTURES, verbose=0).shape == (4, 6)


@pytest.mark.parametrize("name", ["VGG16", "efficientnetb0", "EfficientNetB9", "../x", "ResNet50"])
def test_a_backbone_that_is_not_known(name):
    with pytest.raises(CallError, match=r"choose one of small, .*EfficientNetB0"):
        build_network(NetworkSettings(name, "none"), 64)


def test_imagenet_weights_that_cannot_be_fetched(tmp_path):
    nobody_listens = "http://127.0.0.1:9"
    environment = os.environ | {"KERAS_HOME": str(tmp_path), "https_proxy": nobody_listens, "no_proxy": ""}
    program = (
        "from trainer.model.network import build_network; from trainer.settings import NetworkSettings\n"
        "try: build_network(NetworkSettings(), 64)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(r"CallError the imagenet weights of EfficientNetB0 cannot be fetched \(", said)
    assert "--weights FILE" in said and "--weights none --probe.epochs 0" in said


def test_weights_from_a_file_give_the_same_features(small_weights):
    stored = keras.saving.load_model(small_weights)
    network = build_network(NetworkSettings("small", str(small_weights)), 64)
    pixels = PICTURES / np.float32(127.5) - 1
    np.testing.assert_allclose(find_backbone(network)(pixels), stored(pixels), atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("small", "imagenet"), "small backbone has no imagenet weights"),
        (("small", "nowhere.keras"), "does not exist"),
        (("small", __file__), "is no .keras file"),
        (("MobileNetV2", "SMALL"), "hold the backbone small, the settings say MobileNetV2"),
    ],
)
def test_weights_that_do_not_fit(settings, message, small_weights):
    backbone, weights = settings
    with pytest.raises(CallError, match=message):
        build_network(NetworkSettings(backbone, weights.replace("SMALL", str(small_weights))), 64)


def test_a_damaged_weights_file(small_weights, tmp_path):
    path = tmp_path / "cut.keras"
    path.write_bytes(small_weights.read_bytes()[:1000])
    with pytest.raises(CallError, match="cannot be loaded"):
        build_network(NetworkSettings("small", str(path)), 64)


def test_what_learns(b0):
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


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_base_runs_in_inference_mode(frozen):
    network = build_network(NetworkSettings("small", "none"), 64)
    norm = find_backbone(network).get_layer("block1_norm")
    x = keras.Input((64, 64, 3), dtype="uint8")
    trained = keras.Model(x, apply_network(network, x, frozen))
    trained(PICTURES, training=True)
    assert bool(np.any(norm.moving_mean)) != frozen  # training mode moves the statistics


def test_another_precision_is_the_same_network():
    network = build_network(NetworkSettings("small", "none"), 64)
    perturb(network)
    half = copy_model(network, "mixed_float16")
    assert half.layers[2].layers[1].compute_dtype == "float16"
    back = copy_model(half, "float32")
    assert back.layers[2].layers[1].compute_dtype == "float32"
    np.testing.assert_array_equal(back(PICTURES), network(PICTURES))


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
    trained = [layer.name for layer in find_backbone(network).layers if layer.trainable and layer.weights]
    assert trained[0] == first


def test_a_backbone_without_named_blocks():
    network = build_network(NetworkSettings("InceptionV3", "none"), 96)
    with pytest.raises(CallError, match="names no blocks"):
        choose_trainable(network, "last_block", from_scratch=True)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("jit", [False, True])
def test_pictures_of_another_side_are_brought_to_the_networks(policy, jit):
    """As a model file's own layer does it; and what lies behind learns in fit, and rests in predict."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        network = build_network(NetworkSettings("small", "none"), 48)
        windows = keras.Input((64, 64, 3), dtype="uint8")
        model = keras.Model(windows, apply_network(network, resize_pictures(windows, 48)))
    finally:
        keras.config.set_dtype_policy(before)
    resize = keras.layers.Resizing(48, 48, dtype="float32")
    expected = resize(PICTURES.astype("float32"), training=False)
    np.testing.assert_allclose(np.asarray(resize_pictures(PICTURES, 48)), np.asarray(expected), atol=1e-3)
    assert resize_pictures(PICTURES, 64) is PICTURES
    model.compile("sgd", "mse", jit_compile=jit)
    statistics = network.get_layer("normalize").moving_mean
    model.predict(PICTURES, verbose=0)
    assert not np.any(statistics)
    model.fit(PICTURES, np.ones((4, 6)), verbose=0)
    assert np.any(statistics)
