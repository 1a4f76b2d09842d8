"""The network: its layers, a frozen backbone, and pictures of other sizes."""

import keras
import numpy as np
import pytest

from trainer.model.network import apply_network, build_network, find_backbone, resize_pictures
from trainer.settings import NetworkSettings

PICTURES = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def b0() -> keras.Model:
    return build_network(NetworkSettings("EfficientNetB0", "none"), 64)


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


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_base_runs_in_inference_mode(frozen):
    network = build_network(NetworkSettings("small", "none"), 64)
    norm = find_backbone(network).get_layer("block1_norm")
    x = keras.Input((64, 64, 3), dtype="uint8")
    trained = keras.Model(x, apply_network(network, x, frozen))
    trained(PICTURES, training=True)
    assert bool(np.any(norm.moving_mean)) != frozen  # training mode moves the statistics


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
