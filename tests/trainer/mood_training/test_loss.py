"""The loss against numpy, the prior counted by hand, and what makes three answers to imbalance comparable."""

import numpy as np
import pytest
from keras import ops
from scipy.optimize import minimize

from trainer.mood_training.loss import balance_offset, estimate_prior, make_loss

PRIOR = np.array([0.5, 0.2, 0.1, 0.1, 0.05, 0.05])
LOGITS = np.random.default_rng(0).normal(0, 2, (5, 6)).astype("float32")
LABELS = np.array([0, 5, 2, 0, 1])


def cross_entropy(logits, labels, smoothing=0.0, spread=PRIOR):
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    target = np.eye(6)[labels] * (1 - smoothing) + smoothing * spread
    return -(target * logs).sum(axis=1)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize(
    ("imbalance", "expected"),
    [
        ("none", lambda s: cross_entropy(LOGITS, LABELS, s)),
        ("logit_adjustment", lambda s: cross_entropy(LOGITS + np.log(PRIOR), LABELS, s)),
        ("class_weight", lambda s: cross_entropy(LOGITS, LABELS, s, 1 / 6) / (6 * PRIOR[LABELS])),
    ],
)
def test_loss(imbalance, expected, smoothing):
    found = ops.convert_to_numpy(make_loss(imbalance, PRIOR, smoothing)(LABELS, LOGITS))
    np.testing.assert_allclose(found, expected(smoothing), rtol=1e-5)


def test_zero_logits_start_at_ln_6():
    loss = ops.convert_to_numpy(make_loss("none", PRIOR, 0.0)(LABELS, np.zeros((5, 6), "float32")))
    np.testing.assert_allclose(loss, np.log(6), rtol=1e-6)


def test_class_weights_have_a_mean_of_one_over_the_prior():
    losses = ops.convert_to_numpy(make_loss("class_weight", PRIOR, 0.0)(np.arange(6), np.zeros((6, 6), "float32")))
    assert (losses / np.log(6) * PRIOR).sum() == pytest.approx(1)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("imbalance", ["none", "class_weight", "logit_adjustment"])
def test_the_best_answer_without_features_is_balanced(imbalance, smoothing):
    """What a constant model learns from labels as frequent as the prior, less the offset, prefers no mood."""
    loss = make_loss(imbalance, PRIOR, smoothing)

    def risk(logits):
        losses = ops.convert_to_numpy(loss(np.arange(6), np.tile(logits.astype("float32"), (6, 1))))
        return float((losses * PRIOR).sum())

    logits = minimize(risk, np.linspace(-1, 1, 6), method="BFGS", options={"eps": 1e-2, "gtol": 1e-3}).x
    balanced = logits - balance_offset(imbalance, PRIOR)
    assert np.ptp(balanced) < 0.05


@pytest.mark.parametrize(
    ("labels", "videos", "expected"),
    [
        ([0, 0, 0, 1], [0, 0, 0, 1], [1, 1, 0, 0, 0, 0]),  # three frames of one video count once
        ([3, 3, 3, 3], [0, 1, 2, 3], [0, 0, 0, 4, 0, 0]),  # no frame, no share
        ([3, 3, 1, 3], [0, 0, 0, 1], [0, 0.5, 0, 2, 0, 0]),  # a frame, but no video whose most frames show it
    ],
)
def test_prior_counts_videos(labels, videos, expected):
    prior = estimate_prior(np.array(labels), np.array(videos))
    np.testing.assert_allclose(prior, np.array(expected) / sum(expected))
