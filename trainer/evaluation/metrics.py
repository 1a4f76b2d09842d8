"""What a model is worth, told honestly: beside every figure what an answer without a look would have reached.

Logits are balanced, so an answer's *equal priors* reading is their argmax and softmax; the *natural prior* reading adds
the logarithm of the training videos' shares. Frames of a video are near-copies: figures are given for frames and for
videos (mean logits), and intervals come from a bootstrap over videos.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from shards.emotions import EMOTIONS, ENGLISH
from shards.errors import DataError
from trainer.evaluation import calibration
from trainer.evaluation.confusion import (
    CLASSES,
    Figures,
    answer_blindly,
    compute_metrics,
    count_confusions,
    find_interval,
    resample,
)

RESAMPLES = 1000
LEVEL = 0.95
HEADLINES = ("accuracy", "macro_f1", "balanced_accuracy")
PRIORS = ("equal_priors", "natural_prior")
_MEANINGS = {
    "equal_priors": "every mood equally likely beforehand: answer = argmax of the balanced logits, probability "
    "= softmax(logits / temperature); NLL and calibration error give every mood of the validation the same weight",
    "natural_prior": "moods as likely as among the training videos: softmax(logits / temperature + log prior), answer "
    "= its argmax; NLL and calibration error give every frame or video the same weight",
    "majority": "always the commonest mood of these frames or videos with certainty, the best that any constant answer "
    "reaches; its NLL is infinite, hence null",
    "prior": "answers drawn from the training videos' shares: their expected confusion matrix; NLL and calibration "
    "error are of the prior itself as the probability (1/6 each for equal priors, where all six are trained)",
    "intervals": f"the middle {LEVEL:.0%} of {RESAMPLES} bootstrap resamples over videos; null for a single video",
    "selection": "the epoch and the temperature were chosen on these same validation videos, so all figures are a "
    "little too good; intervals do not know of the choice",
    "never_answered": "moods without a training frame: their probability is 0. Their cases in validation count as "
    "wrong answers, and are left out of the NLL",
    "absent": "a mood without a case in validation has null figures and is left out of every mean (left_out names it)",
}


class Predictions(NamedTuple):
    """What a model said about frames, in any order."""

    logits: np.ndarray  # (n, 6) float, balanced
    labels: np.ndarray  # (n,) integers, 0 to 5
    videos: np.ndarray  # (n,) integers, equal for the frames of a video
    species: np.ndarray  # (n,) "DOG", "CAT" or "" where unknown


def score(predictions: Predictions, prior: np.ndarray) -> dict[str, float]:
    """The figures of an epoch, over frames: val_loss, val_accuracy, macro_f1, balanced_accuracy.

    val_loss is the unsmoothed NLL under the natural prior (6,) at temperature 1, over the moods that have a share of
    it; the others are of the argmax under equal priors, their means over the moods that occur.
    """
    labels = predictions.labels
    logs = calibration.log_probabilities(predictions.logits, 1.0, prior)
    answers = _answer(predictions.logits, prior)
    figures = compute_metrics(count_confusions(labels, answers, np.zeros(len(labels), int))[0])
    return {
        "val_loss": calibration.measure_nll(logs, labels, calibration.weigh_equally(labels)),
        "val_accuracy": float(figures.accuracy),
        "macro_f1": float(figures.macro_f1),
        "balanced_accuracy": float(figures.balanced_accuracy),
    }


def fit_temperature(predictions: Predictions, prior: np.ndarray | None = None) -> float:
    """The temperature with the least class-balanced NLL over videos; 1.0 where there is no best one.

    Videos of a mood without a share of the prior (6,) say nothing about it.
    """
    videos = average_videos(predictions)
    told = slice(None) if prior is None else prior[videos.labels] > 0
    return calibration.find_temperature(videos.logits[told], videos.labels[told])


def average_videos(predictions: Predictions) -> Predictions:
    """One row a video: the mean of its frames' logits, their commonest label, the species of its first frame."""
    _, first, video = np.unique(predictions.videos, return_index=True, return_inverse=True)
    count, frames = len(first), np.bincount(video)
    sums = [np.bincount(video, column, minlength=count) for column in predictions.logits.T.astype(np.float64)]
    votes = np.bincount(video * CLASSES + predictions.labels, minlength=count * CLASSES).reshape(count, CLASSES)
    return Predictions(
        np.stack(sums, axis=1) / frames[:, None], votes.argmax(axis=1), np.arange(count), predictions.species[first]
    )


