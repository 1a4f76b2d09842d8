import json
import math
import warnings

import numpy as np
import pytest
from sklearn import metrics

from shards.emotions import ENGLISH
from shards.errors import DataError
from trainer.evaluation.confusion import compute_metrics, count_confusions, find_interval, resample
from trainer.evaluation.metrics import Predictions, average_videos, calibration, evaluate, fit_temperature, score

PRIOR = np.array([0.1, 0.05, 0.2, 0.4, 0.15, 0.1])


def predict(labels, answers, videos=None, species=None, sure=4.0) -> Predictions:
    """Logits that give each frame its answer."""
    videos = np.arange(len(labels)) if videos is None else np.array(videos)
    species = np.array(species or ["DOG"] * len(labels), object)
    return Predictions(sure * np.eye(6)[answers], np.array(labels), videos, species)


def draw_predictions(videos=300, frames=4, seed=0, classes=range(6)) -> Predictions:
    random = np.random.default_rng(seed)
    of_video = random.choice(list(classes), videos)
    video = np.repeat(np.arange(videos), frames)
    labels = of_video[video]
    logits = random.normal(size=(videos, 6))[video] + random.normal(size=(len(video), 6)) + 1.5 * np.eye(6)[labels]
    return Predictions(logits, labels, video, np.where(of_video[video] + video % 2 > 3, "DOG", "CAT").astype(object))


def list_leaves(value) -> list:
    if isinstance(value, dict | list):
        return [leaf for item in (value.values() if isinstance(value, dict) else value) for leaf in list_leaves(item)]
    return [value]


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
    found = score(predict(labels, answers), PRIOR)
    assert found["val_accuracy"] == pytest.approx(accuracy)
    assert found["macro_f1"] == pytest.approx(macro_f1)
    assert found["balanced_accuracy"] == pytest.approx(balanced)
    level = evaluate(predict(labels, answers), PRIOR, 1.0, 0)["frames"]["equal_priors"]
    assert level["accuracy"]["value"] == pytest.approx(accuracy)
    assert level["macro_f1"]["value"] == pytest.approx(macro_f1)


def test_val_loss_is_the_nll_under_the_natural_prior():
    flat = Predictions(np.zeros((2, 6)), np.array([3, 1]), np.arange(2), np.array(["", ""], object))
    assert score(flat, PRIOR)["val_loss"] == pytest.approx(-(math.log(0.4) + math.log(0.05)) / 2)
    assert score(flat, np.full(6, 1 / 6))["val_loss"] == pytest.approx(math.log(6))


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
        scores = score(drawn, prior), score(others, prior)
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


def test_nll_is_that_of_sklearn_for_both_priors():
    predictions = draw_predictions()
    found, labels = evaluate(predictions, PRIOR, 1.7, 0)["frames"], predictions.labels
    scores = np.exp(predictions.logits / 1.7)
    equal, natural = (table / table.sum(axis=1, keepdims=True) for table in (scores, scores * PRIOR))
    weights = 1 / np.bincount(labels)[labels]
    expected = metrics.log_loss(labels, equal, sample_weight=weights)
    assert found["equal_priors"]["nll"]["value"] == pytest.approx(expected)
    assert found["natural_prior"]["nll"]["value"] == pytest.approx(metrics.log_loss(labels, natural))
    answers = natural.argmax(axis=1)
    assert found["natural_prior"]["accuracy"]["value"] == pytest.approx((answers == labels).mean())
    assert (answers != equal.argmax(axis=1)).any()


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


@pytest.mark.parametrize(
    ("right", "error"),
    [([1, 1, 1, 1], 0.2), ([1, 1, 1, 0], 0.05), ([0, 0, 0, 0], 0.8)],
)
def test_calibration_error_by_hand(right, error):
    """Four answers with a probability of 0.8 each, 0.04 for each other mood."""
    logs = np.log(np.where(np.arange(6) == 2, 0.8, 0.04)) * np.ones((4, 1))
    labels = np.where(right, 2, 0)
    bins = calibration.measure_reliability(logs, labels, calibration.weigh_equally(labels))
    assert [(item["n"], item["weight"], item["accuracy"]) for item in bins] == [(4, 1, np.mean(right))]
    assert bins[0]["from"] <= 0.8 <= bins[0]["to"]
    assert calibration.calibration_error(bins) == pytest.approx(error)


