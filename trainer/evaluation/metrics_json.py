"""The evaluation in metrics.json: each metric beside what an answer that ignores the picture would reach.

Answers are evaluated under *equal priors* (argmax of the balanced logits) and under the *natural prior* of the training
videos. Frames of a video are near-duplicates, so metrics are given for frames and for videos (mean logits), and
intervals come from a bootstrap over videos.
"""

import math
from typing import Any

import numpy as np

from shards.emotions import EMOTIONS, ENGLISH
from shards.errors import DataError
from trainer.evaluation import calibration
from trainer.evaluation.bootstrap import compute_interval, resample_videos
from trainer.evaluation.confusion import (
    MOOD_COUNT,
    ConfusionMetrics,
    compute_expected_confusions,
    compute_metrics,
    count_confusion_matrices,
)
from trainer.evaluation.metrics import Predictions, average_by_video, choose_labels

RESAMPLE_COUNT = 1000
CONFIDENCE_LEVEL = 0.95
HEADLINE_METRICS = ("accuracy", "macro_f1", "balanced_accuracy")
_MEANINGS = {
    "equal_priors": "every mood equally likely beforehand: answer = argmax of the balanced logits, probability "
    "= softmax(logits / temperature); NLL and calibration error give every mood of the validation the same weight",
    "natural_prior": "moods as likely as among the training videos: softmax(logits / temperature + log prior), answer "
    "= its argmax; NLL and calibration error give every frame or video the same weight",
    "majority": "always the commonest mood of these frames or videos with certainty, the best that any constant answer "
    "reaches; its NLL is infinite, hence null",
    "prior": "answers drawn from the training videos' shares: their expected confusion matrix; NLL and calibration "
    "error are of the prior itself as the probability (1/6 each for equal priors, where all six are trained)",
    "intervals": f"the middle {CONFIDENCE_LEVEL:.0%} of {RESAMPLE_COUNT} bootstrap resamples over videos; null for a "
    "single video",
    "selection": "the epoch and the temperature were chosen on these same validation videos, so all figures are a "
    "little too good; intervals do not know of the choice",
    "never_answered": "moods without a training frame: their probability is 0. Their cases in validation count as "
    "wrong answers, and are left out of the NLL",
    "absent": "a mood without a case in validation has null figures and is left out of every mean (left_out names it)",
}


def evaluate(predictions: Predictions, prior: np.ndarray, temperature: float, seed: int) -> dict[str, Any]:
    """Evaluate predictions for frames, for videos and for each species.

    Args:
        predictions: of the validation frames.
        prior: (6,) share of each mood among the training videos.
        temperature: the model's.
        seed: of the bootstrap.

    Returns:
        Nested dicts ready for JSON. What is undefined is None; `meanings` explains each metric.

    Raises DataError if there are no predictions or if they are not finite.
    """
    _check_finite(predictions)
    cases = {"frames": predictions, "videos": average_by_video(predictions)}
    levels = {level: _evaluate_level(cases[level], prior, temperature, seed) for level in cases}
    for level, evaluated in levels.items():
        evaluated["verdict"] = f"{level}: {_format_verdict(evaluated)}"
    return _convert_to_json(
        {
            "verdict": levels["frames"]["verdict"],
            "temperature": temperature,
            "prior": dict(zip(ENGLISH, prior, strict=True)),
            "bootstrap": {"resamples": RESAMPLE_COUNT, "level": CONFIDENCE_LEVEL, "over": "videos", "seed": seed},
            **levels,
            "species": {
                # A species that is only in later frames of its videos is that of no video.
                name or "unknown": {
                    level: _evaluate_species(found, name, prior, seed)
                    for level, found in cases.items()
                    if name in found.species
                }
                for name in sorted(set(predictions.species.tolist()))
            },
            "meanings": _MEANINGS,
        }
    )


def _check_finite(predictions: Predictions) -> None:
    count = len(predictions.labels)
    if not count:
        raise DataError("nothing to evaluate: the validation split is empty; give another --valid")
    bad = count - np.isfinite(predictions.logits).all(axis=1).sum()
    if bad:
        raise DataError(
            f"the model's outputs for {bad} of {count} validation frames are not finite numbers: training diverged; "
            "lower --learning_rate or train in float32"
        )


def _evaluate_level(cases: Predictions, prior: np.ndarray, temperature: float, seed: int) -> dict[str, Any]:
    """All metrics of frames or of videos, under both priors."""
    readings = {
        "equal_priors": (calibration.make_equal_prior(prior), calibration.weigh_moods_equally(cases.labels)),
        "natural_prior": (prior, calibration.weigh_cases_equally(cases.labels)),
    }
    evaluated: dict[str, Any] = _count_cases(cases, prior)
    for name, (assumed, weights) in readings.items():
        log_probabilities = calibration.compute_log_probabilities(cases.logits, temperature, assumed)
        uncalibrated = calibration.compute_log_probabilities(cases.logits, 1.0, assumed)
        evaluated[name] = {
            **_evaluate_answers(cases, log_probabilities.argmax(axis=1), prior, seed),
            **calibration.evaluate_probabilities(log_probabilities, cases.labels, weights, assumed),
            "nll_at_temperature_1": calibration.compute_nll(uncalibrated, cases.labels, weights),
        }
    return evaluated