def evaluate(predictions: Predictions, prior: np.ndarray, temperature: float, seed: int) -> dict[str, Any]:
    """Everything a report needs, ready for JSON: what is undefined is null, and `meanings` says what each figure is.

    `prior` (6,) is the share of each mood among the training videos, `seed` that of the bootstrap.
    Raises DataError where there are no predictions or where they are not finite numbers.
    """
    _check(predictions)
    levels = {"frames": predictions, "videos": average_videos(predictions)}
    described = {level: _describe(cases, prior, temperature, seed) for level, cases in levels.items()}
    for level, figures in described.items():
        figures["verdict"] = f"{level}: {_word_verdict(figures)}"
    return _make_plain(
        {
            "verdict": described["frames"]["verdict"],
            "temperature": temperature,
            "prior": dict(zip(ENGLISH, prior, strict=True)),
            "bootstrap": {"resamples": RESAMPLES, "level": LEVEL, "over": "videos", "seed": seed},
            **described,
            "species": {
                name or "unknown": {level: _describe_species(levels[level], name, prior, seed) for level in levels}
                for name in sorted(set(predictions.species.tolist()))
            },
            "meanings": _MEANINGS,
        }
    )


def _check(predictions: Predictions) -> None:
    count = len(predictions.labels)
    if not count:
        raise DataError("nothing to evaluate: the validation split is empty; give another --valid")
    bad = count - np.isfinite(predictions.logits).all(axis=1).sum()
    if bad:
        raise DataError(
            f"the model's outputs for {bad} of {count} validation frames are not finite numbers: training diverged; "
            "lower --learning_rate or train in float32"
        )


def _describe(cases: Predictions, prior: np.ndarray, temperature: float, seed: int) -> dict[str, Any]:
    """The figures of frames or of videos, by the prior that they use."""
    readings = {
        "equal_priors": (calibration.equalize(prior), calibration.balance_classes(cases.labels)),
        "natural_prior": (prior, calibration.weigh_equally(cases.labels)),
    }
    described: dict[str, Any] = _count(cases, prior)
    for name, (blind, weights) in readings.items():
        logs = calibration.log_probabilities(cases.logits, temperature, blind)
        raw = calibration.log_probabilities(cases.logits, 1.0, blind)
        described[name] = {
            **_describe_answers(cases, logs.argmax(axis=1), prior, seed),
            **calibration.describe_probabilities(logs, cases.labels, weights, blind),
            "nll_at_temperature_1": calibration.measure_nll(raw, cases.labels, weights),
        }
    return described


def _describe_species(cases: Predictions, species: str, prior: np.ndarray, seed: int) -> dict[str, Any]:
    """The headline figures of one species, under equal priors."""
    chosen = cases.species == species
    cases = Predictions(*(field[chosen] for field in cases))
    answers = _describe_answers(cases, _answer(cases.logits, prior), prior, seed)
    return {**_count(cases, prior), "equal_priors": {name: answers[name] for name in (*HEADLINES, "majority")}}


