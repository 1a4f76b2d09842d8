"""The evaluation of a finder: beside the mean box, by species and size, and with intervals over videos."""

import json

import numpy as np
import pytest

from shards.errors import DataError
from trainer.finder_evaluation.box_examples import choose_box_examples
from trainer.finder_evaluation.finder_metrics import FinderAnswers, evaluate_finder


def make_answers(frames: int = 60, videos: int = 12, noise: float = 0.02) -> FinderAnswers:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 0.5, (frames, 2))
    annotated = np.concatenate([low, low + rng.uniform(0.1, 0.5, (frames, 2))], axis=1)
    boxes = np.clip(annotated[:, None] + rng.normal(0, noise, (frames, 3, 4)), 0, 1)
    species = np.array(["DOG", "CAT", ""], object)[np.arange(frames) % 3]
    return FinderAnswers(
        boxes,
        np.sort(rng.uniform(0.2, 1, (frames, 3)))[:, ::-1],
        np.full((frames, 3), "DOG", object),
        annotated,
        species,
        np.arange(frames) % 5,
        np.arange(frames) % videos,
    )


MEAN_BOX = np.array([0.25, 0.25, 0.55, 0.55])


def test_a_good_finder_beats_the_mean_box_and_a_blind_one_does_not():
    good = evaluate_finder(make_answers(noise=0.01), MEAN_BOX, seed=0)
    assert good["ap50"]["against_mean_box"] == "beats" and good["mean_iou"]["value"] > 0.8
    assert good["ap50"]["interval"][0] <= good["ap50"]["value"] <= good["ap50"]["interval"][1]
    blind = make_answers()
    blind = evaluate_finder(blind._replace(boxes=np.tile(MEAN_BOX, (60, 3, 1))), MEAN_BOX, seed=0)
    assert blind["mean_iou"]["against_mean_box"] == "unclear"
    assert blind["mean_iou"]["value"] == pytest.approx(blind["mean_iou"]["mean_box"])
    json.dumps(good, allow_nan=False)


def test_groups_add_up_and_species_are_counted_where_found():
    found = evaluate_finder(make_answers(noise=0.01), MEAN_BOX, seed=0)
    assert sum(group["frames"] for group in found["species"].values()) == found["frames"] == 60
    assert sum(group["frames"] for group in found["sizes"].values()) == 60
    assert found["species"]["DOG"]["species_right"] == 1 and found["species"]["CAT"]["species_right"] == 0
    assert found["species"]["unknown"]["species_right"] is None and found["several"] == 36


def test_a_single_video_has_no_interval():
    found = evaluate_finder(make_answers(videos=1), MEAN_BOX, seed=0)
    assert found["ap50"]["interval"] is None and found["ap50"]["against_mean_box"] == "unclear"


def test_answers_that_are_not_finite():
    answers = make_answers()
    answers.boxes[0, 0, 0] = np.nan
    with pytest.raises(DataError, match="training diverged"):
        evaluate_finder(answers, MEAN_BOX, seed=0)


def test_examples_are_of_distinct_videos_and_frames():
    examples = choose_box_examples(make_answers(noise=0.05))
    places = [example["place"] for kind in examples.values() for example in kind]
    assert len(set(places)) == 18
    for kind in examples.values():
        assert len({example["place"] % 12 for example in kind}) == 6
    assert examples == choose_box_examples(make_answers(noise=0.05))
    few = choose_box_examples(make_answers(frames=2, videos=2))
    assert [len(few[kind]) for kind in ("best", "median", "worst")] == [2, 0, 0]
