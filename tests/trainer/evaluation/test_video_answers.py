"""What a run answered for each video comes back as it was, or is told to be damaged."""

import numpy as np
import pytest

from shards.errors import DataError
from tests.trainer.evaluation.predictions import PRIOR, draw_predictions
from trainer.evaluation.metrics_json import evaluate
from trainer.evaluation.video_answers import count_video_answers, read_video_answers, write_video_answers

PREDICTIONS = draw_predictions(videos=40)
NAMES = [f"강아지-{video:02}" for video in range(40)]


@pytest.fixture(scope="module")
def evaluation():
    return evaluate(PREDICTIONS, PRIOR, 1.3, 0)


def test_there_and_back(tmp_path, evaluation):
    answers = count_video_answers(PREDICTIONS, NAMES, PRIOR, 1.3)
    write_video_answers(tmp_path, answers)
    found = read_video_answers(tmp_path, evaluation)
    assert found.videos == tuple(NAMES) and found.confusions.keys() == answers.confusions.keys()
    for kind, matrices in answers.confusions.items():
        np.testing.assert_array_equal(found.confusions[kind], matrices)
        assert matrices.sum(axis=0).tolist() == evaluation[kind[0]][kind[1]]["confusion"]
        assert matrices.sum(axis=(1, 2)).tolist() == [4 if kind[0] == "frames" else 1] * 40


def test_runs_from_before_it_have_none(tmp_path, evaluation):
    assert read_video_answers(tmp_path, evaluation) is None


def test_of_another_evaluation(tmp_path, evaluation):
    write_video_answers(tmp_path, count_video_answers(draw_predictions(videos=40, seed=1), NAMES, PRIOR, 1.3))
    with pytest.raises(DataError, match=r"another evaluation than metrics\.json; delete it"):
        read_video_answers(tmp_path, evaluation)


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped"])
def test_damage_is_told(tmp_path, evaluation, damage):
    write_video_answers(tmp_path, count_video_answers(PREDICTIONS, NAMES, PRIOR, 1.3))
    path = tmp_path / "answers.parquet"
    data = bytearray(path.read_bytes())
    if damage == "flipped":
        data[len(data) // 4] ^= 16
    path.write_bytes({"empty": b"", "cut": bytes(data[:-20]), "flipped": bytes(data)}[damage])
    with pytest.raises(DataError, match=r"answers\.parquet is (damaged|of another)"):
        read_video_answers(tmp_path, evaluation)
