"""The evaluation of a finder in metrics.json, each figure beside that of always answering the mean box.

Intervals come from a bootstrap over videos, as those of the moods do.
"""

from typing import Any, NamedTuple

import numpy as np

from shards.errors import DataError
from trainer.evaluation.bootstrap import compute_interval, draw_videos
from trainer.evaluation.metrics_json import CONFIDENCE_LEVEL, RESAMPLE_COUNT
from trainer.finder_evaluation.box_precision import (
    OVERLAPS,
    FoundBoxes,
    choose_least_score,
    compare_boxes,
    compute_average_precision,
)

FINDER_FIGURES = {"ap50": "AP at IoU 0.5", "ap": "AP at IoU 0.5:0.95", "mean_iou": "mean IoU of the best box"}
# Names of the sizes of boxes, by the square root of their share of the picture: from, below.
BOX_SIZES = {"small": (0.0, 0.25), "medium": (0.25, 0.5), "large": (0.5, np.inf)}

_MEANINGS = {
    "ap50": "average precision: the area under precision over recall, a box counting as found where its IoU with the "
    "annotated one is at least 0.5, whichever species is answered",
    "ap": "the mean of the average precisions at an IoU of 0.5, 0.55 .. 0.95, as COCO has it",
    "mean_iou": "the mean over frames of the IoU of the box with the highest score; 0 where there is none",
    "species_right": "of the frames whose best box has an IoU of at least 0.5 and whose species is known, the share in "
    "which its species is right",
    "mean_box": "always the mean of the training frames' boxes, as shares of the picture, with one score",
    "intervals": f"the middle {CONFIDENCE_LEVEL:.0%} of {RESAMPLE_COUNT} bootstrap resamples over videos; null for a "
    "single video. A figure beats that of the mean box, or loses to it, where their difference's interval has no 0",
    "sizes": "by the square root of the box's share of the picture: small is below a quarter, large from a half",
    "several": "frames whose label states more animals than its one box; boxes elsewhere on them are not counted as "
    "false",
    "selection": "the epoch and min_score were chosen on these same validation videos, so all figures are a little "
    "too good; intervals do not know of the choice",
}


class FinderAnswers(NamedTuple):
    """A finder's answers to the validation frames beside what is annotated, boxes as fractions of the picture."""

    boxes: np.ndarray  # (frames, k, 4): ymin, xmin, ymax, xmax, the highest score first
    scores: np.ndarray  # (frames, k)
    species: np.ndarray  # object (frames, k): "DOG" or "CAT"
    annotated: np.ndarray  # (frames, 4)
    true_species: np.ndarray  # object (frames,): "DOG", "CAT" or ""
    animal_counts: np.ndarray  # (frames,), 0 where it is not stated
    videos: np.ndarray  # (frames,) integers, equal for the frames of a video

    @property
    def found(self) -> FoundBoxes:
        return FoundBoxes(
            compare_boxes(self.boxes, self.annotated),
            self.scores,
            self.species == self.true_species[:, None],
            self.animal_counts > 1,
        )


def compute_finder_epoch(answers: FinderAnswers) -> dict[str, float]:
    """The figures of an epoch: FINDER_FIGURES over all frames."""
    found = answers.found
    precisions = compute_average_precision(found)[0]
    return {
        "ap50": float(precisions[0]),
        "ap": float(precisions.mean()),
        "mean_iou": float(found.best_overlaps.mean()),
    }


def fit_least_score(answers: FinderAnswers) -> float:
    """See choose_least_score."""
    return choose_least_score(answers.found)


