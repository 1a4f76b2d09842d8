"""Bootstrap intervals are over videos, and as wide as they should be."""

import math

import numpy as np
import pytest

from tests.trainer.evaluation.predictions import PRIOR, draw_predictions, predict
from trainer.evaluation.bootstrap import compute_interval, resample_videos
from trainer.evaluation.confusion import compute_metrics, count_confusion_matrices
from trainer.evaluation.metrics import Predictions
from trainer.evaluation.metrics_json import evaluate


def test_resamples_draw_whole_videos():
    """Three videos, one of each class, of 1, 10 and 100 frames: every draw is made of those, three of them."""
    labels = np.repeat([0, 1, 2], [1, 10, 100])
    draws = resample_videos(count_confusion_matrices(labels, labels, labels), 200, 0)
    frames = draws.sum(axis=(1, 2))
    assert set(frames) == {a + b + c for a in (1, 10, 100) for b in (1, 10, 100) for c in (1, 10, 100)}
    assert (draws.diagonal(axis1=1, axis2=2) == draws.sum(axis=2)).all()
    assert set(compute_metrics(draws).macro_f1) == {1.0}  # a class that is not drawn is left out


def test_intervals_follow_from_the_seed_and_widen_with_fewer_videos():
    figures = [
        evaluate(draw_predictions(videos=videos), PRIOR, 1.0, seed)["frames"]["equal_priors"]["accuracy"]
        for videos, seed in ((300, 5), (300, 5), (300, 6), (30, 5))
    ]
    same, again, other, few = [np.ptp(figure["interval"]) for figure in figures]
    assert figures[0] == figures[1] and figures[0]["interval"] != figures[2]["interval"]
    assert same == again and other == pytest.approx(same, rel=0.2) and few > 2 * same
    assert all(figure["interval"][0] < figure["value"] < figure["interval"][1] for figure in figures)


def test_intervals_are_over_videos_not_frames():
    """Copies of a frame are no evidence: ten of each give the same interval."""
    once = draw_predictions(videos=60, frames=1)
    tenfold = Predictions(*(np.repeat(field, 10, axis=0) for field in once))
    intervals = [evaluate(data, PRIOR, 1.0, 0)["frames"]["equal_priors"]["macro_f1"] for data in (once, tenfold)]
    assert intervals[0]["interval"] == pytest.approx(intervals[1]["interval"])


def test_an_interval_is_as_wide_as_theory_says():
    right = np.arange(400) % 4 > 0
    found = evaluate(predict(np.zeros(400, int), np.where(right, 0, 1)), PRIOR, 1.0, 0)
    low, high = found["frames"]["equal_priors"]["accuracy"]["interval"]
    assert high - low == pytest.approx(2 * 1.96 * math.sqrt(0.75 * 0.25 / 400), rel=0.1)
    assert compute_interval(np.arange(1001), 0.95) == pytest.approx([25, 975])
