"""What cannot be relied on is said, with what to do; and nothing is said where all is well."""

from types import SimpleNamespace

import numpy as np
import pytest

from shards.emotions import KOREAN
from trainer.evaluation.calibration import MAX_TEMPERATURE, MIN_TEMPERATURE, find_temperature
from trainer.mood_training.loss import estimate_prior
from trainer.mood_training.run_warnings import list_data_warnings, list_temperature_warnings


def list_for(training: list[tuple[int, int]], validation: list[int]) -> list[str]:
    """Warnings for training frames of (mood, video) and validation frames of these moods."""
    labels, videos = map(np.array, zip(*training, strict=True))
    shown = SimpleNamespace(labels=np.array(validation), records=len(validation))
    prior = estimate_prior(labels, videos)
    return list_data_warnings(SimpleNamespace(labels=labels, videos=videos), shown, prior)


EACH = [(mood, mood) for mood in range(6)]


def test_moods_without_frames():
    assert list_for(EACH, [0, 1, 2, 3, 4, 5]) == []
    [line] = list_for(EACH[:4], [0, 1, 2, 3, 5, 5])
    assert line.startswith(f"without a training frame, so never answered: {KOREAN[4]}, {KOREAN[5]}; 2 of 6 validation")
    assert "add videos of these moods" in line
    [line] = list_for(EACH[:5], [0, 1, 2, 3, 4])
    assert line.startswith(f"without any frame, so never answered: {KOREAN[5]}; where")
    [line] = list_for(EACH, [0, 1, 2, 3, 4])
    assert line.startswith(f"no validation frame shows {KOREAN[5]}: ") and "give a --valid" in line


def test_a_share_that_is_made_up():
    """The only frame of anxiety lies in a video of anger: it has frames, and no video."""
    [line] = list_for([*EACH[:5], (0, 0), (5, 0)], [0, 1, 2, 3, 4, 5])
    assert line.startswith(f"{KOREAN[5]}: no training video") and "half a video" in line and "add videos of it" in line


def test_temperatures_that_were_not_found():
    assert list_temperature_warnings(1.3) == []
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 6, 300)
    useless = find_temperature(rng.normal(0, 9, (300, 6)), labels)
    assert useless == pytest.approx(MAX_TEMPERATURE, rel=0.01)
    [line] = list_temperature_warnings(useless)
    assert "20 is at the end of its range (0.05 to 20)" in line and "--overfit 64" in line
    timid = 0.001 * np.eye(6)[labels]
    timid[0] = -timid[0]  # all but one are right
    found = find_temperature(timid, labels)
    assert found == pytest.approx(MIN_TEMPERATURE, rel=0.01)
    assert "better than any probability can say" in list_temperature_warnings(found)[0]
    [line] = list_temperature_warnings(find_temperature(np.eye(6)[labels], labels))
    assert "all answered rightly" in line and "give more validation videos" in line
