"""Calibration: are answers right as often as their probabilities say? NLL, calibration error, temperature scaling.

A model's logits are *balanced*: their softmax is the probability under equal priors. Adding the logarithm of another
prior and normalising gives the probability under that one. Temperature scaling is from Guo et al., "On Calibration of
Modern Neural Networks", 2017.
"""

from typing import Any

import numpy as np

BIN_COUNT = 15  # of equal width, over the probability of the answer
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.0
_BISECTION_STEPS = 50


def make_equal_prior(prior: np.ndarray) -> np.ndarray:
    """The prior (6,) that gives every mood with a share of `prior` (6,) the same share, and the others 0."""
    return (prior > 0) / np.count_nonzero(prior)


def compute_log_probabilities(logits: np.ndarray, temperature: float, prior: np.ndarray | None = None) -> np.ndarray:
    """Log-probabilities (n, 6) of balanced logits (n, 6), under equal priors or under `prior` (6,).

    A mood without a share of the prior has minus infinity, whatever its logit.
    """
    scores = logits.astype(np.float64) / temperature
    if prior is not None:
        scores = scores + np.log(prior, out=np.full(len(prior), -np.inf), where=prior > 0)
    scores = scores - scores.max(axis=1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def weigh_moods_equally(labels: np.ndarray) -> np.ndarray:
    """Weights (n,) that sum to 1, in all the same for each mood that occurs."""
    counts = np.bincount(labels)
    return 1 / (counts[labels] * np.count_nonzero(counts))


def weigh_cases_equally(labels: np.ndarray) -> np.ndarray:
    """Weights (n,) that sum to 1, the same for each case."""
    return np.full(len(labels), 1 / len(labels))


def compute_nll(log_probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """Mean negative log-likelihood in nats of log-probabilities (n, 6), by weights (n,) that sum to 1.

    Cases whose mood has the probability 0 are left out. NaN if there are no others.
    """
    of_truth = log_probabilities[np.arange(len(labels)), labels]
    possible = of_truth > -np.inf
    if not possible.any():
        return float("nan")
    return float(-(weights[possible] * of_truth[possible]).sum() / weights[possible].sum())


def compute_reliability(
    log_probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> list[dict[str, float]]:
    """A reliability diagram: bounds, count, weight, mean probability and accuracy of each bin that holds an answer."""
    confidence, right = np.exp(log_probabilities.max(axis=1)), log_probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * BIN_COUNT).astype(int), BIN_COUNT - 1)
    counts = np.bincount(bins, minlength=BIN_COUNT)
    weight = np.bincount(bins, weights, minlength=BIN_COUNT)
    confidence_sum = np.bincount(bins, weights * confidence, minlength=BIN_COUNT)
    right_sum = np.bincount(bins, weights * right, minlength=BIN_COUNT)
    return [
        {
            "from": i / BIN_COUNT,
            "to": (i + 1) / BIN_COUNT,
            "n": int(counts[i]),
            "weight": float(weight[i]),
            "confidence": float(confidence_sum[i] / weight[i]),
            "accuracy": float(right_sum[i] / weight[i]),
        }
        for i in np.flatnonzero(counts)
    ]


def compute_calibration_error(bins: list[dict[str, float]]) -> float:
    """Expected calibration error: the weighted mean distance between probability and accuracy over the bins."""
    return sum(item["weight"] * abs(item["confidence"] - item["accuracy"]) for item in bins)


def evaluate_probabilities(
    log_probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray, prior: np.ndarray
) -> dict[str, Any]:
    """NLL, calibration error and reliability diagram, beside those of two constant answers.

    Args:
        log_probabilities: (n, 6).
        labels: (n,).
        weights: (n,), summing to 1.
        prior: (6,), the constant probabilities of the baseline `prior`. The baseline `majority` is certain of the
            commonest mood.
    """
    shares = np.bincount(labels, weights, minlength=len(prior))
    log_prior = compute_log_probabilities(np.zeros((1, len(prior))), 1.0, prior)
    certain = np.eye(len(prior))[np.bincount(labels).argmax()]
    bins = compute_reliability(log_probabilities, labels, weights)
    return {
        "nll": {
            "value": compute_nll(log_probabilities, labels, weights),
            "majority": None if shares.max() < 1 else 0.0,
            "prior": compute_nll(np.broadcast_to(log_prior, log_probabilities.shape), labels, weights),
        },
        "calibration_error": {
            "value": compute_calibration_error(bins),
            "majority": _compute_constant_error(certain, shares),
            "prior": _compute_constant_error(prior, shares),
        },
        "reliability": bins,
    }


def _compute_constant_error(probabilities: np.ndarray, shares: np.ndarray) -> float:
    """Calibration error of constant probabilities (6,), given each mood's share (6,) of the cases.

    If several moods are the most probable, the answer is drawn among them.
    """
    likeliest = probabilities == probabilities.max()
    return abs(probabilities.max() - shares[likeliest].mean())


def find_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Find the temperature with the least class-balanced NLL for logits (n, 6) and labels (n,), from 0.05 to 20.

    Returns 1.0 if there is no best one: for a single mood, for logits that are not finite, and if every case is
    answered rightly, since then the NLL falls with the temperature without end.

    The NLL is convex in 1 / temperature, so bisection finds the zero of its slope.
    """
    logits = logits.astype(np.float64)
    of_truth = logits[np.arange(len(labels)), labels]
    of_others = np.where(np.arange(logits.shape[1]) == labels[:, None], -np.inf, logits).max(axis=1)
    if len(set(labels.tolist())) < 2 or not np.isfinite(logits).all() or (of_truth > of_others).all():
        return 1.0
    weights = weigh_moods_equally(labels)
    low, high = np.log(MIN_TEMPERATURE), np.log(MAX_TEMPERATURE)
    for _ in range(_BISECTION_STEPS):
        middle = (low + high) / 2
        expected = (np.exp(compute_log_probabilities(logits, np.exp(middle))) * logits).sum(axis=1)
        slope = (weights * (expected - of_truth)).sum()  # of the NLL in 1 / temperature; above 0 if overconfident
        low, high = (middle, high) if slope > 0 else (low, middle)
    return float(np.exp((low + high) / 2))
