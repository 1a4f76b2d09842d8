"""The verdict in plain words follows from the intervals."""

import copy

import numpy as np
import pytest

from tests.trainer.evaluation.predictions import PRIOR, predict
from trainer.evaluation.metrics_json import evaluate
from trainer.evaluation.plain_verdict import word_verdict

LABELS = np.tile([3, 3, 3, 0, 1, 2, 4, 5], 20)


@pytest.mark.parametrize(
    ("labels", "answers", "english", "korean"),
    [
        (LABELS, LABELS, "Better than always answering calm (편안/안정): macro-F1", "하나만 답하는 것보다 낫습니다:"),
        (LABELS, (LABELS + 1) % 6, "Worse than always answering calm", "하나만 답하는 것보다 못합니다:"),
        (
            [3, 3, 1],
            [3, 1, 1],
            "3 validation videos: too few to say whether",
            "검증 영상이 3개뿐이라, 항상 ‘편안/안정’",
        ),
        ([3], [3], "1 validation video: too few to say whether", "검증 영상이 1개뿐이라"),
    ],
)
def test_against_one_answer(labels, answers, english, korean):
    verdict = word_verdict(evaluate(predict(labels, answers), PRIOR, 1.0, 0))
    assert verdict.english.startswith(english) and korean in verdict.korean
    assert not any("{" in sentence or "None" in sentence for sentence in verdict)


def test_better_by_macro_f1_and_yet_less_often_right():
    """Rare moods that are found cost right answers of the commonest: both are said."""
    labels = np.array([3] * 90 + [0, 1, 2, 4, 5] * 4)
    answers = np.where(np.arange(len(labels)) < 40, (np.arange(len(labels)) % 5) * 2 % 6, labels)
    evaluation = evaluate(predict(labels, answers, sure=9.0), PRIOR, 1.0, 0)
    verdict = word_verdict(evaluation)
    assert verdict.english.startswith("Better than") and "less often than that one answer, which is right in 81.8%" in (
        verdict.english
    )
    assert "낫습니다" in verdict.korean and "그 한 가지 답(81.8%)보다 덜 맞힙니다." in verdict.korean


def test_the_sentences_hold_the_figures_of_the_evaluation():
    evaluation = evaluate(predict(LABELS, LABELS), PRIOR, 1.0, 0)
    changed = copy.deepcopy(evaluation)
    changed["frames"]["equal_priors"]["macro_f1"] |= {"value": 0.4321, "interval": [0.2, 0.6], "majority": 0.1234}
    for sentence in word_verdict(changed)[:2]:
        assert "0.432 [0.200, 0.600]" in sentence and "0.123" in sentence and "160" in sentence
