"""What of a run's data or model cannot be relied on, each with what to do about it."""

from collections.abc import Iterable

import numpy as np

from shards.emotions import KOREAN
from trainer.evaluation.calibration import MAX_TEMPERATURE, MIN_TEMPERATURE
from trainer.input.dataset_split import DatasetSplit
from trainer.mood_training.loss import count_mood_videos

_NEAR = 1.01  # a temperature that is closer to a bound than by this factor has run into it
_SEE_MOODS = "python -m tools.dataset_report shows where they went"


def list_data_warnings(training: DatasetSplit, validation: DatasetSplit, prior: np.ndarray) -> list[str]:
    """Moods that cannot be learnt, are not measured, or whose share `prior` (6,) is made up; a line each."""
    warnings = []
    if absent := np.flatnonzero(prior == 0).tolist():
        wrong = int((prior[validation.labels] == 0).sum())
        names = _name_moods(absent)
        warnings.append(
            f"without a training frame, so never answered: {names}; {wrong} of {validation.records} validation frames "
            f"show them, which count as wrong and are left out of val_loss: add videos of these moods; {_SEE_MOODS}"
            if wrong
            else f"without any frame, so never answered: {names}; where animals may feel so, add videos of these moods"
        )
    trained = np.flatnonzero(prior > 0)
    if unmeasured := trained[~np.isin(trained, validation.labels)].tolist():
        warnings.append(
            f"no validation frame shows {_name_moods(unmeasured)}: macro-F1 leaves these moods out, and nothing "
            "says how well they are told: give a --valid that has videos of them"
        )
    videos = count_mood_videos(training.labels, training.videos)
    if guessed := trained[videos[trained] == 0].tolist():
        warnings.append(
            f"{_name_moods(guessed)}: no training video has most of its frames in this mood, so its share of the "
            "videos is made up (half a video): add videos of it, or leave these frames out"
        )
    return warnings


def list_temperature_warnings(temperature: float) -> list[str]:
    """A line where the temperature by which the model file sharpens its probabilities was not found."""
    if temperature == 1.0:
        return [
            "the temperature is 1 because none fits best: the validation videos are all answered rightly, or of one "
            "mood; probabilities are not calibrated: give more validation videos"
        ]
    if MIN_TEMPERATURE * _NEAR < temperature < MAX_TEMPERATURE / _NEAR:
        return []
    what = (
        "the answers tell nothing of the moods, and all probabilities become nearly equal: train longer, or see by "
        "--overfit 64 whether the model can learn"
        if temperature > 1
        else "validation is answered better than any probability can say: look for validation videos that are in "
        "training too, or give more of them"
    )
    low, high = MIN_TEMPERATURE, MAX_TEMPERATURE
    return [f"the temperature {temperature:.3g} is at the end of its range ({low} to {high:g}): {what}"]


def _name_moods(labels: Iterable[int]) -> str:
    return ", ".join(KOREAN[label] for label in labels)