def _answer(logits: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """(n,) labels of the most probable moods under equal priors, of those that have a share of the natural one."""
    return np.where(prior > 0, logits, -np.inf).argmax(axis=1)


def _count(cases: Predictions, prior: np.ndarray) -> dict[str, Any]:
    counts = np.bincount(cases.labels, minlength=CLASSES)
    return {
        "n": len(cases.labels),
        "videos": len(np.unique(cases.videos)),
        "left_out": [ENGLISH[i] for i in np.flatnonzero(counts == 0)],
        "never_answered": {ENGLISH[i]: counts[i] for i in np.flatnonzero(prior == 0)},
    }


def _describe_answers(cases: Predictions, answers: np.ndarray, prior: np.ndarray, seed: int) -> dict[str, Any]:
    """What follows from the answers alone: headline figures with intervals, classes, confusion, verdict."""
    by_video = count_confusions(cases.labels, answers, np.unique(cases.videos, return_inverse=True)[1])
    confusion = by_video.sum(axis=0)
    common = int(confusion.sum(axis=1).argmax())
    constant = np.eye(CLASSES)[common]
    model, majority, drawn = (
        compute_metrics(table)
        for table in (confusion, answer_blindly(confusion, constant), answer_blindly(confusion, prior))
    )
    described: dict[str, Any] = {
        name: {"value": getattr(model, name), "majority": getattr(majority, name), "prior": getattr(drawn, name)}
        for name in HEADLINES
    }
    draws = resample(by_video, RESAMPLES, seed) if len(by_video) > 1 else None
    for name in HEADLINES:
        described[name] |= _compare(name, model, majority, draws, constant)
    return {
        **described,
        "majority": ENGLISH[common],
        "classes": _describe_classes(confusion, model, majority, drawn),
        "confusion": confusion,
    }


def _compare(name: str, model: Figures, majority: Figures, draws: np.ndarray | None, constant: np.ndarray) -> dict:
    """A figure's interval, and its lead over the majority, both judged on the same resamples."""
    lead = getattr(model, name) - getattr(majority, name)
    if draws is None:
        return {"interval": None, "lead": lead, "lead_interval": None, "against_majority": "unclear"}
    values = getattr(compute_metrics(draws), name)
    leads = find_interval(values - getattr(compute_metrics(answer_blindly(draws, constant)), name), LEVEL)
    judged = "beats" if leads[0] > 0 else "loses to" if leads[1] < 0 else "unclear"
    return {
        "interval": find_interval(values, LEVEL),
        "lead": lead,
        "lead_interval": leads,
        "against_majority": judged,
    }


def _word_verdict(figures: dict[str, Any]) -> str:
    """One line: does it beat always answering the commonest mood, in accuracy and in macro-F1?

    Answers under equal priors give up accuracy for the rare moods; those under the natural prior do not.
    """
    equal, natural = figures["equal_priors"], figures["natural_prior"]
    emotion = EMOTIONS[ENGLISH.index(equal["majority"])]
    accuracy, macro_f1 = _word_figure(equal["accuracy"]), _word_figure(equal["macro_f1"])
    return (
        f"accuracy {accuracy} and macro-F1 {macro_f1} of always answering {emotion.english} ({emotion.korean}); "
        f"with the natural prior, accuracy {_word_figure(natural['accuracy'])}"
    )


def _word_figure(figure: dict[str, Any]) -> str:
    interval = "" if figure["interval"] is None else " [{:.3f}, {:.3f}]".format(*figure["interval"])
    verb = figure["against_majority"].replace("unclear", "is not shown to differ from")
    return f"{figure['value']:.3f}{interval} {verb} {figure['majority']:.3f}"


def _describe_classes(confusion: np.ndarray, model: Figures, majority: Figures, drawn: Figures) -> dict[str, Any]:
    def beside(name: str, i: int) -> dict[str, float]:
        ways = {"value": model, "majority": majority, "prior": drawn}
        return {way: getattr(figures, name)[i] for way, figures in ways.items()}

    return {
        emotion.english: {
            "korean": emotion.korean,
            "support": confusion[i].sum(),
            **{name: beside(name, i) for name in ("recall", "precision", "f1")},
        }
        for i, emotion in enumerate(EMOTIONS)
    }


def _make_plain(value: Any) -> Any:
    """Python's own types, as JSON wants them, and None for what is not a finite number."""
    if isinstance(value, dict):
        return {key: _make_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_make_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _make_plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
