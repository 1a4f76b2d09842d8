"""Average precision on cases that can be done by hand."""

import numpy as np
import pytest

from trainer.finder_evaluation.box_precision import (
    OVERLAPS,
    FoundBoxes,
    choose_least_score,
    compare_boxes,
    compute_average_precision,
)


def make(overlaps, scores, several=None) -> FoundBoxes:
    overlaps, scores = np.array(overlaps, float), np.array(scores, float)
    several = np.zeros(len(scores), bool) if several is None else np.array(several)
    return FoundBoxes(overlaps, scores, np.ones(scores.shape, bool), several)


@pytest.mark.parametrize(
    ("answers", "at_50"),
    [
        (make([[0.9], [0.9]], [[0.8], [0.6]]), 1.0),
        (make([[0.9], [0.1]], [[0.8], [0.6]]), 0.5),  # a false find behind all that is found costs no precision
        (make([[0.9], [0.1]], [[0.6], [0.8]]), 0.25),  # before it, it does: half the recall at half the precision
        (make([[0.9, 0.8]], [[0.9, 0.8]]), 1.0),  # the second box on one animal is a false find, behind
        (make([[0.1, 0.9]], [[0.9, 0.8]]), 0.5),
        (make([[0.1, 0.9]], [[0.9, 0.8]], [True]), 1.0),  # it may be one of the others
        (make([[0.9], [0.1]], [[0.7], [0.7]]), 0.25),  # equal scores are taken together
        (make([[0.9], [0.9]], [[0.9], [0.001]]), 0.5),  # so low a score is no answer
        (make([[0.0], [0.0]], [[0.0], [0.0]]), 0.0),
    ],
)
def test_cases(answers, at_50):
    assert compute_average_precision(answers)[0, 0] == pytest.approx(at_50)


def test_each_overlap_has_its_own():
    precisions = compute_average_precision(make([[0.72]], [[0.9]]))[0]
    assert precisions.tolist() == [float(overlap <= 0.72) for overlap in OVERLAPS]


def test_weights_are_how_often_a_frame_counts():
    answers = make([[0.9], [0.1], [0.9]], [[0.6], [0.8], [0.7]])
    weighted = compute_average_precision(answers, np.array([[2, 1, 0], [1, 1, 1], [0, 0, 0]]))
    repeated = make([[0.9], [0.9], [0.1]], [[0.6], [0.6], [0.8]])
    assert weighted[0] == pytest.approx(compute_average_precision(repeated)[0])
    assert weighted[1] == pytest.approx(compute_average_precision(answers)[0])
    assert np.isnan(weighted[2]).all()


def test_the_least_score_is_where_f1_is_highest():
    answers = make([[0.9, 0.0], [0.9, 0.0], [0.1, 0.0]], [[0.9, 0.3], [0.5, 0.2], [0.4, 0.1]])
    assert choose_least_score(answers) == 0.5
    assert choose_least_score(make([[0.0]], [[0.0]])) == 0.5


def test_overlaps_of_boxes():
    boxes = np.array([[[0, 0, 0.5, 1], [0.5, 0.5, 1, 1], [0.2, 0.2, 0.2, 0.2]]])
    np.testing.assert_allclose(compare_boxes(boxes, np.array([[0, 0, 1, 1]])), [[0.5, 0.25, 0]])
