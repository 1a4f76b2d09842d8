"""Which frames the report shows: of each mood and outcome a few, each of another video, always the same ones."""

import json

import numpy as np
import pytest

from shards.emotions import ENGLISH
from tests.trainer.evaluation.predictions import PRIOR, draw_predictions, predict
from trainer.answering.answers import DecisionRule
from trainer.evaluation.answer_examples import (
    EXAMPLES_PER_GROUP,
    choose_examples,
    list_cells,
    list_example_places,
)
from trainer.evaluation.calibration import compute_log_probabilities
from trainer.evaluation.metrics import Predictions
from trainer.evaluation.mood_timelines import choose_timelines, draw_timeline
from trainer.model.mood_json import Metadata


def test_each_picture_is_in_its_group_and_of_another_video():
    predictions = draw_predictions(videos=400)
    examples = choose_examples(predictions, PRIOR, 1.2)
    probabilities = np.exp(compute_log_probabilities(predictions.logits, 1.2))
    for label, name in enumerate(ENGLISH):
        mood = examples["moods"][name]
        assert mood["frames"] == (predictions.labels == label).sum()
        cells = {name: mood["right"]} | mood["wrong"]
        assert sum(cell["frames"] for cell in cells.values()) == mood["frames"]
        for answer, cell in cells.items():
            inside = np.flatnonzero((predictions.labels == label) & (probabilities.argmax(1) == ENGLISH.index(answer)))
            places = [one["place"] for one in cell["chosen"]]
            assert len(places) == min(EXAMPLES_PER_GROUP, cell["videos"]) == len(set(predictions.videos[places]))
            assert cell["frames"] == len(inside) and set(places) <= set(inside)
            for one in cell["chosen"]:
                of_frame = probabilities[one["place"]]
                assert one["answer"] == ENGLISH.index(answer)
                assert one["probabilities"] == pytest.approx(of_frame, abs=1e-4)
                assert one["probability"] == pytest.approx(of_frame.max(), abs=1e-4)
                assert one["of_truth"] == pytest.approx(of_frame[label], abs=1e-4)
            shown = [one["probability"] for one in cell["chosen"]]
            assert shown == sorted(shown, reverse=True)
            if answer != name:  # no wrong answer is surer than the first
                assert shown[0] == pytest.approx(probabilities[inside].max(), abs=1e-4)
    assert examples == json.loads(json.dumps(choose_examples(predictions, PRIOR, 1.2)))
    places = list_example_places(examples)
    assert places == sorted(set(places)) and len(list(list_cells(examples))) <= 36


def test_a_video_shows_its_first_frame_and_many_videos_are_spread_by_certainty():
    logits = np.zeros((40, 6))
    logits[:, 3] = np.repeat(np.linspace(5, 1, 20), 2)  # 20 videos of two frames, the surest first
    predictions = Predictions(logits, np.full(40, 3), np.arange(40) // 2, np.full(40, "", object))
    chosen = choose_examples(predictions, PRIOR, 1.0)["moods"]["calm"]["right"]["chosen"]
    assert [one["place"] for one in chosen] == [0, 8, 16, 22, 30, 38]


@pytest.mark.parametrize(
    ("first", "second", "is_sure"), [(0.5, 0.5, False), (0.54, 0.46, True), (0.39, 0.3, False), (0.42, 0.38, False)]
)
def test_an_answer_is_sure_by_the_rule_of_inference(first, second, is_sure):
    probabilities = np.array([[second, 0.0, 0.0, first, 0.0, 0.0]])
    probabilities[:, [1, 2, 4, 5]] = (1 - first - second) / 4 + 1e-12
    predictions = Predictions(np.log(probabilities), np.array([3]), np.array([0]), np.full(1, "", object))
    (cell,) = [cell for cell in list_cells(choose_examples(predictions, np.full(6, 1 / 6), 1.0)) if cell["frames"]]
    assert cell["unsure"] == (not is_sure) and [one["is_sure"] for one in cell["chosen"]] == [is_sure]
    rule = DecisionRule(Metadata(1.0, 256, 1.1, [1 / 6] * 6, "", "small"))
    assert (rule.decide(rule.compute_probabilities(np.log(probabilities[0]))) is None) is not is_sure


def test_a_mood_without_frames_and_one_without_training():
    prior = np.array([0.5, 0.5, 0, 0, 0, 0])
    examples = choose_examples(predict([1, 2], [1, 2]), prior, 1.0)["moods"]
    nothing = {"frames": 0, "videos": 0}
    assert examples["anger"] == nothing | {"right": nothing | {"unsure": 0, "chosen": []}, "wrong": {}}
    never = examples["happiness"]
    assert never["right"]["frames"] == 0
    assert all(one["of_truth"] == 0 for cell in never["wrong"].values() for one in cell["chosen"])
    assert never["wrong"]


def test_videos_over_time():
    """The longest video that is mostly right and the longest that is not; single frames have no time."""
    labels, videos = np.full(14, 3), np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 4])
    right = np.array([1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1, 1])
    probabilities = np.where(right[:, None], np.eye(6)[3] * 0.5, np.eye(6)[5] * 0.5) + 0.5 / 6
    wrong, sure = choose_timelines(probabilities, labels, videos)
    assert (wrong["places"], wrong["right"], wrong["frames"]) == ([3, 4, 5, 6], 1, 4)
    assert (sure["places"], sure["right"]) == ([9, 10, 11, 12], 3)
    areas = draw_timeline(np.array([0.0, 1.0, 4.0]), probabilities[[3, 6, 5]])
    assert areas[0] == "0.0,91.7 250.0,91.7 1000.0,91.7 1000.0,100.0 250.0,100.0 0.0,100.0"
    assert areas[5].startswith("0.0,0.0 250.0,0.0 1000.0,0.0 1000.0,58.3 250.0,8.3")
