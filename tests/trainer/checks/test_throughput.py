"""The speed of input and model: that the right thing is measured, and that measuring changes nothing."""

import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from trainer.checks.throughput import Speed, format_time, measure_input, measure_model
from trainer.run_files.checkpoint import list_variables


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
