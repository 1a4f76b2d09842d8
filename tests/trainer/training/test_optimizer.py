"""Rates by layer, decay of kernels only, and the rate over a stage."""

import keras
import numpy as np
import pytest

from trainer.model.network import build_network, find_backbone
from trainer.settings import NetworkSettings
from trainer.training.optimizer import make_optimizer, plan_rate


def test_rate_rises_then_falls():
    rate = plan_rate(1e-3, steps=100, warmup=0.1)
    values = [float(rate(step)) for step in range(101)]
    assert values[0] == pytest.approx(1e-5) and max(values) == pytest.approx(1e-3)
    assert values.index(max(values)) == 10 and values[100] == pytest.approx(1e-5)
    assert values[55] == pytest.approx((1e-3 + 1e-5) / 2, rel=0.01)  # half-way down
    assert sorted(values[10:], reverse=True) == values[10:]


def test_no_warm_up():
    assert float(plan_rate(1e-3, 100, 0.0)(0)) == pytest.approx(1e-3)


def step_sizes(weight_decay: float) -> dict[str, float]:
    """How far one step with equal gradients moves a kernel of the backbone, the head's kernel and its bias."""
    network = build_network(NetworkSettings("small", "none"), 64)
    head = network.layers[-1]
    head.kernel.assign(np.ones(head.kernel.shape))
    optimizer = make_optimizer(network, 1e-2, 10, 0.0, backbone_rate=0.1, weight_decay=weight_decay)
    watched = {"backbone": find_backbone(network).trainable_variables[0], "kernel": head.kernel, "bias": head.bias}
    before = {name: np.array(variable) for name, variable in watched.items()}
    variables = network.trainable_variables
    optimizer.apply([keras.ops.ones(variable.shape) for variable in variables], variables)
    return {name: float(np.mean(before[name] - np.array(variable))) for name, variable in watched.items()}


def test_the_backbone_moves_less():
    moved = step_sizes(weight_decay=0.0)
    assert moved["kernel"] == pytest.approx(1e-2, rel=0.01)  # Adam's first step is the rate
    assert moved["backbone"] == pytest.approx(1e-3, rel=0.01)


def test_kernels_decay_and_biases_do_not():
    moved, plain = step_sizes(weight_decay=0.5), step_sizes(weight_decay=0.0)
    assert moved["kernel"] - plain["kernel"] == pytest.approx(1e-2 * 0.5, rel=0.02)  # of a kernel of ones
    assert moved["bias"] == pytest.approx(plain["bias"], rel=1e-5)
