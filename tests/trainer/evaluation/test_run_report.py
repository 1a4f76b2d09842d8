import base64
import csv
import io
import json
import re
import shutil
import time

import cv2
import numpy as np
import pytest
from fontTools.ttLib import TTFont

from console.hangul_font import subset_font
from console.html_page import format_value
from console.output.language import translate
from shards.emotions import EMOTIONS
from shards.errors import DataError
from tests.pages import Page
from tests.tools.browser import console_errors, is_blank, open_page, resize, sideways
from tests.trainer.evaluation.predictions import PRIOR
from trainer.evaluation.answer_examples import choose_examples, list_cells
from trainer.evaluation.metrics import Predictions
from trainer.evaluation.metrics_json import evaluate
from trainer.evaluation.plain_verdict import word_verdict
from trainer.evaluation.plots import PLOT_DPI, PLOT_WORDS, draw_curves, draw_recall
from trainer.evaluation.run_page import flatten_settings
from trainer.evaluation.run_report import write_run_report
from trainer.finder_evaluation.finder_metrics import FINDER_FIGURES
from trainer.input.dataset_split import DatasetSplit, open_split, read_whole_records
from trainer.mood_training.run_warnings import list_temperature_warnings
from trainer.training.run_messages import print_run_end

HEADER = (
    "stage,epoch,first_step,steps,loss,train_accuracy,learning_rate,val_loss,val_accuracy,macro_f1,balanced_accuracy,"
    "images_per_second,waiting_share,seconds"
)

PICTURES = ("curves.png", "confusion.png", "reliability.png", "recall.png")
ON_PAGE = 2 * (len(PICTURES) - 1)  # in both languages; the confusion matrix is a table there
WARNINGS = list_temperature_warnings(1.0) + list_temperature_warnings(1e9)


