"""Two datasets or two runs side by side: every difference is there, with its reason, and none that is not."""

import json

import numpy as np
import pytest

from console.command import run_command
from shards.errors import CallError, DataError
from tests.pages import Page
from tests.tools.browser import console_errors, is_blank, open_page, sideways
from tests.tools.manifests import make_row, write_rows
from tests.trainer.evaluation.predictions import PRIOR, predict
from tools import compare
from tools.comparison.run_difference import _recover_interval, _resample_differences
from trainer.evaluation.metrics_json import evaluate
from trainer.evaluation.video_answers import count_video_answers, write_video_answers
from trainer.run_files.run_record import write_metrics, write_record

REJECTED = {"status": "rejected", "label": 3, "hash": None}


def write_datasets(folder):
    """A and B: one row each for every way to differ, two that are the same, and one key that A has twice."""
    a = [
        make_row("a", 0, 1),
        make_row("a", 0, None, **REJECTED, reason="frame_repeated"),
        make_row("a", 5, 2),
        make_row("a", 10, 3),
        make_row("b", 0, 4, label=0),
        make_row("가는 것", 0, 5),
        make_row("c", 0, 6),
    ]
    b = [
        make_row("a", 0, 1),
        make_row("a", 5, 2, status="duplicate", reason="near_in_video", duplicate_of="a/0", distance=4),
        make_row("a", 10, None, **REJECTED, reason="box_outside"),
        make_row("b", 0, 4, label=2),
        make_row("새 것", 0, None, **REJECTED, reason="image_missing"),
        make_row("c", 0, 6, split="val"),
    ]
    return write_rows(folder / "A <i>", a), write_rows(folder / "B", b, distance=5, scope="video")


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    """(folder, differences, page) of two datasets."""
    folder = tmp_path_factory.mktemp("compared")
    first, second = write_datasets(folder)
    assert compare.main([str(first), str(second), "--json", str(folder / "found.json")]) == 0
    return folder, json.loads((folder / "found.json").read_text()), (folder / "B.compare.html").read_text()


def test_rows_that_came_went_and_changed(datasets):
    _, found, _ = datasets
    assert found["rows"] == [7, 6] and found["statuses"]["kept"] == [6, 3]
    assert found["kept"] == {"both": 3, "only_a": 3, "only_b": 0}
    assert (found["came"]["rows"], found["came"]["first_keys"]) == (1, ["새 것/0"])
    assert found["came"]["groups"] == [{"status_b": "rejected", "reason_b": "image_missing", "rows": 1}]
    assert found["went"]["first_keys"] == ["가는 것/0"]
    changed = {(group["status_a"], group["status_b"], group["reason_b"]) for group in found["status"]["groups"]}
    assert changed == {("kept", "duplicate", "near_in_video"), ("kept", "rejected", "box_outside")}
    assert found["status"]["first_keys"] == ["a/10", "a/5"]
    assert found["split"]["groups"] == [{"split_a": "train", "split_b": "val", "rows": 1}]
    assert found["split"]["first_keys"] == ["c/0"]
    assert found["mood"]["groups"] == [{"label_a": 0, "label_b": 2, "rows": 1}]
    assert found["settings"] == {"dedupe.scope": ["all", "video"], "dedupe.distance": ["3", "5"]}
    calm, anger = (
        next(m for m in found["moods"] if (m["split"], m["english"]) == ("train", n)) for n in ("calm", "anger")
    )
    assert (calm["frames"], calm["shares"]) == ([5, 1], [5 / 6, 1 / 2])
    assert (anger["frames"], anger["shares"], anger["videos"]) == ([1, 0], [1 / 6, 0], [1, 0])


def test_the_page_and_the_terminal_say_the_same(datasets, capsys):
    folder, _, text = datasets
    page = Page(text)
    for words in (
        "새로 생긴 행 1개, 사라진 행 1개, 상태가 바뀐 행 2개, 분할이 바뀐 행 1개, 감정이 바뀐 행 1개입니다",
        "kept → duplicate (near_in_video)",
        "anger (화남/불쾌) → happiness (행복/즐거움)",
        "Rows that only B has: 1",
        "dedupe.scope all video",
        "A <i>",
    ):
        assert words in page.text + page.korean, words
    assert page.untranslated == []
    assert not page.sources
    capsys.readouterr()
    assert compare.main([str(folder / "A <i>"), str(folder / "A <i>"), "--html", str(folder / "same.html")]) == 0
    out = capsys.readouterr().out
    assert "0 came, 0 went, 0 changed their status" in out and "no setting differs" in out