def test_a_certain_answer_falls_in_the_last_bin():
    bins = calibration.measure_reliability(np.log([[1.0, 1e-300] + [1e-300] * 4]), np.array([0]), np.ones(1))
    assert (bins[0]["to"], bins[0]["n"], bins[0]["confidence"]) == (1, 1, 1)


def test_videos_are_the_means_of_their_frames():
    logits = np.array([[4.0, 0, 0, 0, 0, 0], [0, 2, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1]])
    species = np.array(["CAT", "DOG", "CAT"], object)
    videos = average_videos(Predictions(logits, np.array([0, 5, 0]), np.array([7, 2, 7]), species))
    assert videos.logits.tolist() == [[0, 2, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0.5]]
    assert (videos.labels.tolist(), videos.species.tolist()) == ([5, 0], ["DOG", "CAT"])


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
    assert calibration.LOWEST <= temperature <= calibration.HIGHEST
    assert all(math.isfinite(value) for value in score(predictions, PRIOR).values())
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


def test_resamples_draw_whole_videos():
    """Three videos, one of each class, of 1, 10 and 100 frames: every draw is made of those, three of them."""
    labels = np.repeat([0, 1, 2], [1, 10, 100])
    draws = resample(count_confusions(labels, labels, labels), 200, 0)
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
    assert find_interval(np.arange(1001), 0.95) == pytest.approx([25, 975])


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


def test_species_are_told_apart():
    species = ["DOG", "DOG", "CAT", ""]
    found = evaluate(predict([0, 1, 2, 3], [0, 5, 2, 5], species=species), PRIOR, 1.0, 0)["species"]
    accuracies = {name: levels["frames"]["equal_priors"]["accuracy"]["value"] for name, levels in found.items()}
    assert accuracies == {"CAT": 1, "DOG": 0.5, "unknown": 0}
    assert found["DOG"]["videos"]["n"] == 2
    assert found["CAT"]["frames"]["left_out"] == [name for name in ENGLISH if name != "happiness"]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_a_known_temperature_is_found(temperature):
    random = np.random.default_rng(1)
    true = 2 * random.normal(size=(8000, 6))
    chances = np.exp(true) / np.exp(true).sum(axis=1, keepdims=True)
    labels = (chances.cumsum(axis=1) > random.random((8000, 1))).argmax(axis=1)
    predictions = Predictions(temperature * true, labels, np.arange(8000), np.full(8000, "DOG", object))
    found = fit_temperature(predictions)
    assert found == pytest.approx(temperature, rel=0.05)
    weights = calibration.balance_classes(labels)
    nll = [
        calibration.measure_nll(calibration.log_probabilities(predictions.logits, value, None), labels, weights)
        for value in (0.98 * found, found, 1.02 * found)
    ]
    assert nll[1] == min(nll)


def test_the_temperature_is_of_videos_and_of_balanced_classes():
    """How many frames a video has does not matter, how many videos a class has does not either."""
    predictions = draw_predictions(videos=400, frames=1, seed=2)
    rare = predictions.labels == 1
    for times in (np.random.default_rng(2).integers(1, 9, 400), 1 + 3 * rare):
        repeated = Predictions(*(np.repeat(field, times, axis=0) for field in predictions))
        assert fit_temperature(repeated) == pytest.approx(fit_temperature(predictions))
    more = repeated._replace(videos=np.arange(len(repeated.labels)))  # four times the videos of that class
    assert fit_temperature(more) == pytest.approx(fit_temperature(predictions))
    assert calibration.balance_classes(np.array([0, 0, 0, 2])).tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2])


@pytest.mark.parametrize(
    ("labels", "answers", "low", "high"),
    [
        ([3, 3, 3], [3, 3, 0], 1, 1),  # one class
        ([2], [2], 1, 1),  # one video
        ([0, 1, 2], [0, 1, 2], 1, 1),  # all right: the surer the better, for ever
        ([0, 1, 2], [1, 2, 0], 20, 20),  # all wrong: the less sure the better
        ([0, 1, 2, 2], [0, 1, 2, 0], 1.05, 4),  # sensible
    ],
)
def test_temperatures_at_the_limits(labels, answers, low, high):
    assert low - 1e-6 <= fit_temperature(predict(labels, answers)) <= high + 1e-6
