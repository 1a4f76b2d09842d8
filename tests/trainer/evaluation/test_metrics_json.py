"""The evaluation in metrics.json: metrics beside their baselines, and what is undefined."""

import json
import math
import warnings

import numpy as np
import pytest
from sklearn import metrics

from shards.emotions import ENGLISH
from shards.errors import DataError
from tests.trainer.evaluation.predictions import PRIOR, draw_predictions, predict
from trainer.evaluation import calibration
from trainer.evaluation.metrics import Predictions, compute_epoch_metrics, fit_temperature
from trainer.evaluation.metrics_json import evaluate


def test_a_mood_that_was_not_trained_is_wrong_and_spoils_no_likelihood():
    """Whatever its logits are, it is never answered; figures of likelihood are those of the other cases."""
    prior = np.array([0.0, 0.25, 0, 0.5, 0.25, 0])
    drawn = draw_predictions(videos=60)
    drawn.logits[:, 0] += 50
    known = prior[drawn.labels] > 0
    others = Predictions(*(field[known] for field in drawn))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no logarithm of 0, no mean of nothing
        found, of_others = (evaluate(cases, prior, 1.7, 0)["frames"] for cases in (drawn, others))
        scores = compute_epoch_metrics(drawn, prior), compute_epoch_metrics(others, prior)
    assert scores[0]["val_loss"] == pytest.approx(scores[1]["val_loss"])
    assert scores[0]["val_accuracy"] == pytest.approx(scores[1]["val_accuracy"] * known.mean())
    assert found["never_answered"] == {ENGLISH[i]: int((drawn.labels == i).sum()) for i in (0, 2, 5)}
    for reading in ("equal_priors", "natural_prior"):
        assert found[reading]["nll"]["value"] == pytest.approx(of_others[reading]["nll"]["value"])
        assert found[reading]["nll"]["prior"] == pytest.approx(of_others[reading]["nll"]["prior"])
        assert found[reading]["classes"]["anger"]["recall"]["value"] == 0
        assert np.array(found[reading]["confusion"])[:, prior == 0].sum() == 0
    assert found["equal_priors"]["nll"]["prior"] == pytest.approx(math.log(3))
    assert fit_temperature(drawn, prior) == pytest.approx(fit_temperature(others, prior))


@pytest.mark.parametrize("classes", [range(6), (0, 2, 3)])
def test_figures_are_those_of_sklearn(classes):
    predictions = draw_predictions(classes=classes)
    labels, answers = predictions.labels, predictions.logits.argmax(axis=1)
    found = evaluate(predictions, PRIOR, 1.7, 0)["frames"]["equal_priors"]
    kept = sorted(set(labels.tolist()))
    assert found["accuracy"]["value"] == pytest.approx(metrics.accuracy_score(labels, answers))
    expected = metrics.f1_score(labels, answers, labels=kept, average="macro")
    assert found["macro_f1"]["value"] == pytest.approx(expected)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of answers that are no label
        expected = metrics.balanced_accuracy_score(labels, answers)
    assert found["balanced_accuracy"]["value"] == pytest.approx(expected)
    assert found["confusion"] == metrics.confusion_matrix(labels, answers, labels=range(6)).tolist()
    for name, values in zip(
        ("precision", "recall", "f1", "support"),
        metrics.precision_recall_fscore_support(labels, answers, labels=kept),
        strict=True,
    ):
        classes = [found["classes"][ENGLISH[i]][name] for i in kept]
        assert [item if name == "support" else item["value"] for item in classes] == pytest.approx(values.tolist())


