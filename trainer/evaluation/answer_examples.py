"""Which validation frames a report shows: of each mood some right answers, and of each wrong answer the surest ones.

The choice lies in metrics.json, so that a report that was lost shows the same frames again.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from shards.emotions import EMOTIONS
from trainer.answering.answers import DecisionRule, find_sure
from trainer.evaluation.calibration import compute_log_probabilities, make_equal_prior
from trainer.evaluation.metrics import Predictions
from trainer.evaluation.mood_timelines import choose_timelines

# What a user is told, unless the flags of inference say otherwise: not known below the one, or where the second mood is
# less than the other behind the first.
SURE_FROM, SURE_BY = DecisionRule.min_confidence, DecisionRule.min_margin
EXAMPLES_PER_GROUP = 6  # at most 216 pictures in a report


def choose_examples(predictions: Predictions, prior: np.ndarray, temperature: float) -> dict[str, Any]:
    """Choose some frames of each cell of the confusion matrix under equal priors, and some videos; ready for JSON.

    A cell shows at most EXAMPLES_PER_GROUP frames, each of another video. Of right answers it is the frame that comes
    first in the shards, whose order is random, spread from the surest answer to the least sure. Of wrong answers it is
    the surest of the video, the surest of all first: those are the ones to learn from.

    Args:
        predictions: of the validation frames, in the order of the split.
        prior: (6,) share of each mood among the training videos.
        temperature: the model's.

    Returns:
        {"sure_from": .., "sure_by": .., "moods": {English name: {"frames": .., "videos": .., "right": cell, "wrong":
        {English name of the answer: cell}}}, "timelines": see choose_timelines} with cells {"frames": .., "videos": ..,
        "unsure": frames of which a user is told that the mood is not known, "chosen": [{"place": of the record in the
        split, "answer": label, "probability": of the answer, "of_truth": of the mood that is shown, "probabilities": of
        all six, "is_sure": ..}, ..]}; answers that no frame has are left out of "wrong".
    """
    probabilities = np.exp(compute_log_probabilities(predictions.logits, temperature, make_equal_prior(prior)))
    answers, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    sure = find_sure(probabilities, SURE_FROM, SURE_BY)

    def describe(label: int, places: np.ndarray, chosen: np.ndarray) -> dict[str, Any]:
        found = [
            {
                "place": place,
                "answer": int(answers[place]),
                "probability": round(float(confidence[place]), 4),
                "of_truth": round(float(probabilities[place, label]), 4),
                "probabilities": probabilities[place].round(4).tolist(),
                "is_sure": bool(sure[place]),
            }
            for place in chosen.tolist()
        ]
        unsure = int((~sure[places]).sum())
        return _count_frames(places, predictions.videos) | {"unsure": unsure, "chosen": found}

    moods = {}
    for label, emotion in enumerate(EMOTIONS):
        cells = [np.flatnonzero((predictions.labels == label) & (answers == answer)) for answer in range(len(EMOTIONS))]
        moods[emotion.english] = _count_frames(np.flatnonzero(predictions.labels == label), predictions.videos) | {
            "right": describe(label, cells[label], _choose_spread(cells[label], predictions.videos, confidence)),
            "wrong": {
                EMOTIONS[answer].english: describe(label, cell, _choose_surest(cell, predictions.videos, confidence))
                for answer, cell in enumerate(cells)
                if answer != label and len(cell)
            },
        }
    timelines = choose_timelines(probabilities, predictions.labels, predictions.videos)
    return {"sure_from": SURE_FROM, "sure_by": SURE_BY, "moods": moods, "timelines": timelines}


def list_cells(examples: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cells of all moods."""
    for mood in examples["moods"].values():
        yield mood["right"]
        yield from mood["wrong"].values()


def list_example_places(examples: dict[str, Any]) -> list[int]:
    """The places in the split of all chosen frames and of those of the timelines, in their order."""
    places = {example["place"] for cell in list_cells(examples) for example in cell["chosen"]}
    return sorted(places.union(*(timeline["places"] for timeline in examples["timelines"])))


def _count_frames(places: np.ndarray, videos: np.ndarray) -> dict[str, Any]:
    return {"frames": len(places), "videos": len(np.unique(videos[places]))}


def _choose_surest(places: np.ndarray, videos: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Of each video the frame with the surest answer, the surest first."""
    ordered = places[np.lexsort((places, -confidence[places]))]
    return ordered[np.sort(np.unique(videos[ordered], return_index=True)[1])][:EXAMPLES_PER_GROUP]


def _choose_spread(places: np.ndarray, videos: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """The first frame of each video, spread over their confidence, the surest first."""
    first = places[np.unique(videos[places], return_index=True)[1]]
    ordered = first[np.lexsort((first, -confidence[first]))]
    if len(ordered) <= EXAMPLES_PER_GROUP:
        return ordered
    return ordered[np.linspace(0, len(ordered) - 1, EXAMPLES_PER_GROUP).round().astype(int)]