def _evaluate_species(cases: Predictions, species: str, prior: np.ndarray, seed: int) -> dict[str, Any]:
    """The headline metrics of one species under equal priors."""
    chosen = cases.species == species
    cases = Predictions(*(field[chosen] for field in cases))
    evaluated = _evaluate_answers(cases, choose_labels(cases.logits, prior), prior, seed)
    headlines = {name: evaluated[name] for name in (*HEADLINE_METRICS, "majority")}
    return {**_count_cases(cases, prior), "equal_priors": headlines}


def _count_cases(cases: Predictions, prior: np.ndarray) -> dict[str, Any]:
    counts = np.bincount(cases.labels, minlength=MOOD_COUNT)
    return {
        "n": len(cases.labels),
        "videos": len(np.unique(cases.videos)),
        "left_out": [ENGLISH[i] for i in np.flatnonzero(counts == 0)],
        "never_answered": {ENGLISH[i]: counts[i] for i in np.flatnonzero(prior == 0)},
    }


def _evaluate_answers(cases: Predictions, answers: np.ndarray, prior: np.ndarray, seed: int) -> dict[str, Any]:
    """What follows from the answers alone: headline metrics with intervals, metrics of moods, confusion matrix."""
    by_video = count_confusion_matrices(cases.labels, answers, np.unique(cases.videos, return_inverse=True)[1])
    confusion = by_video.sum(axis=0)
    commonest = int(confusion.sum(axis=1).argmax())
    always_commonest = np.eye(MOOD_COUNT)[commonest]
    model = compute_metrics(confusion)
    majority = compute_metrics(compute_expected_confusions(confusion, always_commonest))
    drawn = compute_metrics(compute_expected_confusions(confusion, prior))
    resampled = resample_videos(by_video, RESAMPLE_COUNT, seed) if len(by_video) > 1 else None
    headlines = {}
    for name in HEADLINE_METRICS:
        baselines = {way: getattr(metrics, name) for way, metrics in (("majority", majority), ("prior", drawn))}
        compared = _compare_with_majority(name, model, majority, resampled, always_commonest)
        headlines[name] = {"value": getattr(model, name), **baselines, **compared}
    return {
        **headlines,
        "majority": ENGLISH[commonest],
        "classes": _list_mood_metrics(confusion, model, majority, drawn),
        "confusion": confusion,
    }


def _compare_with_majority(
    name: str,
    model: ConfusionMetrics,
    majority: ConfusionMetrics,
    resampled: np.ndarray | None,
    always_commonest: np.ndarray,
) -> dict[str, Any]:
    """The intervals of a metric and of its lead over the majority's, both from the same resamples (n, 6, 6)."""
    lead = getattr(model, name) - getattr(majority, name)
    if resampled is None:
        return {"interval": None, "lead": lead, "lead_interval": None, "against_majority": "unclear"}
    values = getattr(compute_metrics(resampled), name)
    majority_values = getattr(compute_metrics(compute_expected_confusions(resampled, always_commonest)), name)
    low, high = compute_interval(values - majority_values, CONFIDENCE_LEVEL)
    return {
        "interval": compute_interval(values, CONFIDENCE_LEVEL),
        "lead": lead,
        "lead_interval": [low, high],
        "against_majority": "beats" if low > 0 else "loses to" if high < 0 else "unclear",
    }


def _format_verdict(figures: dict[str, Any]) -> str:
    """Say in one line whether the model beats the answer that is always the commonest mood.

    Answers under equal priors give up accuracy for the rare moods, hence the accuracy under the natural prior as well.
    """
    equal, natural = figures["equal_priors"], figures["natural_prior"]
    emotion = EMOTIONS[ENGLISH.index(equal["majority"])]
    accuracy, macro_f1 = _format_comparison(equal["accuracy"]), _format_comparison(equal["macro_f1"])
    return (
        f"accuracy {accuracy} and macro-F1 {macro_f1} of always answering {emotion.english} ({emotion.korean}); "
        f"with the natural prior, accuracy {_format_comparison(natural['accuracy'])}"
    )


def _format_comparison(figure: dict[str, Any]) -> str:
    interval = "" if figure["interval"] is None else " [{:.3f}, {:.3f}]".format(*figure["interval"])
    verb = figure["against_majority"].replace("unclear", "is not shown to differ from")
    return f"{figure['value']:.3f}{interval} {verb} {figure['majority']:.3f}"


def _list_mood_metrics(
    confusion: np.ndarray, model: ConfusionMetrics, majority: ConfusionMetrics, drawn: ConfusionMetrics
) -> dict[str, Any]:
    """Recall, precision and F1 of each mood, beside those of the baselines."""
    ways = {"value": model, "majority": majority, "prior": drawn}
    return {
        emotion.english: {
            "korean": emotion.korean,
            "support": confusion[i].sum(),
            **{
                name: {way: getattr(metrics, name)[i] for way, metrics in ways.items()}
                for name in ("recall", "precision", "f1")
            },
        }
        for i, emotion in enumerate(EMOTIONS)
    }


def _convert_to_json(value: Any) -> Any:
    """Replace numpy's types by Python's, and numbers that are not finite by None."""
    if isinstance(value, dict):
        return {key: _convert_to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_convert_to_json(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _convert_to_json(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
