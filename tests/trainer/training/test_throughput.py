"""What is measured before and during a run: that it measures the right thing and leaves no trace."""

import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from trainer.training.checkpoint import list_variables
from trainer.training.device import is_out_of_memory
from trainer.training.epochs import WaitingClock, count_waiting
from trainer.training.throughput import Speed, format_time, measure_input, measure_model


def make_model() -> keras.Model:
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dropout(0.5), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def test_measuring_the_model_changes_nothing():
    model = make_model()
    before = [np.array(variable) for variable in list_variables(model)]
    assert measure_model(model, (np.ones((4, 8)), np.ones((4, 2))), 4) > 0
    for a, b in zip(before, list_variables(model), strict=True):
        np.testing.assert_array_equal(a, b)


def slow_batches(seconds: float, count: int) -> tf.data.Dataset:
    def wait(_):
        time.sleep(seconds)
        return np.ones((4, 8), np.float32), np.ones((4, 2), np.float32)

    def load(i):
        x, y = tf.numpy_function(wait, [i], (tf.float32, tf.float32))
        return tf.ensure_shape(x, (4, 8)), tf.ensure_shape(y, (4, 2))

    return tf.data.Dataset.range(count).map(load)


def test_waiting_is_counted():
    model, clock = make_model(), WaitingClock()
    count_waiting(model, clock)
    model.fit(slow_batches(0.0, 3), verbose=0, shuffle=False)
    quick = clock.waited
    clock.waited = 0.0
    model.fit(slow_batches(0.1, 5), verbose=0, shuffle=False)
    assert clock.waited > 0.4 > quick
    assert int(model.optimizer.iterations.numpy()) == 8


def test_measuring_the_input():
    assert measure_input(iter(slow_batches(0.1, 2).repeat()), 4) == pytest.approx(40, rel=0.3)


def test_the_bottleneck_and_the_time_to_expect():
    speed = Speed(input=5000.0, model=600.0, images=2_130_000)
    assert speed.bottleneck == "model" and speed.epoch_seconds == pytest.approx(3550)
    assert "59 min" in speed.describe()
    assert Speed(100.0, 600.0, 60).bottleneck == "input"


@pytest.mark.parametrize(("seconds", "text"), [(3, "3 s"), (600, "10 min"), (14_400, "4.0 h")])
def test_times(seconds, text):
    assert format_time(seconds) == text


def test_out_of_memory_is_known():
    assert is_out_of_memory(tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor"))
    assert is_out_of_memory(RuntimeError("RESOURCE_EXHAUSTED: Out of memory"))  # as JAX says it
    assert not is_out_of_memory(ValueError("no"))
