import csv
import io
import json
import re

import cv2
import numpy as np
import pytest
from fontTools.ttLib import TTFont

from console.hangul_font import subset_font
from shards.emotions import EMOTIONS, ENGLISH
from shards.errors import DataError
from tests.pages import Page
from tests.trainer.evaluation.predictions import PRIOR
from trainer.evaluation.metrics import Predictions
from trainer.evaluation.metrics_json import evaluate
from trainer.evaluation.run_report import flatten_settings, format_value, write_run_report

HEADER = (
    "stage,epoch,first_step,steps,loss,train_accuracy,learning_rate,val_loss,val_accuracy,macro_f1,balanced_accuracy,"
    "images_per_second,waiting_share,seconds"
)

PICTURES = ("curves.png", "confusion.png", "reliability.png", "recall.png")


def make_evaluation(classes=range(6)) -> dict:
    random = np.random.default_rng(0)
    labels = np.repeat(random.choice(list(classes), 60), 3)
    logits = random.normal(size=(180, 6)) + 2 * np.eye(6)[labels]
    species = np.where(np.arange(180) < 90, "DOG", "CAT").astype(object)
    return evaluate(Predictions(logits, labels, np.arange(180) // 3, species), PRIOR, 1.3, 0)


def make_history(path, rows=5) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(HEADER + "\n")
        table = csv.writer(file)
        for i in range(rows):
            figures = [1.7 - 0.1 * i, 0.3, 1e-3 / (i + 1), 1.6, 0.41, 0.3725, 0.4, 612.5, 0.012, 1234]
            table.writerow(["probe" if i < 2 else "full", i + 1, 0, 3200, *figures])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "고양이 <i>&"
    folder.mkdir()
    metrics = {"model": "model.keras", "best_epoch": 4, "evaluation": make_evaluation()}
    (folder / "metrics.json").write_text(json.dumps(metrics, ensure_ascii=False), encoding="utf-8")
    make_history(folder / "history.csv")
    record = {
        "command": ["python", "-m", "trainer.train", "--train", "data/<script>펫</script>"],
        "settings": {"batch_size": 64, "stages": [{"name": "probe"}, {"name": "full"}]},
        "dataset": {"train": "f00d"},
    }
    (folder / "run.json").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    assert write_run_report(folder) == folder / "report.html"
    return folder


@pytest.fixture(scope="module")
def page(folder) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_pictures_are_real(folder):
    for name in PICTURES:
        data = (folder / name).read_bytes()
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert min(picture.shape[:2]) > 400 and picture.std() > 10
    assert {path.name for path in folder.iterdir()} == {
        *PICTURES,
        *("metrics.json", "history.csv", "run.json", "report.html"),
    }


def test_the_page_needs_nothing_else(folder, page):
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert len(page.sources) == len(PICTURES)
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert "http" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "iframe")]


def test_the_page_is_for_a_phone_and_names_its_language(page):
    assert ("html", {"lang": "en"}) in page.tags
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in page.tags
    assert ("p", {"lang": "ko"}) in page.tags
    assert all(attributes["alt"] for tag, attributes in page.tags if tag == "img")


def test_names_are_escaped(folder, page):
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "<script>" not in text and "고양이 <i>" not in text
    assert "data/<script>펫</script>" in page.text and "고양이 <i>&" in page.text


def test_the_answer_comes_first(folder, page):
    evaluation = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["evaluation"]
    text, constant = page.text, evaluation["frames"]["equal_priors"]["majority"]
    places = [
        text.index(words)
        for words in (
            evaluation["frames"]["verdict"][1:],
            evaluation["videos"]["verdict"][1:],
            f"항상 {EMOTIONS[ENGLISH.index(constant)].korean} 하나만 답할 때",
            "Figures beside their baselines",
            "Training",
            "How it was run",
        )
    ]
    assert places == sorted(places)
    assert "beats" in evaluation["verdict"] and "보다 높습니다" in text