def evaluate_finder(answers: FinderAnswers, mean_box: np.ndarray, seed: int) -> dict[str, Any]:
    """Evaluate answers for all frames, for each species and for each size of box.

    Args:
        answers: to the validation frames.
        mean_box: (4,), the mean of the training boxes as fractions of the picture.
        seed: of the bootstrap.

    Returns:
        Nested dicts ready for JSON. What is undefined is None; `meanings` explains each figure.

    Raises DataError where the answers are not finite.
    """
    if not (np.isfinite(answers.boxes).all() and np.isfinite(answers.scores).all()):
        raise DataError("the finder's outputs are not finite numbers: training diverged; lower --learning_rate")
    sides = np.sqrt(np.prod(answers.annotated[:, 2:] - answers.annotated[:, :2], axis=1))
    groups = {
        "all": {"all": np.ones(len(sides), bool)},
        "species": {
            name or "unknown": answers.true_species == name for name in sorted(set(answers.true_species.tolist()))
        },
        "sizes": {name: (sides >= low) & (sides < high) for name, (low, high) in BOX_SIZES.items()},
    }
    found, constant = answers.found, _answer_mean_box(answers, mean_box)
    evaluated = {
        title: {
            name: _evaluate_group(found.select(chosen), constant.select(chosen), answers.videos[chosen], seed)
            | _measure_species(answers, found, chosen)
            for name, chosen in group.items()
            if chosen.any()
        }
        for title, group in groups.items()
    }
    whole = evaluated.pop("all")["all"]
    return {
        "verdict": word_finder_verdict(whole),
        "bootstrap": {"resamples": RESAMPLE_COUNT, "level": CONFIDENCE_LEVEL, "over": "videos", "seed": seed},
        "mean_box": [round(float(edge), 4) for edge in mean_box],
        **whole,
        **evaluated,
        "meanings": _MEANINGS,
    }


def word_finder_verdict(whole: dict[str, Any]) -> str:
    """One line: AP at IoU 0.5 and the overlap, beside those of the mean box."""
    parts = [f"{FINDER_FIGURES[name]} {_format_comparison(whole[name])}" for name in ("ap50", "mean_iou")]
    return f"{whole['frames']} frames of {whole['videos']} videos: {', '.join(parts)}"


def _format_comparison(figure: dict[str, Any]) -> str:
    interval = "" if figure["interval"] is None else " [{:.3f}, {:.3f}]".format(*figure["interval"])
    verb = figure["against_mean_box"].replace("unclear", "is not shown to differ from")
    return f"{figure['value']:.3f}{interval} {verb} {figure['mean_box']:.3f} of always answering the mean box"


def _answer_mean_box(answers: FinderAnswers, mean_box: np.ndarray) -> FoundBoxes:
    frames = len(answers.annotated)
    boxes = np.tile(mean_box, (frames, 1, 1))
    overlaps = compare_boxes(boxes, answers.annotated)
    return FoundBoxes(overlaps, np.ones((frames, 1)), np.zeros((frames, 1), bool), answers.animal_counts > 1)


def _evaluate_group(found: FoundBoxes, constant: FoundBoxes, videos: np.ndarray, seed: int) -> dict[str, Any]:
    """The figures of some frames, with intervals, beside those of the mean box."""
    names, video = np.unique(videos, return_inverse=True)
    values, of_constant = _measure(found, None)[0], _measure(constant, None)[0]
    draws = [
        np.stack([_measure(each, times[:, video]) for each in (found, constant)])
        for times in (draw_videos(len(names), RESAMPLE_COUNT, seed) if len(names) > 1 else ())
    ]
    drawn = np.concatenate(draws, axis=1) if draws else None
    figures = {}
    for place, name in enumerate(FINDER_FIGURES):
        interval = difference = None
        if drawn is not None:
            interval = compute_interval(drawn[0, :, place], CONFIDENCE_LEVEL)
            difference = compute_interval(drawn[0, :, place] - drawn[1, :, place], CONFIDENCE_LEVEL)
        figures[name] = {
            "value": float(values[place]),
            "interval": interval,
            "mean_box": float(of_constant[place]),
            "against_mean_box": _compare(difference),
        }
    return {"frames": len(videos), "videos": len(names), "several": int(found.several.sum()), **figures}


def _measure(answers: FoundBoxes, weights: np.ndarray | None) -> np.ndarray:
    """FINDER_FIGURES of answers, (resamples, 3), for frames that count `weights` (resamples, frames) times."""
    precisions = compute_average_precision(answers, weights)
    weights = np.ones((1, len(answers.scores))) if weights is None else weights
    overlaps = weights @ answers.best_overlaps / weights.sum(axis=1)
    return np.stack([precisions[:, OVERLAPS.index(0.5)], precisions.mean(axis=1), overlaps], axis=1)


def _compare(difference: list[float] | None) -> str:
    if difference is None or difference[0] <= 0 <= difference[1]:
        return "unclear"
    return "beats" if difference[0] > 0 else "loses to"


def _measure_species(answers: FinderAnswers, found: FoundBoxes, chosen: np.ndarray) -> dict[str, Any]:
    known = chosen & (found.best_overlaps >= 0.5) & (answers.true_species != "")
    share = float(found.species_right[known, 0].mean()) if known.any() else None
    return {"species_right": share}
