"""NLL, calibration error and temperature, by hand and as sklearn has them."""

import numpy as np
import pytest
from sklearn import metrics

from tests.trainer.evaluation.predictions import PRIOR, draw_predictions, predict
from trainer.evaluation import calibration
from trainer.evaluation.metrics import Predictions, fit_temperature
from trainer.evaluation.metrics_json import evaluate


def test_nll_is_that_of_sklearn_for_both_priors():
    predictions = draw_predictions()
    found, labels = evaluate(predictions, PRIOR, 1.7, 0)["frames"], predictions.labels
    scores = np.exp(predictions.logits / 1.7)
    equal, natural = (table / table.sum(axis=1, keepdims=True) for table in (scores, scores * PRIOR))
    weights = 1 / np.bincount(labels)[labels]
    expected = metrics.log_loss(labels, equal, sample_weight=weights)
    assert found["equal_priors"]["nll"]["value"] == pytest.approx(expected)
    assert found["natural_prior"]["nll"]["value"] == pytest.approx(metrics.log_loss(labels, natural))
    answers = natural.argmax(axis=1)
    assert found["natural_prior"]["accuracy"]["value"] == pytest.approx((answers == labels).mean())
    assert (answers != equal.argmax(axis=1)).any()


@pytest.mark.parametrize(
    ("right", "error"),
    [([1, 1, 1, 1], 0.2), ([1, 1, 1, 0], 0.05), ([0, 0, 0, 0], 0.8)],
)
def test_calibration_error_by_hand(right, error):
    """Four answers with a probability of 0.8 each, 0.04 for each other mood."""
    logs = np.log(np.where(np.arange(6) == 2, 0.8, 0.04)) * np.ones((4, 1))
    labels = np.where(right, 2, 0)
    bins = calibration.compute_reliability(logs, labels, calibration.weigh_cases_equally(labels))
    assert [(item["n"], item["weight"], item["accuracy"]) for item in bins] == [(4, 1, np.mean(right))]
    assert bins[0]["from"] <= 0.8 <= bins[0]["to"]
    assert calibration.compute_calibration_error(bins) == pytest.approx(error)


def test_a_certain_answer_falls_in_the_last_bin():
    bins = calibration.compute_reliability(np.log([[1.0, 1e-300] + [1e-300] * 4]), np.array([0]), np.ones(1))
    assert (bins[0]["to"], bins[0]["n"], bins[0]["confidence"]) == (1, 1, 1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_a_known_temperature_is_found(temperature):
    random = np.random.default_rng(1)
    true = 2 * random.normal(size=(8000, 6))
    chances = np.exp(true) / np.exp(true).sum(axis=1, keepdims=True)
    labels = (chances.cumsum(axis=1) > random.random((8000, 1))).argmax(axis=1)
    predictions = Predictions(temperature * true, labels, np.arange(8000), np.full(8000, "DOG", object))
    found = fit_temperature(predictions)
    assert found == pytest.approx(temperature, rel=0.05)
    weights = calibration.weigh_moods_equally(labels)
    nll = [
        calibration.compute_nll(calibration.compute_log_probabilities(predictions.logits, value, None), labels, weights)
        for value in (0.98 * found, found, 1.02 * found)
    ]
    assert nll[1] == min(nll)


def test_the_temperature_is_of_videos_and_of_balanced_classes():
    """How many frames a video has does not matter, how many videos a class has does not either."""
    predictions = draw_predictions(videos=400, frames=1, seed=2)
    rare = predictions.labels == 1
    for times in (np.random.default_rng(2).integers(1, 9, 400), 1 + 3 * rare):
        repeated = Predictions(*(np.repeat(field, times, axis=0) for field in predictions))
        assert fit_temperature(repeated) == pytest.approx(fit_temperature(predictions))
    more = repeated._replace(videos=np.arange(len(repeated.labels)))  # four times the videos of that class
    assert fit_temperature(more) == pytest.approx(fit_temperature(predictions))
    weights = calibration.weigh_moods_equally(np.array([0, 0, 0, 2]))
    assert weights.tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2])


@pytest.mark.parametrize(
    ("labels", "answers", "low", "high"),
    [
        ([3, 3, 3], [3, 3, 0], 1, 1),  # one class
        ([2], [2], 1, 1),  # one video
        ([0, 1, 2], [0, 1, 2], 1, 1),  # all right: the surer the better, for ever
        ([0, 1, 2], [1, 2, 0], 20, 20),  # all wrong: the less sure the better
        ([0, 1, 2, 2], [0, 1, 2, 0], 1.05, 4),  # sensible
    ],
)
def test_temperatures_at_the_limits(labels, answers, low, high):
    assert low - 1e-6 <= fit_temperature(predict(labels, answers)) <= high + 1e-6