def test_baselines_by_hand():
    # Six frames of calm, two of fear: calm is right in 0.75.
    level = evaluate(predict([3] * 6 + [1] * 2, [3] * 4 + [1] * 4), PRIOR, 1.0, 0)["frames"]
    equal, natural = level["equal_priors"], level["natural_prior"]
    assert equal["majority"] == "calm"
    for name, majority, prior in (
        ("accuracy", 0.75, 0.75 * 0.4 + 0.25 * 0.05),
        ("balanced_accuracy", 0.5, (0.4 + 0.05) / 2),
        # of the expected confusion: 2 right / (true + answered), 2.4 of 6 + 3.2 and 0.1 of 2 + 0.4
        ("macro_f1", (12 / 14) / 2, (4.8 / 9.2 + 0.2 / 2.4) / 2),
    ):
        assert equal[name]["majority"] == pytest.approx(majority)
        assert equal[name]["prior"] == pytest.approx(prior)
    recall = equal["classes"]["fear"]["recall"]
    assert recall == {"value": 1.0, "majority": 0.0, "prior": pytest.approx(0.05)}
    assert equal["nll"]["prior"] == pytest.approx(math.log(6))
    assert natural["nll"]["prior"] == pytest.approx(-(0.75 * math.log(0.4) + 0.25 * math.log(0.05)))
    assert natural["nll"]["majority"] is None
    assert equal["calibration_error"]["prior"] == pytest.approx(0)
    assert natural["calibration_error"]["prior"] == pytest.approx(0.75 - 0.4)
    assert natural["calibration_error"]["majority"] == pytest.approx(0.25)
    assert equal["calibration_error"]["majority"] == pytest.approx(0.5)  # both classes weigh the same


def test_a_long_video_counts_once_among_videos():
    predictions = predict([0, 0, 0, 0, 1, 2], [0, 0, 0, 0, 5, 5], videos=[0, 0, 0, 0, 1, 2])
    found = evaluate(predictions, PRIOR, 1.0, 0)
    assert found["frames"]["equal_priors"]["accuracy"]["value"] == pytest.approx(4 / 6)
    assert found["videos"]["equal_priors"]["accuracy"]["value"] == pytest.approx(1 / 3)
    assert (found["frames"]["n"], found["frames"]["videos"], found["videos"]["n"]) == (6, 3, 3)


def test_absent_classes_are_null_and_named():
    found = evaluate(predict([0, 0, 3], [0, 5, 3]), PRIOR, 1.0, 0)["frames"]
    assert found["left_out"] == ["fear", "happiness", "aggression", "anxiety"]
    classes = found["equal_priors"]["classes"]
    for name in found["left_out"]:
        assert classes[name]["support"] == 0
        assert {classes[name][key]["value"] for key in ("recall", "precision", "f1")} == {None}
    assert found["equal_priors"]["balanced_accuracy"]["value"] == pytest.approx((0.5 + 1) / 2)


def test_a_class_that_is_never_answered_has_no_precision():
    classes = evaluate(predict([0, 3], [3, 3]), PRIOR, 1.0, 0)["frames"]["equal_priors"]["classes"]
    assert classes["anger"]["precision"]["value"] is None
    assert (classes["anger"]["recall"]["value"], classes["anger"]["f1"]["value"]) == (0, 0)


@pytest.mark.parametrize(
    "predictions",
    [
        predict([3], [3]),
        predict([3], [1]),
        predict([3, 3, 3], [3, 3, 0], videos=[0, 0, 0]),
        predict([0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], species=["", "", "CAT", "CAT", "DOG", "DOG"]),
        predict([3, 2], [3, 2], sure=1e4),
        predict([3, 2], [2, 3], sure=1e4),
    ],
    ids=["one frame", "one wrong frame", "one video", "a video for each class", "huge logits", "huge and wrong"],
)
def test_small_data_gives_json_without_nan(predictions):
    temperature = fit_temperature(predictions)
    found = evaluate(predictions, PRIOR, temperature, 0)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert calibration.MIN_TEMPERATURE <= temperature <= calibration.MAX_TEMPERATURE
    assert all(math.isfinite(value) for value in compute_epoch_metrics(predictions, PRIOR).values())
    if len(set(predictions.videos.tolist())) == 1:
        figure = found["frames"]["equal_priors"]["accuracy"]
        assert (figure["interval"], figure["against_majority"]) == (None, "unclear")


