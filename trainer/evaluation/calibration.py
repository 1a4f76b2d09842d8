"""Whether probabilities mean what they say: log-likelihood, calibration error, and the temperature that mends them.

A model's logits are *balanced*: their softmax is the probability under equal priors. Adding the logarithm of another
prior and renormalising gives the probability under that one.
"""

from typing import Any

import numpy as np

BINS = 15  # of equal width, by the probability of the answer
LOWEST, HIGHEST = 0.05, 20.0  # temperatures
_HALVINGS = 50


def equalize(prior: np.ndarray) -> np.ndarray:
    """(6,) the prior under which all moods that have a share are as common."""
    return (prior > 0) / np.count_nonzero(prior)


def log_probabilities(logits: np.ndarray, temperature: float, prior: np.ndarray | None = None) -> np.ndarray:
    """Logarithms of probabilities (n, 6) from balanced logits: under equal priors, or under `prior` (6,).

    A mood without a share of the prior has minus infinity, whatever the logits say.
    """
    scores = logits.astype(np.float64) / temperature
    if prior is not None:
        scores = scores + np.log(prior, out=np.full(len(prior), -np.inf), where=prior > 0)
    scores = scores - scores.max(axis=1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def balance_classes(labels: np.ndarray) -> np.ndarray:
    """Weights (n,) that sum to 1 and give each class that occurs the same weight together."""
    counts = np.bincount(labels)
    return 1 / (counts[labels] * np.count_nonzero(counts))


def weigh_equally(labels: np.ndarray) -> np.ndarray:
    """Weights (n,) that sum to 1, the same for every case."""
    return np.full(len(labels), 1 / len(labels))


def measure_nll(logs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """Mean negative log-likelihood in nats of log-probabilities (n, 6); weights (n,) sum to 1.

    Cases of a mood that has no probability (minus infinity) are left out; NaN where no others are there.
    """
    found = logs[np.arange(len(labels)), labels]
    told = found > -np.inf
    return float(-(weights[told] * found[told]).sum() / weights[told].sum()) if told.any() else float("nan")


def measure_reliability(logs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> list[dict[str, float]]:
    """For each bin that holds an answer: its bounds, count, weight, mean probability and share of right answers."""
    confidence, right = np.exp(logs.max(axis=1)), logs.argmax(axis=1) == labels
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    counts = np.bincount(places, minlength=BINS)
    weight, sure, hits = (
        np.bincount(places, weights * what, minlength=BINS) for what in (np.ones(len(labels)), confidence, right)
    )
    return [
        {
            "from": i / BINS,
            "to": (i + 1) / BINS,
            "n": int(counts[i]),
            "weight": float(weight[i]),
            "confidence": float(sure[i] / weight[i]),
            "accuracy": float(hits[i] / weight[i]),
        }
        for i in np.flatnonzero(counts)
    ]


def calibration_error(bins: list[dict[str, float]]) -> float:
    """Expected calibration error: the mean distance of probability and share of right answers over the bins."""
    return sum(item["weight"] * abs(item["confidence"] - item["accuracy"]) for item in bins)


def describe_probabilities(
    logs: np.ndarray, labels: np.ndarray, weights: np.ndarray, blind: np.ndarray
) -> dict[str, Any]:
    """NLL, calibration error and reliability, beside those of `blind` (6,) as the constant probability."""
    shares = np.bincount(labels, weights, minlength=len(blind))
    constant = log_probabilities(np.zeros((1, len(blind))), 1.0, blind)
    certain = np.eye(len(blind))[np.bincount(labels).argmax()]
    bins = measure_reliability(logs, labels, weights)
    return {
        "nll": {
            "value": measure_nll(logs, labels, weights),
            "majority": None if shares.max() < 1 else 0.0,
            "prior": measure_nll(np.broadcast_to(constant, logs.shape), labels, weights),
        },
        "calibration_error": {
            "value": calibration_error(bins),
            "majority": _constant_error(certain, shares),
            "prior": _constant_error(blind, shares),
        },
        "reliability": bins,
    }


def _constant_error(probabilities: np.ndarray, shares: np.ndarray) -> float:
    """Calibration error of one probability (6,) for all; equally likely answers are right as often on average."""
    likeliest = probabilities == probabilities.max()
    return abs(probabilities.max() - shares[likeliest].mean())


def find_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature, from 0.05 to 20, with the least class-balanced NLL for logits (n, 6) and labels (n,).

    1.0 where there is no best one: a single class, or every case answered rightly, when the likelihood grows for ever
    as the temperature falls. The NLL is convex in 1/temperature, so the zero of its slope is found by halving.
    """
    logits = logits.astype(np.float64)
    truth = logits[np.arange(len(labels)), labels]
    others = np.where(np.arange(logits.shape[1]) == labels[:, None], -np.inf, logits).max(axis=1)
    if len(set(labels.tolist())) < 2 or not np.isfinite(logits).all() or (truth > others).all():
        return 1.0
    weights = balance_classes(labels)
    low, high = np.log(LOWEST), np.log(HIGHEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        expected = (np.exp(log_probabilities(logits, np.exp(middle))) * logits).sum(axis=1)
        # The NLL's slope in 1/temperature: above 0 the answers are surer than they are right.
        low, high = (middle, high) if (weights * (expected - truth)).sum() > 0 else (low, middle)
    return float(np.exp((low + high) / 2))
