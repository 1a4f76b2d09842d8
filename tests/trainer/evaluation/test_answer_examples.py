"""Which frames the report shows: of each mood and outcome a few, each of another video, always the same ones."""

import json

import numpy as np
import pytest

from shards.emotions import ENGLISH
from tests.trainer.evaluation.predictions import PRIOR, draw_predictions, predict
from trainer.evaluation.answer_examples import (
    EXAMPLE_GROUPS,
    EXAMPLES_PER_GROUP,
    SURE_FROM,
    choose_examples,
    list_example_places,
)
from trainer.evaluation.calibration import compute_log_probabilities
from trainer.evaluation.metrics import Predictions


def test_each_picture_is_in_its_group_and_of_another_video():
    predictions = draw_predictions(videos=400)
    examples = choose_examples(predictions, PRIOR, 1.2)
    probabilities = np.exp(compute_log_probabilities(predictions.logits, 1.2))
    for label, name in enumerate(ENGLISH):
        mood = examples["moods"][name]
        assert mood["frames"] == (predictions.labels == label).sum()
        assert sum(mood[group]["frames"] for group in EXAMPLE_GROUPS) == mood["frames"]
        for group in EXAMPLE_GROUPS:
            places = [one["place"] for one in mood[group]["chosen"]]
            assert len(places) == min(EXAMPLES_PER_GROUP, mood[group]["videos"]) == len(set(predictions.videos[places]))
            for one in mood[group]["chosen"]:
                of_frame = probabilities[one["place"]]
                assert one["answer"] == of_frame.argmax() and predictions.labels[one["place"]] == label
                assert one["probability"] == pytest.approx(of_frame.max(), abs=1e-4)
                assert one["of_truth"] == pytest.approx(of_frame[label], abs=1e-4)
                right, sure = one["answer"] == label, of_frame.max() >= SURE_FROM
                assert group == ("right" if right else "wrong_and_sure" if sure else "wrong_and_unsure")
            shown = [one["probability"] for one in mood[group]["chosen"]]
            assert shown == sorted(shown, reverse=True)
    assert examples == json.loads(json.dumps(choose_examples(predictions, PRIOR, 1.2)))
    assert len(list_example_places(examples)) == len(set(list_example_places(examples))) == 108


def test_a_video_shows_its_first_frame_and_many_videos_are_spread_by_certainty():
    logits = np.zeros((40, 6))
    logits[:, 3] = np.repeat(np.linspace(5, 1, 20), 2)  # 20 videos of two frames, the surest first
    predictions = Predictions(logits, np.full(40, 3), np.arange(40) // 2, np.full(40, "", object))
    chosen = choose_examples(predictions, PRIOR, 1.0)["moods"]["calm"]["right"]["chosen"]
    assert [one["place"] for one in chosen] == [0, 8, 16, 22, 30, 38]


def test_a_mood_without_frames_and_one_without_training():
    prior = np.array([0.5, 0.5, 0, 0, 0, 0])
    examples = choose_examples(predict([1, 2], [1, 2]), prior, 1.0)["moods"]
    assert examples["anger"] == {"frames": 0, "videos": 0} | {
        group: {"frames": 0, "videos": 0, "chosen": []} for group in EXAMPLE_GROUPS
    }
    never = examples["happiness"]
    assert never["right"]["frames"] == 0 and never["wrong_and_sure"]["chosen"][0]["of_truth"] == 0