def make_predictions(classes=range(6)) -> Predictions:
    random = np.random.default_rng(0)
    labels = np.repeat(random.choice(list(classes), 60), 3)
    logits = random.normal(size=(180, 6)) + 2 * np.eye(6)[labels]
    species = np.where(np.arange(180) < 90, "DOG", "CAT").astype(object)
    return Predictions(logits, labels, np.arange(180) // 3, species)


def make_evaluation(classes=range(6)) -> dict:
    return evaluate(make_predictions(classes), PRIOR, 1.3, 0)


def make_examples() -> dict:
    return choose_examples(make_predictions(), PRIOR, 1.3)


def answer_split(split: DatasetSplit) -> Predictions:
    """Answers to a real split: of each video three right, one wrong and sure, the others wrong and unsure."""
    turn = np.array([np.sum(split.videos[:i] == video) for i, video in enumerate(split.videos)])
    answers = np.where(turn < 3, split.labels, (split.labels + 2) % 6)
    logits = np.where(turn <= 3, 3.0, 0.1)[:, None] * np.eye(6)[answers]
    return Predictions(logits, split.labels, split.videos, split.species)


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
    metrics = {
        "model": "model.keras",
        "best_epoch": 4,
        "warnings": WARNINGS,
        "evaluation": make_evaluation(),
        "examples": make_examples(),
    }
    (folder / "metrics.json").write_text(json.dumps(metrics, ensure_ascii=False), encoding="utf-8")
    make_history(folder / "history.csv")
    record = {
        "command": ["python", "-m", "trainer.train", "--train", "data/<script>펫</script>"],
        "settings": {"batch_size": 64, "stages": [{"name": "probe"}, {"name": "full"}]},
        "dataset": {"train": "f00d"},
    }
    (folder / "run.json").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    assert write_run_report(folder, None) == folder / "report.html"
    return folder


@pytest.fixture(scope="module")
def shown(pets, tmp_path_factory):
    """A run that was evaluated on the real split of three moods, whose pictures are shown."""
    folder, split = tmp_path_factory.mktemp("runs") / "반려동물", open_split(pets, "val")
    folder.mkdir()
    predictions = answer_split(split)
    metrics = {
        "evaluation": evaluate(predictions, PRIOR, 1.0, 0),
        "examples": choose_examples(predictions, PRIOR, 1.0),
    }
    (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    make_history(folder / "history.csv")
    write_run_report(folder, split)
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
    sources = [source for source in page.sources if not source.startswith("#")]
    assert len(sources) == ON_PAGE
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert "http" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
    assert not [tag for tag, _ in page.tags if tag in ("link", "iframe")]
    assert [attributes for tag, attributes in page.tags if tag == "script"] == [{}]


def test_the_page_is_for_a_phone_and_names_its_language(page):
    assert ("html", {"lang": "en"}) in page.tags
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in page.tags
    assert ("p", {"class": "ko", "lang": "ko"}) in page.tags
    assert all(attributes["alt"] for tag, attributes in page.tags if tag == "img")


def test_names_are_escaped(folder, page):
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert text.count("<script>") == 1 and "고양이 <i>" not in text
    assert "data/<script>펫</script>" in page.text and "고양이 <i>&" in page.text


def test_a_headline_comes_first_then_it_shows_before_it_tells(shown):
    evaluation = json.loads((shown / "metrics.json").read_text(encoding="utf-8"))["evaluation"]
    page = Page((shown / "report.html").read_text(encoding="utf-8"))
    verdict = word_verdict(evaluation)
    words = (
        verdict.headline,
        "What is taken for what",
        "Validation pictures and the answers to them",
        "Moods over time",
        "How it learned",
        verdict.english,
        "Figures beside their baselines",
        evaluation["frames"]["verdict"][1:],
        evaluation["videos"]["verdict"][1:],
    )
    places = [page.text.index(text) for text in words]
    assert places == sorted(places) and "than always answering fear (공포)" in verdict.headline
    assert page.korean.index(verdict.korean_headline) < page.korean.index(verdict.korean)


def test_warnings_come_first_in_both_languages(folder, page):
    """What is printed in yellow when a run ends is on its report too, before any figure."""
    assert len(WARNINGS) == 2
    for warning in WARNINGS:
        assert translate(warning) != warning and translate(warning) in page.korean
        assert warning[1:] in page.text and page.text.count(warning[1:]) == 1  # and not again among the settings
        assert page.text.index(warning[1:]) < page.text.index(word_verdict(make_evaluation()).headline)


def test_no_warning_where_there_is_none(shown):
    assert 'id="warnings"' not in (shown / "report.html").read_text(encoding="utf-8")


def test_the_headline_has_the_figures_that_a_run_prints(shown, capsys):
    evaluation = json.loads((shown / "metrics.json").read_text(encoding="utf-8"))["evaluation"]
    metrics = {"model": "model.keras", "best_epoch": 1, "epochs": 2, "evaluation": evaluation}
    print_run_end(shown, metrics, "done")
    macro_f1, accuracy = re.search(r"macro-F1 (\S+), accuracy ([\d.]+)", capsys.readouterr().out).groups()
    verdict = word_verdict(evaluation)
    assert f"macro-F1 {macro_f1}, accuracy {accuracy} of the validation frames (equal priors)" in verdict.headline
    assert f"macro-F1 {macro_f1}, 정확도 {accuracy}입니다(균등 사전 확률)" in verdict.korean_headline


def test_plots_are_in_both_languages(folder, page):
    """No plot is shown in both, none in neither; the Korean one is another picture of the same size."""
    plots = [picture for picture in page.pictures if picture["src"].startswith("data:image/png")]
    english, korean = ([one for one in plots if one["class"] == name] for name in ("en", "ko"))
    assert len(english) == len(korean) == len(plots) / 2 == 3
    for first, second in zip(english, korean, strict=True):
        assert first["src"] != second["src"]
        assert all(first[side] == second[side] for side in ("width", "height"))
        assert re.search("[가-힣]", second["alt"]) and not re.search("[가-힣]", first["alt"])
    beside = base64.b64encode((folder / "recall.png").read_bytes()).decode()
    assert [one["src"].endswith(beside) for one in english].count(True) == 1


def test_every_word_of_a_plot_has_its_korean(folder, tmp_path):
    """A word without Korean is a KeyError; what the plots of all kinds of runs say is drawn here."""
    history = [{"stage": "full", "loss": 1.0, "val_loss": 1.0, "learning_rate": 0.1, "ap50": 0.3, "ap": 0.2}]
    assert draw_curves(history, {"ap50": 0.1, "ap": 0.1}, FINDER_FIGURES, in_korean=True) != draw_curves(
        history, {"ap50": 0.1, "ap": 0.1}, FINDER_FIGURES
    )
    absent = make_evaluation([3])
    assert draw_recall(absent, in_korean=True) != draw_recall(absent)
    allowed = {"macro-F1", "AP", "IoU"}
    found = {word for text in PLOT_WORDS.values() for word in re.findall(r"[A-Za-z][\w-]+", text)}
    assert found <= allowed


def test_the_confusion_matrix_is_readable_text(shown):
    text = Page((shown / "report.html").read_text(encoding="utf-8")).text
    assert "공포 fear 0% 0 100% 2 0% 0" in text  # both videos are answered rightly on average
    assert "공포 fear 0% 0 50% 6 0% 0 50% 6" in text  # half of their frames are not
    assert "행복/즐거움 happiness – – – – – –" in text  # no case


def test_every_chosen_picture_is_shown_with_its_key(shown, pets):
    examples = json.loads((shown / "metrics.json").read_text(encoding="utf-8"))["examples"]
    page = Page((shown / "report.html").read_text(encoding="utf-8"))
    chosen = [one for cell in list_cells(examples) for one in cell["chosen"]]
    assert len(chosen) == 12  # three moods, right and wrong, two videos
    jpegs = [picture for picture in page.pictures if picture["src"].startswith("data:image/jpeg")]
    films = len(jpegs) - len(chosen)
    assert films == 6 * len(examples["timelines"]) == 18 and "no picture" not in page.text
    keys = {record["key"] for record in read_whole_records(open_split(pets, "val"), [one["place"] for one in chosen])}
    assert len(keys) == len(chosen) and all(key in page.text for key in keys)
    assert page.text.count("No validation frame shows this mood") == 3
    assert page.korean.count("이 감정을 보이는 검증 프레임이 없어") == 3
    assert (shown / "report.html").stat().st_size < 1_000_000


def test_the_same_report_again(shown, pets):
    before = (shown / "report.html").read_bytes()
    (shown / "report.html").unlink()
    write_run_report(shown, open_split(pets, "val"))
    assert (shown / "report.html").read_bytes() == before


def test_missing_pictures_are_said(shown, folder, pets, tmp_path):
    text = Page((folder / "report.html").read_text(encoding="utf-8")).text
    assert "Without pictures: the validation dataset is not here." in text and "no picture" in text
    copy, run = shutil.copytree(pets, tmp_path / "copy"), shutil.copytree(shown, tmp_path / "run")
    split = open_split(copy, "val")
    data = bytearray(split.files[0].read_bytes())
    data[100] ^= 1
    split.files[0].write_bytes(data)
    text = Page(write_run_report(run, split).read_text(encoding="utf-8")).text
    assert f"Without pictures: {copy / split.files[0].name}: offset 0" in text and text.count("no picture") == 12
    split.files[0].unlink()
    assert (
        f"{copy / split.files[0].name}: No such file"
        in Page(write_run_report(run, split).read_text(encoding="utf-8")).text
    )
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    (run / "metrics.json").write_text(json.dumps({"evaluation": metrics["evaluation"]}))
    text = Page(write_run_report(run, split).read_text(encoding="utf-8")).text
    assert "No pictures: this run was evaluated before reports had pictures" in text


def test_all_of_it_is_in_korean_too(shown, folder):
    for run in (shown, folder):
        assert Page((run / "report.html").read_text(encoding="utf-8")).untranslated == []


def test_in_a_browser(shown):
    """Both widths, both colours, a filter, a phone, both languages, by keyboard and on paper."""
    with open_page(shown / "report.html", 1280, 900) as driver:
        run = driver.execute_script
        for width in (1280, 390):
            for scheme in ("light", "dark"):
                features = [{"name": "prefers-color-scheme", "value": scheme}]
                driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
                resize(driver, width, 900)
                assert not is_blank(driver.get_screenshot_as_png()) and sideways(driver) == 0
                colour = run("return getComputedStyle(document.body).backgroundColor")
                assert (max(map(int, re.findall(r"\d+", colour)[:3])) < 60) == (scheme == "dark")
        assert run("return [...document.images].filter(image => image.naturalWidth).length") == 12 + 18 + ON_PAGE
        shown_cells = (
            "return [...document.querySelectorAll('[data-of]')]"
            ".filter(one => one.checkVisibility()).map(one => one.dataset.of)"
        )
        assert len(run(shown_cells)) == 6
        run("document.querySelector('details:has(.confusion)').open = true")
        cell = driver.find_element("css selector", "details [data-cell=calm-anxiety]")
        cell.send_keys("\n")
        assert run(shown_cells) == ["calm-anxiety"] and cell.get_attribute("aria-pressed") == "true"
        told = driver.find_element("id", "chosen").text
        assert "Shows calm, answered anxiety: 6 frames. By the mean of their frames, 0 videos are answered so." in told
        driver.find_element("id", "korean").send_keys(" ")
        told = driver.find_element("id", "chosen").text
        assert "실제 편안/안정, 답 불안/슬픔: 프레임 6장. 프레임 평균으로 이렇게 답한 영상은 0개" in told
        plots = (
            "return [...document.querySelectorAll('.plot img')]"
            ".filter(one => one.checkVisibility()).map(one => one.lang)"
        )
        assert run(plots) == ["ko"] * 3
        driver.find_element("id", "english").send_keys(" ")
        assert run(plots) == [""] * 3
        driver.find_element("css selector", "#chosen button").send_keys("\n")
        assert len(run(shown_cells)) == 6 and cell.get_attribute("aria-pressed") == "false"
        key = "document.querySelector('.tile p')"
        height = (
            f"return {key}.checkVisibility({{contentVisibilityAuto: true}}) ? {key}.getBoundingClientRect().height : 0"
        )
        assert run(height) == 0
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        until = time.monotonic() + 10
        while run(height) <= 10 and time.monotonic() < until:  # it is laid out anew, which takes a moment
            time.sleep(0.05)
        assert run(height) > 10
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen"})
        run("document.querySelector('.tile summary').focus()")
        driver.switch_to.active_element.send_keys("\n")
        assert run(height) > 10
        driver.find_element("id", "korean").send_keys(" ")
        heading = "return [document.querySelector('#matrix').innerText, document.documentElement.lang, document.title]"
        assert run(heading) == ["무엇을 무엇으로 보았나", "ko", "반려동물: 모델의 성능"]
        driver.refresh()  # it is remembered, and the page begins as on a phone: folded
        assert run(heading)[1] == "ko" and run("return document.documentElement.scrollHeight") < 6000
        letters = (
            "return Math.min(...[...document.querySelectorAll('.plot img')].filter(image => image.checkVisibility())"
            ".map(image => image.getBoundingClientRect().width / image.naturalWidth))"
        )
        run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert run(letters) * PLOT_DPI * 8 / 72 > 10  # the smallest letters of a plot, 8 points, in pixels
        assert sideways(driver) == 0 and console_errors(driver) == []


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
    letters = {letter for letter in text if "가" <= letter <= "힣"}
    known = TTFont(io.BytesIO(subset_font("".join(letters)))).getBestCmap()
    assert letters and {ord(letter) for letter in letters} == set(known)


def test_plots_have_every_letter(folder, tmp_path, recwarn):
    write_run_report(folder, None)
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "history.csv").write_text("stage,loss\n확인,0.0\n미세 조정,0.0\n")  # an axis from below zero: a minus
    write_run_report(tmp_path, None)
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
    page = Page(write_run_report(tmp_path, None).read_text(encoding="utf-8"))
    assert {path.name for path in tmp_path.glob("*.png")} == drawn
    assert len(page.pictures) == 2 * len(drawn - {"confusion.png"})
    assert ("This run was not evaluated." in page.text) == (not metrics.get("evaluation"))
    if metrics.get("evaluation"):
        assert "without anger, fear, happiness, aggression, anxiety" in page.text
        assert "공포 fear 0 – " in page.text


def test_gaps_in_the_history(tmp_path):
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "history.csv").write_text("stage,epoch,loss,val_loss\nfull,1,nan,\nfull,2,1.5,1.25\n")
    assert "full 1 – – full 2 1.500 1.250" in Page(write_run_report(tmp_path, None).read_text(encoding="utf-8")).text


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
        write_run_report(tmp_path, None)
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
