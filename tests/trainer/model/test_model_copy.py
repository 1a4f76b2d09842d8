"""A copy in another precision: the same weights and layers."""

import numpy as np

from trainer.model.model_copy import copy_model
from trainer.model.network import build_network
from trainer.settings import NetworkSettings

PICTURES = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)


def test_another_precision_is_the_same_network():
    network = build_network(NetworkSettings("small", "none"), 64)
    rng = np.random.default_rng(1)
    network.set_weights([w + np.abs(rng.normal(0, 0.05, w.shape)).astype(w.dtype) for w in network.get_weights()])
    half = copy_model(network, "mixed_float16")
    assert half.layers[2].layers[1].compute_dtype == "float16"
    back = copy_model(half, "float32")
    assert back.layers[2].layers[1].compute_dtype == "float32"
    np.testing.assert_array_equal(back(PICTURES), network(PICTURES))
