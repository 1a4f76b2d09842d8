"""A step of two hosts, here two threads with real connections: its gradients are those of one step with the batch."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.hosts.test_host_ring import find_addresses, in_each
from trainer.hosts.host_ring import HostRing
from trainer.hosts.shared_step import SharedStep, share_variables

BATCH = 8


def build(jit, seed=3):
    """A compiled model, and its trunk and its head, which share its layers."""
    keras.utils.set_random_seed(seed)
    layers = [
        keras.layers.Dense(7, activation="relu", kernel_regularizer=keras.regularizers.L2(0.1)),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.3, seed=5),
        keras.layers.Dense(3),
    ]
    whole, given = keras.Input((5,)), keras.Input((7,))
    x, y = whole, given
    for place, layer in enumerate(layers):
        x = layer(x)
        y = layer(y) if place else y
    model = keras.Model(whole, x)
    trunk = keras.Model(whole, layers[0](whole))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # Without momentum a step of rate 1 moves the weights by their gradients, clipped by the norm of all.
    model.compile(keras.optimizers.SGD(1.0, global_clipnorm=0.5), loss, metrics=["accuracy"], jit_compile=jit)
    model.optimizer.build(model.trainable_variables)
    model.compute_metrics(None, np.zeros(1), np.zeros((1, 3), np.float32))
    model.reset_metrics()
    return model, trunk, keras.Model(given, y)


@pytest.fixture
def pair():
    addresses = find_addresses(2)
    found = [HostRing(place, 2, lambda: addresses) for place in range(2)]
    assert in_each(found, lambda ring: ring.connect("same")) == [None, None]
    yield found
    in_each(found, HostRing.close)


@pytest.mark.parametrize("jit", [False, True])
def test_its_gradients_are_those_of_the_whole_batch(pair, jit):
    rng = np.random.default_rng(0)
    pictures = rng.normal(size=(BATCH, 5)).astype(np.float32) * np.arange(1, BATCH + 1)[:, None].astype(np.float32)
    labels = rng.integers(0, 3, BATCH)
    alone, *_ = build(jit)  # by XLA dropout draws other numbers
    before = [np.array(each) for each in alone.trainable_variables]
    expected = alone.train_on_batch(pictures, labels, return_dict=True)
    hosts = [build(jit) for _ in pair]
    steps = [SharedStep(*models, ring, jit) for models, ring in zip(hosts, pair, strict=True)]

    def take_step(ring):
        own = pictures[ring.place * BATCH // 2 :][: BATCH // 2]
        return steps[ring.place](iter([(tf.constant(own), tf.constant(labels))]))

    for figures in in_each(pair, take_step):
        assert {name: float(value) for name, value in figures.items()} == pytest.approx(expected, abs=1e-5)
    for was, one, first, second in zip(
        before, *(model.trainable_variables for model in (alone, hosts[0][0], hosts[1][0])), strict=True
    ):
        np.testing.assert_allclose(np.array(first) - was, np.array(one) - was, atol=1e-6)
        np.testing.assert_array_equal(first, second)
    assert (
        max(np.abs(np.array(one) - was).max() for was, one in zip(before, alone.trainable_variables, strict=True)) > 0.1
    )


def test_hosts_begin_with_the_variables_of_the_first_but_drop_other_parts_in_the_backbone(pair):
    def make(seed):
        keras.utils.set_random_seed(seed)
        pixels = keras.Input((4,))
        backbone = keras.Model(pixels, keras.layers.Dropout(0.5)(keras.layers.Dense(3)(pixels)))
        model = keras.Model(pixels, keras.layers.Dropout(0.5)(backbone(pixels)))
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)
        return model, backbone

    made = [make(seed) for seed in (1, 2)]
    assert in_each(pair, lambda ring: share_variables(*made[ring.place], ring)) == [None, None]
    for one, other in zip(*(model.variables for model, _ in made), strict=True):
        is_of_backbone = one.name == "seed_generator_state" and any(one is each for each in made[0][1].variables)
        assert np.array_equal(one, other) != is_of_backbone, one.path
