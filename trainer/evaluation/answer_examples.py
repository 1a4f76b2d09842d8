"""Which validation frames a report shows: for each mood some right answers, some wrong and sure, some wrong and unsure.

The choice lies in metrics.json, so that a report that was lost shows the same frames again.
"""

from typing import Any

import numpy as np

from shards.emotions import EMOTIONS
from trainer.answering.answers import DecisionRule
from trainer.evaluation.calibration import compute_log_probabilities, make_equal_prior
from trainer.evaluation.metrics import Predictions

SURE_FROM = DecisionRule.min_confidence  # below it a user is told that the mood is not known
EXAMPLE_GROUPS = ("right", "wrong_and_sure", "wrong_and_unsure")
EXAMPLES_PER_GROUP = 6  # at most 108 pictures in a report


def choose_examples(predictions: Predictions, prior: np.ndarray, temperature: float) -> dict[str, Any]:
    """Choose some frames of each mood by how they were answered under equal priors; ready for JSON.

    Each group of a mood shows at most EXAMPLES_PER_GROUP frames, each of another video: the one that comes first in the
    shards, whose order is random. Where more videos have one, the choice is spread from the surest answer to the least
    sure.

    Args:
        predictions: of the validation frames, in the order of the split.
        prior: (6,) share of each mood among the training videos.
        temperature: the model's.

    Returns:
        {"sure_from": .., "moods": {English name: {"frames": .., "videos": .., group: {"frames": .., "videos": ..,
        "chosen": [{"place": of the record in the split, "answer": label, "probability": of the answer, "of_truth":
        probability of the mood that is shown}, ..]}, ..}}}
    """
    probabilities = np.exp(compute_log_probabilities(predictions.logits, temperature, make_equal_prior(prior)))
    answers, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right, sure = answers == predictions.labels, confidence >= SURE_FROM
    groups = dict(zip(EXAMPLE_GROUPS, (right, ~right & sure, ~right & ~sure), strict=True))
    moods = {}
    for label, emotion in enumerate(EMOTIONS):
        shown = predictions.labels == label
        moods[emotion.english] = _count_frames(shown, predictions.videos)
        for name, group in groups.items():
            places = _choose_places(shown & group, predictions.videos, confidence)
            chosen = [
                {
                    "place": int(place),
                    "answer": int(answers[place]),
                    "probability": round(float(confidence[place]), 4),
                    "of_truth": round(float(probabilities[place, label]), 4),
                }
                for place in places
            ]
            moods[emotion.english][name] = _count_frames(shown & group, predictions.videos) | {"chosen": chosen}
    return {"sure_from": SURE_FROM, "moods": moods}


def list_example_places(examples: dict[str, Any]) -> list[int]:
    """The places in the split of all chosen frames, in their order."""
    groups = (mood[name] for mood in examples["moods"].values() for name in EXAMPLE_GROUPS)
    return sorted(example["place"] for group in groups for example in group["chosen"])


def _count_frames(chosen: np.ndarray, videos: np.ndarray) -> dict[str, Any]:
    return {"frames": int(chosen.sum()), "videos": len(np.unique(videos[chosen]))}


def _choose_places(chosen: np.ndarray, videos: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """The first place of each video among the `chosen` (n,) bool, spread over their confidence, the surest first."""
    places = np.flatnonzero(chosen)
    first = places[np.unique(videos[places], return_index=True)[1]]
    ordered = first[np.lexsort((first, -confidence[first]))]
    if len(ordered) <= EXAMPLES_PER_GROUP:
        return ordered
    return ordered[np.linspace(0, len(ordered) - 1, EXAMPLES_PER_GROUP).round().astype(int)]
