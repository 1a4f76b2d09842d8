"""The backbones: the pixel range that each gets, and weights from Keras, from a file, or none."""

import os
import re
import subprocess
import sys
from types import FunctionType

import keras
import numpy as np
import pytest

from shards.errors import CallError
from tests.conftest import ROOT
from trainer.model.backbones import _PIXEL_RANGES
from trainer.model.network import build_network, find_backbone
from trainer.network_settings import KNOWN_BACKBONES
from trainer.settings import NetworkSettings, TrainSettings

PICTURES = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("name", "scale"), [("MobileNetV3Small", 1.0), ("MobileNetV2", 1 / 127.5), ("small", 1 / 127.5)]
)
def test_other_backbones_get_the_range_that_they_want(name, scale):
    network = build_network(NetworkSettings(name, "none"), 64)
    assert network.layers[1].scale == scale and network.predict(PICTURES, verbose=0).shape == (4, 6)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("VGG16", r"choose one of small, .*EfficientNetB0"),
        ("../x", r"choose one of small, .*EfficientNetB0"),
        ("efficientnetb0", r"did you mean EfficientNetB0\?"),
        ("EfficentNetB0", r"did you mean EfficientNetB0\?"),
        ("ResNet50", r"did you mean ResNet50V2\?"),
    ],
)
def test_a_backbone_that_is_not_known(name, remedy):
    with pytest.raises(CallError, match=remedy):
        TrainSettings("a", backbone=name)  # before TensorFlow is started
    with pytest.raises(CallError, match=remedy):
        build_network(NetworkSettings(name, "none"), 64)


def test_all_names_are_those_of_keras_with_a_pixel_range():
    names = [name for name in dir(keras.applications) if isinstance(getattr(keras.applications, name), FunctionType)]
    ranges = "|".join(_PIXEL_RANGES)
    assert {name for name in names if re.fullmatch(ranges, name)} == set(KNOWN_BACKBONES) - {"small"}


def test_other_names_that_no_run_can_begin_with():
    with pytest.raises(CallError, match=r"small backbone has no imagenet weights; give --weights none"):
        TrainSettings("a", backbone="small")
    with pytest.raises(CallError, match=r"^--weights imagnet does not exist; did you mean imagenet\?$"):
        TrainSettings("a", weights="imagnet")


def test_imagenet_weights_that_cannot_be_fetched(tmp_path):
    nobody_listens = "http://127.0.0.1:9"
    environment = os.environ | {"KERAS_HOME": str(tmp_path), "https_proxy": nobody_listens, "no_proxy": ""}
    program = (
        "from trainer.model.network import build_network; from trainer.settings import NetworkSettings\n"
        "try: build_network(NetworkSettings(), 64)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(r"CallError the imagenet weights of EfficientNetB0 cannot be fetched \(", result)
    assert "--weights FILE" in result and "--weights none --probe.epochs 0" in result


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