def test_figures_moods_and_settings_are_told(folder, page):
    level = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["evaluation"]["videos"]
    figure = level["natural_prior"]["accuracy"]
    value, low, high, majority = map(format_value, (figure["value"], *figure["interval"], figure["majority"]))
    assert f"accuracy {value} [{low}, {high}] {majority}" in page.text
    for emotion in EMOTIONS:
        recall = level["equal_priors"]["classes"][emotion.english]["recall"]
        support = level["equal_priors"]["classes"][emotion.english]["support"]
        assert f"{emotion.korean} {emotion.english} {support} {format_value(recall['value'])}" in page.text
    assert "settings.stages.1.name full" in page.text and "settings.batch_size 64" in page.text
    assert "best_epoch 4" in page.text and "dataset.train f00d" in page.text
    assert "probe 1 0 3,200 1.700" in page.text and "full 5 0 3,200 1.300" in page.text


def test_the_page_brings_its_hangul(page, folder):
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert '@font-face { font-family: "Page Hangul"' in text
    letters = {letter for letter in page.text if "가" <= letter <= "힣"}
    known = TTFont(io.BytesIO(subset_font("".join(letters)))).getBestCmap()
    assert letters and {ord(letter) for letter in letters} == set(known)


def test_plots_have_every_letter(folder, tmp_path, recwarn):
    write_run_report(folder)
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "history.csv").write_text("stage,loss\n확인,0.0\n미세 조정,0.0\n")  # an axis from below zero: a minus
    write_run_report(tmp_path)
    assert not [warning for warning in recwarn if "Glyph" in str(warning.message)]


@pytest.mark.parametrize(
    ("metrics", "history", "drawn"),
    [
        ({}, None, set()),
        ({"evaluation": None, "note": "no validation"}, 1, {"curves.png"}),
        ({"evaluation": make_evaluation([3])}, 0, set(PICTURES) - {"curves.png"}),  # five moods absent
    ],
)
def test_what_is_missing_is_left_out(tmp_path, metrics, history, drawn):
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    if history is not None:
        make_history(tmp_path / "history.csv", history)
    page = Page(write_run_report(tmp_path).read_text(encoding="utf-8"))
    assert {path.name for path in tmp_path.glob("*.png")} == drawn
    assert len(page.sources) == len(drawn)
    assert ("This run was not evaluated." in page.text) == (not metrics.get("evaluation"))
    if metrics.get("evaluation"):
        assert "without anger, fear, happiness, aggression, anxiety" in page.text
        assert "공포 fear 0 – " in page.text


def test_gaps_in_the_history(tmp_path):
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "history.csv").write_text("stage,epoch,loss,val_loss\nfull,1,nan,\nfull,2,1.5,1.25\n")
    assert "full 1 – – full 2 1.500 1.250" in Page(write_run_report(tmp_path).read_text(encoding="utf-8")).text


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "metrics.json is missing"),
        ({"metrics.json": '{"evaluation": '}, "metrics.json is not JSON"),
        ({"metrics.json": "[]"}, "metrics.json holds no JSON object"),
        ({"metrics.json": "{}", "run.json": "\x00"}, "run.json is not JSON"),
    ],
)
def test_broken_files_are_named(tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        write_run_report(tmp_path)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (12345, "12,345"),
        (0, "0"),
        (0.0, "0.000"),
        (1.2e-16, "0.000"),
        (0.4996, "0.500"),
        (3e-6, "3e-06"),
        (20.0, "20.000"),
        ("편안", "편안"),
    ],
)
def test_figures_as_text(value, text):
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("value", "leaves"),
    [
        ({"a": {"b": 1, "c": "x"}}, {"a.b": "1", "a.c": "x"}),
        ({"list": [1, "두"], "none": None, "empty": {}}, {"list": '[1, "두"]', "none": "null", "empty": "{}"}),
        ({"s": [{"n": 1}, 2]}, {"s.0.n": "1", "s.1": "2"}),
    ],
)
def test_nested_settings_become_lines(value, leaves):
    assert flatten_settings(value) == leaves