def test_what_cannot_be_evaluated():
    diverged = predict([0, 1, 2], [0, 1, 2])
    diverged.logits[1, 4] = np.nan
    with pytest.raises(DataError, match="1 of 3 validation frames are not finite"):
        evaluate(diverged, PRIOR, 1.0, 0)
    assert fit_temperature(diverged) == 1.0
    nothing = Predictions(np.zeros((0, 6)), np.zeros(0, int), np.zeros(0, int), np.zeros(0, object))
    with pytest.raises(DataError, match="validation split is empty"):
        evaluate(nothing, PRIOR, 1.0, 0)


@pytest.mark.parametrize(
    ("calm", "answers", "verdicts"),
    [
        (60, lambda labels: labels, ("beats", "beats")),
        (95, lambda labels: np.full(100, 5), ("loses to", "loses to")),
        (60, lambda labels: np.full(100, 3), ("unclear", "unclear")),  # it is the majority
        # half of calm given up for the rare mood: a worse accuracy, a better macro-F1
        (90, lambda labels: np.where(np.arange(100) % 2, labels, 5), ("loses to", "unclear")),
        (80, lambda labels: np.where(np.arange(100) % 3, labels, 5), ("unclear", "beats")),
    ],
)
def test_the_verdict_on_the_majority(calm, answers, verdicts):
    labels = np.where(np.arange(100) < calm, 3, 5)
    found = evaluate(predict(labels, answers(labels)), PRIOR, 1.0, 0)
    figures = found["frames"]["equal_priors"]
    assert tuple(figures[name]["against_majority"] for name in ("accuracy", "macro_f1")) == verdicts
    assert found["verdict"] == found["frames"]["verdict"] and "\n" not in found["verdict"]
    words = verdicts[0].replace("unclear", "is not shown to differ from")
    assert f"{words} {calm / 100:.3f} and macro-F1" in found["verdict"]
    assert "always answering calm (편안/안정)" in found["verdict"]
    lead = figures["accuracy"]
    assert lead["lead"] == pytest.approx(lead["value"] - calm / 100)
    assert lead["lead_interval"][0] <= lead["lead"] <= lead["lead_interval"][1]


def test_the_natural_prior_answers_for_accuracy():
    """Where the logits say nothing, the natural prior still answers the commonest mood."""
    labels = np.array([3] * 8 + [0] * 2)
    flat = Predictions(np.zeros((10, 6)), labels, np.arange(10), np.full(10, "DOG", object))
    found = evaluate(flat, PRIOR, 1.0, 0)["frames"]
    assert found["natural_prior"]["accuracy"]["value"] == 0.8
    assert found["natural_prior"]["nll"]["value"] == pytest.approx(found["natural_prior"]["nll"]["prior"])
    assert found["equal_priors"]["nll"]["value"] == pytest.approx(math.log(6))


def test_a_species_of_no_videos_first_frame():
    found = evaluate(predict([0, 1], [0, 1], [0, 0], species=["DOG", "CAT"]), PRIOR, 1.0, 0)["species"]
    assert found.keys() == {"CAT", "DOG"} and found["CAT"].keys() == {"frames"} and found["CAT"]["frames"]["n"] == 1


def test_species_are_told_apart():
    species = ["DOG", "DOG", "CAT", ""]
    found = evaluate(predict([0, 1, 2, 3], [0, 5, 2, 5], species=species), PRIOR, 1.0, 0)["species"]
    accuracies = {name: levels["frames"]["equal_priors"]["accuracy"]["value"] for name, levels in found.items()}
    assert accuracies == {"CAT": 1, "DOG": 0.5, "unknown": 0}
    assert found["DOG"]["videos"]["n"] == 2
    assert found["CAT"]["frames"]["left_out"] == [name for name in ENGLISH if name != "happiness"]