def test_the_page_on_a_phone(datasets):
    folder, _, _ = datasets
    with open_page(folder / "B.compare.html", 390, 800) as driver:
        assert sideways(driver) == 0 and not console_errors(driver) and not is_blank(driver.get_screenshot_as_png())
        driver.find_element("css selector", "summary").click()
        assert sideways(driver) == 0


def write_run(folder, right, fingerprint="v", learning_rate=0.001, videos=200, stores_answers=False):
    """A finished run whose model answers this share of the videos rightly; always the first of them."""
    labels = np.arange(videos) % 6
    answers = np.where(np.arange(videos) < right * videos, labels, (labels + 1) % 6)
    predictions = predict(labels, answers)
    evaluation = evaluate(predictions, PRIOR, 1.5, 0)
    folder.mkdir(parents=True)
    if stores_answers:
        names = [f"고양이-{video:03}" for video in range(videos)]
        write_video_answers(folder, count_video_answers(predictions, names, PRIOR, 1.5))
    data = {split: {"path": "d", "fingerprint": fingerprint, "records": 9, "videos": 3} for split in ("train", "valid")}
    write_record(folder, {"fingerprint": "f", "settings": {"learning_rate": learning_rate, "seed": 0}, "data": data})
    write_metrics(folder, {"model": "model.keras", "best_epoch": 2, "epochs": 3, "evaluation": evaluation})
    return folder


def compare_here(tmp_path, *folders):
    arguments = [*map(str, folders), "--json", str(tmp_path / "found.json"), "--html", str(tmp_path / "page.html")]
    assert compare.main(arguments) == 0
    return json.loads((tmp_path / "found.json").read_text()), Page((tmp_path / "page.html").read_text())


@pytest.mark.parametrize(
    ("second", "better", "words"),
    [
        ({"right": 0.9}, "b", "B 쪽이 더 낫습니다"),
        ({"right": 0.2}, "a", "A 쪽이 더 낫습니다"),
        ({"right": 0.62}, "unclear", "어느 쪽이 나은지 말할 수 없습니다"),
        ({"right": 0.9, "fingerprint": "w"}, "unclear", "우열을 가릴 수 없습니다"),
        ({"right": 0.9, "videos": 1}, "unclear", "신뢰 구간이 없는 수치가 있어"),
    ],
)
def test_which_run_is_better_or_that_it_cannot_be_said(tmp_path, second, better, words, capsys):
    first, other = write_run(tmp_path / "하나", 0.6), write_run(tmp_path / "둘", learning_rate=0.01, **second)
    found, page = compare_here(tmp_path, first, other)
    english = "cannot be said" if better == "unclear" else f"{better.upper()} is better"
    assert found["better"] == better and english in capsys.readouterr().out
    assert found["decided_by"] in page.text and words in page.text + page.korean
    assert page.untranslated == [] and "설정: learning_rate" in page.korean
    assert found["differences"]["settings"] == {"learning_rate": ["0.001", "0.01"]}
    figure = found["figures"]["accuracy of videos, equal priors"]
    assert figure["difference"] == pytest.approx(figure["b"]["value"] - figure["a"]["value"])
    back, _ = compare_here(tmp_path, other, first)
    assert back["better"] == {"a": "b", "b": "a"}.get(better, better)


