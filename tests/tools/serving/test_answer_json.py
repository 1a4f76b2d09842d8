"""The moods of a clip that is still being read do not flip with each frame."""

import numpy as np
import pytest

from shards.crop_geometry import Box
from tools.serving.answer_json import LiveMoods
from tools.serving.judging import JudgedFrame
from trainer.answering.answers import DecisionRule
from trainer.answering.pet_judge import JudgedPet
from trainer.model.mood_json import Metadata

METADATA = Metadata(1.0, 48, 1.1, [1 / 6] * 6, "f" * 64, "small")


@pytest.mark.parametrize(("smooth", "labels"), [(0, [3, 3, 3, 0, 3, 3]), (1, [3, 3, 3, 3, 3, 3])])
def test_a_single_frame_of_another_mood(smooth, labels):
    moods, found = LiveMoods(DecisionRule(METADATA, smooth=smooth)), []
    for place, mood in enumerate([3, 3, 3, 0, 3, 3]):
        pets = [JudgedPet(Box(0, 0, 9, 9), "dog", 0.9, 3 * np.eye(6)[label]) for label in (mood, 5)]
        line = moods.build_line(JudgedFrame(place / 5, 64, 48, pets), [1, 2])["frame"]
        assert (line["seconds"], [pet["track"] for pet in line["pets"]]) == (place / 5, [1, 2])
        assert line["pets"][1]["label"] == 5  # another pet's moods are its own
        found.append(line["pets"][0]["label"])
    assert found == labels


def test_what_lies_further_back_counts_no_more():
    moods = LiveMoods(DecisionRule(METADATA))
    for seconds, mood in ((0, 3), (0.2, 3), (1.4, 0)):
        [pet] = [JudgedPet(Box(0, 0, 9, 9), None, None, 3 * np.eye(6)[mood])]
        line = moods.build_line(JudgedFrame(seconds, 64, 48, [pet]), [1])["frame"]
    assert line["pets"][0]["label"] == 0
