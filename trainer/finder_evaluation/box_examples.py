"""Which frames a finder's report shows: the best, the median and the worst answers, each from another video."""

from typing import Any

import numpy as np

from trainer.finder_evaluation.finder_metrics import FinderAnswers

EXAMPLE_COUNT = 6  # of each kind


def choose_box_examples(answers: FinderAnswers) -> dict[str, list[dict[str, Any]]]:
    """Choose frames by the IoU of their best box; the same answers always give the same frames.

    Returns lists of examples by kind, for JSON: the frame's place among the records, its annotated and its answered box
    as fractions of the picture, IoU, score, and both species.
    """
    overlaps = answers.found.best_overlaps
    order = np.argsort(-overlaps, kind="stable")
    middle = np.argsort(np.abs(np.arange(len(order)) - (len(order) - 1) / 2), kind="stable")
    chosen: dict[str, list[dict[str, Any]]] = {}
    shown: set[int] = set()
    for kind, candidates in (("best", order), ("median", order[middle]), ("worst", order[::-1])):
        places = _take_distinct(candidates, answers.videos, shown)
        shown |= set(places)
        chosen[kind] = [_describe(answers, place, float(overlaps[place])) for place in places]
    return chosen


def _take_distinct(candidates: np.ndarray, videos: np.ndarray, shown: set[int]) -> list[int]:
    """The first candidates of videos of their own, that are not shown yet."""
    places, taken = [], set()
    for place in map(int, candidates):
        if len(places) == EXAMPLE_COUNT:
            break
        if place not in shown and int(videos[place]) not in taken:
            places.append(place)
            taken.add(int(videos[place]))
    return places


def _describe(answers: FinderAnswers, place: int, overlap: float) -> dict[str, Any]:
    return {
        "place": place,
        "iou": round(overlap, 4),
        "score": round(float(answers.scores[place, 0]), 4),
        "answered": [round(float(edge), 4) for edge in answers.boxes[place, 0]],
        "annotated": [round(float(edge), 4) for edge in answers.annotated[place]],
        "species": str(answers.species[place, 0]),
        "true_species": str(answers.true_species[place]),
    }