def test_runs_that_answered_the_same_videos_are_paired(tmp_path, capsys):
    """B answers all that A does and a few more: by chance alone that does not come about, which pairing knows."""
    folders = {name: write_run(tmp_path / name, right, stores_answers=name != "old") for name, right in
               (("a", 0.6), ("b", 0.65), ("old", 0.65))}  # fmt: skip
    found, page = compare_here(tmp_path, folders["a"], folders["b"])
    assert (found["better"], found["paired_videos"]) == ("b", 200)
    assert "taken by the same videos, does not include 0" in capsys.readouterr().out
    assert "macro-F1(프레임, 균등 사전 확률) 0.600" in page.korean and "equal priors" not in page.korean
    difference = found["figures"]["macro-F1 of frames, equal priors"]["difference"]
    assert f"macro-F1(프레임, 균등 사전 확률)의 차이(B - A): {difference:+.3f} [" in page.korean
    assert "paired: both runs answered the same 200 videos" in page.text and "짝지어 구한 구간" in page.korean
    alone, page = compare_here(tmp_path, folders["a"], folders["old"])
    assert (alone["better"], alone["paired_videos"]) == ("unclear", None)
    assert "as if the runs were independent" in capsys.readouterr().out
    assert "take the runs as independent" in page.text and "서로 독립으로 보고" in page.korean
    for name, figure in found["figures"].items():
        low, high = figure["interval"]
        assert low <= figure["difference"] <= high
        assert high - low < 0.7 * np.diff(alone["figures"][name]["interval"])[0]
    back, _ = compare_here(tmp_path, folders["b"], folders["a"])
    assert back["better"] == "a"
    for name, figure in back["figures"].items():
        assert figure["interval"] == pytest.approx([-end for end in found["figures"][name]["interval"][::-1]])
    same, _ = compare_here(tmp_path, folders["a"], folders["a"])
    assert same["figures"]["macro-F1 of frames, equal priors"]["interval"] == [0, 0] and same["better"] == "unclear"


def test_the_paired_interval_holds_the_truth():
    """Of pairs of models that err on much the same videos, about as often as the level says."""
    random, inside, names = np.random.default_rng(0), 0, [str(video) for video in range(200)]
    for _ in range(40):
        labels, hard = np.arange(200) % 6, random.random(200)
        a, b = (count_video_answers(predict(labels, np.where(hard + random.normal(0, 0.1, 200) < right, labels,
                (labels + 1) % 6)), names, PRIOR, 1.0) for right in (0.6, 0.7))  # fmt: skip
        low, high = _resample_differences(a, b)["videos", "equal_priors", "accuracy"]
        inside += low <= 0.1 <= high
    assert inside >= 34  # 38 to be expected; 33 or fewer in one of a hundred


def test_the_interval_of_a_difference_holds_the_truth():
    """Of pairs of independent means, as often as the level says."""
    random, inside = np.random.default_rng(0), 0
    for _ in range(1000):
        a, b = random.binomial(200, 0.6) / 200, random.binomial(200, 0.7) / 200
        half = [1.96 * np.sqrt(p * (1 - p) / 200) for p in (a, b)]
        low, high = _recover_interval(a, a - half[0], a + half[0], b, b - half[1], b + half[1])
        inside += low <= 0.1 <= high
    assert 0.93 <= inside / 1000 <= 0.97


def test_bad_calls(datasets, tmp_path, capsys):
    folder, *_ = datasets
    run, page = write_run(tmp_path / "run", 0.5), ["--html", str(tmp_path / "page.html")]
    for arguments, error, message in (
        ([folder / "B", tmp_path / "nowhere"], CallError, "nowhere is not a folder"),
        ([folder / "B", run], CallError, "is a run and .* is not"),
        ([folder / "B", tmp_path], CallError, "no dataset"),
        ([folder / "B", folder / "B", "--json", folder / "B" / "x.json"], CallError, "lies in the dataset"),
    ):
        with pytest.raises(error, match=message):
            compare.main([*map(str, arguments), *page])
    (tmp_path / "half").mkdir()
    write_record(tmp_path / "half", {"settings": {}})
    with pytest.raises(DataError, match="let the training end first"):
        compare.main([str(run), str(tmp_path / "half"), *page])
    (tmp_path / "half" / "run.json").write_text('{"format": "pet_mood run"')
    assert run_command("compare", compare.main, [str(run), str(tmp_path / "half"), *page]) == 1
    assert "run.json is damaged" in capsys.readouterr().err
    write_metrics(write_run(tmp_path / "finder", 0.5), {"model": "finder.keras", "evaluation": {}})
    with pytest.raises(CallError, match="cannot be compared"):
        compare.main([str(run), str(tmp_path / "finder"), *page])
