"""BatchNormalization's statistics estimated anew: the plain mean over batches, by numpy."""

import keras
import numpy as np

from trainer.model.batchnorm_statistics import estimate_statistics


def test_they_are_the_mean_over_the_batches():
    inner = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization(momentum=0.9)])
    still = keras.layers.BatchNormalization(trainable=False)
    model = keras.Sequential([keras.Input((3,)), inner, still])
    before = [np.array(weight) for weight in still.weights]
    chance = np.random.default_rng(0)
    batches = [(chance.normal(5, 3, (16, 3)).astype("float32"), None) for _ in range(3)]
    estimate_statistics(model, batches)
    norm = inner.layers[0]
    means = np.mean([batch.mean(axis=0) for batch, _ in batches], axis=0)
    variances = np.mean([batch.var(axis=0) for batch, _ in batches], axis=0)
    np.testing.assert_allclose(norm.moving_mean, means, rtol=1e-4)
    np.testing.assert_allclose(norm.moving_variance, variances, rtol=1e-4)
    for a, b in zip(before, still.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_pictures_with_numbers_for_augmentation():
    norm = keras.layers.BatchNormalization()
    model = keras.Sequential([keras.Input((2,)), norm])
    estimate_statistics(model, [((np.full((4, 2), 7.0, "float32"), np.zeros((4, 8))), np.zeros(4))])
    np.testing.assert_allclose(norm.moving_mean, [7, 7], rtol=1e-5)
