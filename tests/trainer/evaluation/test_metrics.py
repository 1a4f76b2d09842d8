"""The metrics of an epoch, and videos as the means of their frames."""

import math

import numpy as np
import pytest

from tests.trainer.evaluation.predictions import PRIOR, predict
from trainer.evaluation.metrics import Predictions, average_by_video, compute_epoch_metrics
from trainer.evaluation.metrics_json import evaluate

# labels, answers, accuracy, macro-F1, balanced accuracy
CASES = {
    "all right": ([0, 1, 2], [0, 1, 2], 1, 1, 1),
    "all wrong": ([0, 1], [1, 0], 0, 0, 0),
    "one of each": ([0, 0, 3, 3], [0, 3, 3, 3], 0.75, (2 / 3 + 4 / 5) / 2, 0.75),
    "a constant": ([3, 3, 3, 0], [3, 3, 3, 3], 0.75, (6 / 7 + 0) / 2, 0.5),
    # 5 is answered but never true: an error for 2, and no class of its own in the means
    "an absent class is answered": ([2, 2, 4], [2, 5, 4], 2 / 3, (2 / 3 + 1) / 2, 0.75),
    "one class only": ([4, 4, 4, 4], [4, 4, 4, 1], 0.75, 6 / 7, 0.75),
}


@pytest.mark.parametrize(("labels", "answers", "accuracy", "macro_f1", "balanced"), CASES.values(), ids=CASES)
def test_figures_by_hand(labels, answers, accuracy, macro_f1, balanced):
    found = compute_epoch_metrics(predict(labels, answers), PRIOR)
    assert found["val_accuracy"] == pytest.approx(accuracy)
    assert found["macro_f1"] == pytest.approx(macro_f1)
    assert found["balanced_accuracy"] == pytest.approx(balanced)
    level = evaluate(predict(labels, answers), PRIOR, 1.0, 0)["frames"]["equal_priors"]
    assert level["accuracy"]["value"] == pytest.approx(accuracy)
    assert level["macro_f1"]["value"] == pytest.approx(macro_f1)


def test_val_loss_is_the_nll_under_the_natural_prior():
    flat = Predictions(np.zeros((2, 6)), np.array([3, 1]), np.arange(2), np.array(["", ""], object))
    assert compute_epoch_metrics(flat, PRIOR)["val_loss"] == pytest.approx(-(math.log(0.4) + math.log(0.05)) / 2)
    assert compute_epoch_metrics(flat, np.full(6, 1 / 6))["val_loss"] == pytest.approx(math.log(6))


def test_videos_are_the_means_of_their_frames():
    logits = np.array([[4.0, 0, 0, 0, 0, 0], [0, 2, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1]])
    species = np.array(["CAT", "DOG", "CAT"], object)
    videos = average_by_video(Predictions(logits, np.array([0, 5, 0]), np.array([7, 2, 7]), species))
    assert videos.logits.tolist() == [[0, 2, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0.5]]
    assert (videos.labels.tolist(), videos.species.tolist()) == ([5, 0], ["DOG", "CAT"])
