import json
import re
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from console.command import run_command
from preprocess.run import run
from preprocess.settings import DedupeSettings, PreprocessSettings
from shards.dataset import read_dataset
from shards.emotions import EMOTIONS, KOREAN, parse_emotion
from shards.errors import DataError
from shards.manifest import REJECTIONS, SCHEMA, SPLITS, STATUSES, take_rows
from tests.pages import Page
from tests.tools.browser import console_errors, is_blank, open_page, resize, sideways
from tests.tools.manifests import make_row, write_rows
from tests.trees import make_jpeg, make_label, write_video
from tools import dataset_report
from tools.overview.manifest_pass import summarize_manifest
from tools.overview.statistics import compute_row_statistics
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec

REASONS = [reason for reason in REJECTIONS if reason != "label_conflict"]  # which no frame has unless told to
BREED = '<script>alert("야옹")</script>&'


def report(*arguments) -> int:
    return run_command("dataset_report", dataset_report.main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(two_workers, tmp_path_factory):
    root = tmp_path_factory.mktemp("dataset_report")
    make_sample(root / "원본 <i>", SampleSpec(frames=6, height=240))
    animal = {"breed": BREED, "gender": "MALE", "age": 3, "neuter": "Y"}
    write_video(root / "원본 <i>", "dog-walkrun-900000", 2, part="Training", label=make_label(animal=animal))
    run(PreprocessSettings(source=[str(root / "원본 <i>")], out=str(root / "데이터 <b>&")))
    return root / "데이터 <b>&"


@pytest.fixture(scope="module")
def written(folder):
    """(path of the page, figures) by the command with nothing but a place for the figures."""
    assert report(folder, "--json", folder.with_name("수치.json")) == 0
    figures = json.loads(folder.with_name("수치.json").read_text("utf-8"))
    return folder.with_name(f"{folder.name}.dataset.html"), figures


@pytest.fixture(scope="module")
def page(written) -> Page:
    return Page(written[0].read_text("utf-8"))


@pytest.fixture(scope="module")
def rows(folder) -> pd.DataFrame:
    return pq.read_table(folder / "manifest.parquet").to_pandas()


def test_totals_are_those_of_dataset_json(folder, written):
    figures, counts = written[1], read_dataset(folder).counts
    assert figures["rows"] == counts["rows"]
    assert figures["statuses"] == {status: counts[status] for status in STATUSES}
    assert {line["reason"]: line["rows"] for line in figures["reasons"]} == counts["reasons"]
    for split in SPLITS:
        whole = counts["splits"][split]
        assert figures["splits"][split] == {"rows": whole["frames"], "videos": whole["videos"]}
        for line in figures["moods"]:
            stated = whole["emotions"][line["korean"]]
            assert line[split] == {"rows": stated["frames"], "videos": stated["videos"]}


def test_moods_species_and_reasons_add_up(written, rows):
    figures = written[1]
    assert figures["videos"] == rows.video.nunique()
    for line in figures["moods"]:
        of_mood = rows[rows.label == line["label"]]
        assert line["statuses"] == {status: int((of_mood.status == status).sum()) for status in STATUSES}
        assert line["all"]["videos"] == of_mood[of_mood.status == "kept"].video.nunique()
    assert sum(figures["no_mood"].values()) == rows.label.isna().sum() > 0
    kept = rows[rows.status == "kept"]
    for line in figures["species"]:
        for split in SPLITS:
            found = kept[(kept.species == line["species"]) & (kept.split == split)]
            assert line[split] == {"rows": len(found), "videos": found.video.nunique()}
    for line in figures["reasons"]:
        found = rows[rows.reason == line["reason"]]
        assert (line["rows"], line["videos"]) == (len(found), found.video.nunique())
    assert set(REASONS) == {line["reason"] for line in figures["reasons"] if line["status"] == "rejected"}
    for name, columns in (("actions", ["species", "action"]), ("breeds", ["species", "breed"])):
        found = kept.groupby(columns).video.agg(["size", "nunique"])
        lines = figures[name]["first"]
        assert {(*(line[c] for c in columns), line["rows"], line["videos"]) for line in lines} == {
            (*key, size, videos) for key, size, videos in found.itertuples()
        }
        assert [line["videos"] for line in lines] == sorted((line["videos"] for line in lines), reverse=True)


def test_imbalance_and_what_a_constant_answer_scores(written, rows):
    figures, kept = written[1], rows[rows.status == "kept"]
    train = kept[kept.split == "train"]
    for name, counts in (("frames", train.label.value_counts()), ("videos", train.groupby("label").video.nunique())):
        measured = figures["imbalance"]["train"][name]
        assert measured["ratio"] == counts.max() / counts.min()
        assert counts[measured["most"]] == counts.max() and counts[measured["least"]] == counts.min()
    assert figures["imbalance"]["train"]["absent"] == sorted(set(range(6)) - set(train.label))
    answer = figures["majority"]["answer"]
    assert answer == train.groupby("label").video.nunique().idxmax()
    val = kept[kept.split == "val"]
    scores = figures["majority"]["val"]["frames"]
    assert val.label.nunique() > 1
    constant = np.full(len(val), answer)
    assert scores["accuracy"] == pytest.approx(accuracy_score(val.label, constant))
    assert scores["macro_f1"] == pytest.approx(f1_score(val.label, constant, average="macro", zero_division=0))
    assert scores["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(val.label, constant))


def count_within(bar: dict, values: pd.Series) -> int:
    return values.between(bar["from"], float("inf") if bar["to"] is None else bar["to"]).sum()


def test_boxes(folder, written, rows):
    boxes, kept = written[1]["boxes"], rows[rows.status == "kept"]
    sides = np.maximum(kept.box_width, kept.box_height)
    assert boxes["frames"] == len(kept) == sum(bar["frames"] for bar in boxes["sides"])
    assert boxes["side"]["50%"] == np.sort(sides)[(len(sides) + 1) // 2 - 1]
    for bar in boxes["sides"]:
        assert bar["frames"] == count_within(bar, sides)
    spans = np.maximum(kept.box_width * 100 // kept.width, kept.box_height * 100 // kept.height)
    assert [bar["frames"] for bar in boxes["shares"]] == np.histogram(spans, range(0, 101, 10))[0].tolist()
    small = kept.crop_size[kept.crop_size < 256]
    assert boxes["enlarged"] == len(small) > 0
    assert boxes["enlarged_median"] == pytest.approx(256 / np.sort(small)[(len(small) + 1) // 2 - 1])
    assert {(i["width"], i["height"]): i["frames"] for i in boxes["images"]} == dict(
        Counter(zip(kept.width.astype(int), kept.height.astype(int), strict=True))
    )
    x, y = (kept.box_x + kept.box_width / 2) / kept.width, (kept.box_y + kept.box_height / 2) / kept.height
    assert boxes["centres"] == np.histogram2d(y, x, 16, [[0, 1], [0, 1]])[0].astype(int).tolist()
    assert boxes["middle"] == ((x >= 0.25) & (x < 0.75) & (y >= 0.25) & (y < 0.75)).sum()
    leaves = (kept.crop_x < 0) | (kept.crop_y < 0) | (kept.crop_x + kept.crop_size > kept.width)
    assert boxes["padded"] == (leaves | (kept.crop_y + kept.crop_size > kept.height)).sum()


def test_frames_a_video_and_videos_without_any(written, rows):
    figures = written[1]
    annotated = rows.groupby("video").size()
    kept = rows[rows.status == "kept"].groupby("video").size().reindex(annotated.index, fill_value=0)
    for bar in figures["frames_per_video"]:
        for name, counts in (("annotated", annotated), ("kept", kept)):
            assert bar[name] == count_within(bar, counts)
    empty = sorted(kept.index[kept == 0])
    assert empty and figures["videos_without_frames"]["count"] == len(empty)
    assert [line["video"] for line in figures["videos_without_frames"]["first"]] == empty
    assert sum(figures["videos_without_frames"]["causes"].values()) == len(empty)
    for line in figures["videos_without_frames"]["first"]:
        assert line["cause"] in rows[rows.video == line["video"]].reason.mode().tolist()


def test_owner_and_inspector(written, rows):
    agreement = written[1]["agreement"]
    videos = rows.fillna({"emotion_inspect": "", "emotion_owner": ""})
    videos = videos.drop_duplicates(["video", "emotion_inspect", "emotion_owner"])
    matrix = np.zeros((6, 7), int)
    for inspector, owner in zip(videos.emotion_inspect, videos.emotion_owner, strict=True):
        if (row := parse_emotion(inspector)) is not None:
            column = parse_emotion(owner)
            matrix[row, 6 if column is None else column] += 1
    assert agreement["matrix"] == matrix.tolist()
    assert (agreement["same"], agreement["videos"]) == (np.trace(matrix), matrix[:, :6].sum())
    assert 0 < agreement["same"] < agreement["videos"]  # the sample has both
    assert written[1]["relabelled"] == 0


def test_the_page_tells_the_figures(page, written):
    figures, text = written[1], page.text
    kept, frames = figures["statuses"]["kept"], figures["imbalance"]["train"]["frames"]
    assert f"{kept} of {figures['rows']} annotated frames are kept" in text
    empty = figures["videos_without_frames"]["count"]
    assert f"; {empty} videos of these keep no frame." in text
    most, least = EMOTIONS[frames["most"]], EMOTIONS[frames["least"]]
    ratio = f"{frames['ratio']:,.0f}" if frames["ratio"] >= 10 else f"{frames['ratio']:.1f}".removesuffix(".0")
    assert f"{ratio} to 1 : for each one of {least.korean} {least.english}" in text
    assert f"가장 흔한 감정은 {most.korean}, 가장 드문 감정은 {least.korean}" in page.korean
    for line in figures["moods"]:
        assert f"{line['korean']} {line['english']} {line['train']['rows']}" in text
    for line in figures["reasons"]:
        assert f"{line['reason']} {line['rows']} {line['videos']}" in text
    for bar in figures["boxes"]["shares"]:
        assert f"{bar['from']}–{bar['to']} {bar['frames']}" in text
    assert "crop.size 256" in text and "Pictures are missing" not in text


def test_examples_of_each_reason_with_their_frames(page, rows):
    rejected = rows[rows.status == "rejected"]
    for reason in REASONS:
        assert f"{reason}: {(rejected.reason == reason).sum()}" in page.text
    for reason in ("emotion_unknown", "video_repeated", "frame_repeated", "box_missing", "box_negative", "box_empty"):
        shown = [p for p in page.pictures if p["alt"].startswith(f"{reason}: ")]
        assert len(shown) == min(6, (rejected.reason == reason).sum())
    for note in rejected.note.dropna().unique():
        assert note in page.text
    unknown = rejected[rejected.reason == "emotion_unknown"].emotion_inspect.fillna("nothing")
    assert all(f" {word} : {count}" in page.text for word, count in Counter(unknown).items())
    for label in rejected[rejected.reason.isin(["label_unreadable", "label_invalid"])].label_file:
        assert label in page.text


def test_samples_of_each_mood_and_split(page, rows):
    kept = rows[rows.status == "kept"]
    keys = dict(zip(kept.key, kept.label, strict=True))
    shown = [picture["alt"].split(": ", 1) for picture in page.pictures if picture["alt"]]
    shown = [(mood, key) for mood, key in shown if mood in {emotion.english for emotion in EMOTIONS}]
    assert len(shown) == len(set(shown)) and all(EMOTIONS[int(keys[key])].english == mood for mood, key in shown)
    for (split, label), group in kept.groupby(["split", "label"]):
        here = [key for _, key in shown if key in set(group.key)]
        assert len(here) == min(18, len(group)), (split, label)
        assert len({key.split("/")[0] for key in here}) == min(18, group.video.nunique())


def test_the_page_needs_nothing_else_and_names_are_escaped(page, written):
    text = written[0].read_text("utf-8")
    sources = [picture["src"] for picture in page.pictures if "src" in picture]
    assert sources and all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert "http" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
    assert not [tag for tag, _ in page.tags if tag in ("link", "iframe", "b>")]
    assert text.count("<script>") == 1 and BREED in page.text and "데이터 <b>&" in page.text
    assert len(text) < 20e6


def test_all_of_it_is_in_korean_too(page):
    assert page.untranslated == []


@pytest.mark.parametrize("width", [1200, 360])
def test_in_a_browser(written, width):
    with open_page(written[0], width) as driver:
        assert console_errors(driver) == []
        assert sideways(driver) == 0
        assert not is_blank(driver.get_screenshot_as_png())
        sizes = (
            "return [...document.images].filter(image => image.src).map(image => image.complete && image.naturalWidth)"
        )
        assert all(driver.execute_script(sizes))
        hangul = 'return document.fonts.ready.then(() => document.fonts.check(\'16px "Page Hangul"\', "편안"))'
        assert driver.execute_script(hangul)
        bars = "return [...document.querySelectorAll('.track > span:not(.none)')].map(bar => bar.offsetWidth)"
        assert min(driver.execute_script(bars)) >= 3
        driver.execute_script("document.querySelector('nav a[href=\"#samples\"]').focus()")
        driver.switch_to.active_element.send_keys("\n")
        assert driver.execute_script(
            "return location.hash + Math.abs(samples.getBoundingClientRect().top) < '#samples2'"
        )


def test_outliers_are_the_extremes(written, rows, page):
    kept = rows[rows.status == "kept"].set_index("key")
    frames = written[1]["frames"]
    sides = np.maximum(kept.box_width, kept.box_height)
    assert [one["side"] for one in frames["smallest"]] == sorted(sides)[:12]
    assert all(sides[one["key"]] == one["side"] for one in frames["smallest"])
    assert frames["looked_at"] == frames["mapped"] == len(kept) < 800  # so all were measured
    for kind, measure in (("darkest", "brightness"), ("blurriest", "sharpness")):
        told = [one[measure] for one in frames[kind]]
        assert told == sorted(told) and len(told) == min(12, len(kept))
        assert [p["alt"] for p in page.pictures if p["alt"].startswith(kind)] == [
            f"{kind}: {one['key']}" for one in frames[kind]
        ]


def test_the_map_in_a_browser(written, rows):
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select

    kept = rows[rows.status == "kept"]
    with open_page(written[0], 390, 844) as driver:
        count = driver.find_element("id", "fitting")
        assert count.text == f"{len(kept)} of {len(kept)} frames on the map fit" and sideways(driver) == 0
        assert f"All {len(kept)} kept frames;" in driver.page_source  # no random choice is told of
        assert driver.execute_script("return document.documentElement.scrollHeight") < 6000  # folded
        calm = kept[kept.label == 3]
        assert 0 < len(calm) < len(kept)
        Select(driver.find_element("css selector", "#find [name=label]")).select_by_value("3")
        bright = "return document.querySelectorAll('#points circle:not(.other)').length"
        assert driver.execute_script(bright) == len(calm)
        key = calm.key.iloc[0]
        driver.find_element("css selector", "#find [name=text]").send_keys(key)
        fitting = driver.find_elements("css selector", "#fits figcaption")
        assert key in {figure.text.splitlines()[0] for figure in fitting}
        driver.find_element("css selector", "#find button").click()
        points = driver.find_element("id", "points")
        points.send_keys(Keys.ARROW_RIGHT)
        first = driver.find_element("id", "picked").text
        points.send_keys(Keys.ARROW_RIGHT)
        assert first.splitlines()[0] in set(kept.key) and driver.find_element("id", "picked").text != first
        points.click()
        assert "brightness" in driver.find_element("id", "picked").text
        driver.find_element("css selector", "label[for=korean]").click()
        assert "밝기" in driver.find_element("id", "picked").text and "개가 맞습니다" in count.text
        assert console_errors(driver) == []


# Pixels between the squares of legends and the words before them in the same line.
GAPS = """return [...document.querySelectorAll('caption .key')].map(key => {
    const words = document.createRange();
    words.setStart(key.closest('caption'), 0);
    words.setEndBefore(key);
    const here = key.getBoundingClientRect();
    const before = [...words.getClientRects()].filter(box => box.width && box.bottom > here.top);
    return Math.min(99, ...before.map(box => here.left - box.right));
})"""


def test_on_a_phone_bars_take_the_whole_width(written):
    with open_page(written[0], 1200) as driver:
        for width in (320, 360, 800):
            resize(driver, width, 900)
            assert sideways(driver) == 0
            assert min(driver.execute_script(GAPS)) >= 4
            track = driver.execute_script("return document.querySelector('td.track.log').offsetWidth")
            assert track > 0.85 * (width - 32) if width < 500 else track < 0.8 * width


def test_the_seed_chooses_the_samples(folder, written, tmp_path):
    def pictures(seed):
        assert report(folder, "--seed", seed, "--html", tmp_path / f"{seed}.html") == 0
        return Page((tmp_path / f"{seed}.html").read_text("utf-8")).pictures

    assert pictures(0) == Page(written[0].read_text("utf-8")).pictures
    assert pictures(1) != pictures(0)


def test_without_its_source_the_page_says_so(folder, tmp_path, capsys):
    copy = tmp_path / "데이터"
    shutil.copytree(folder, copy)
    assert report(copy) == 0
    page = Page((tmp_path / "데이터.dataset.html").read_text("utf-8"))
    assert (
        "for the reason “no source”. What is not in the shards is cut from the source: give it by --source" in page.text
    )
    moods = {emotion.english for emotion in EMOTIONS}
    kinds = {picture["alt"].split(": ")[0] for picture in page.pictures if picture["alt"]}
    assert page.pictures and kinds <= {*moods, "darkest", "blurriest", "smallest"}
    assert "(no source); give the folders that preprocess was given as --source" in capsys.readouterr().err
    empty = tmp_path / "empty"
    empty.mkdir()
    assert report(copy, "--source", empty) == 0
    error = capsys.readouterr().err.splitlines()[-1]
    assert error[20:].startswith("dataset_report: no picture for ") and f"(image missing) in {empty}; give" in error
    source = folder.with_name("원본 <i>")
    assert report(copy, "--source", source, "--html", tmp_path / "b.html") == 0
    assert len(Page((tmp_path / "b.html").read_text("utf-8")).pictures) > len(page.pictures)
    assert "no picture" not in capsys.readouterr().err


def test_a_dataset_with_one_split_and_nothing_rejected(two_workers, tmp_path):
    write_video(tmp_path / "source", "cat-sit-000001", 2)
    run(PreprocessSettings(source=[str(tmp_path / "source")], out=str(tmp_path / "하나")))
    assert report(tmp_path / "하나", "--json", tmp_path / "하나.json") == 0
    page = Page((tmp_path / "하나.dataset.html").read_text("utf-8"))
    assert "Nothing was rejected." in page.text and "Without a single frame: 화남/불쾌 anger" in page.text
    assert json.loads((tmp_path / "하나.json").read_text("utf-8"))["majority"]["val"] is None


def write_conflict(root):
    """Two videos of one picture and two moods, and a third."""
    for number, mood in enumerate((KOREAN[1], KOREAN[3])):
        images = {0: make_jpeg(1), 5: make_jpeg(2 + number)}
        write_video(root, f"dog-sit-{number:06}", images, label=make_label(inspect={"emotion": mood}))
    write_video(root, "cat-sit-000009", 2)
    return PreprocessSettings(
        source=[str(root)], out=str(root.with_name("갈등")), dedupe=DedupeSettings(conflicts="drop")
    )


def test_frames_that_contradict_each_other_are_shown(two_workers, tmp_path):
    settings = write_conflict(tmp_path / "원본")
    run(settings)
    assert report(settings.out) == 0
    page = Page((tmp_path / "갈등.dataset.html").read_text("utf-8"))
    assert "label_conflict: 1" in page.text
    assert [picture for picture in page.pictures if picture["alt"].startswith("label_conflict: dog-sit-00000")]


def test_a_dry_run_is_reported_from_the_source(two_workers, tmp_path):
    settings = write_conflict(tmp_path / "원본")
    found = run(replace(settings, dry_run=True))
    assert report(settings.out, "--json", tmp_path / "수치.json") == 0
    page = Page((tmp_path / "갈등.dataset.html").read_text("utf-8"))
    figures = json.loads((tmp_path / "수치.json").read_text("utf-8"))
    assert figures["dry_run"] and figures["statuses"]["kept"] == found.counts["kept"] > 0
    assert "This was a dry run" in page.text and "Pictures are missing" not in page.text
    moods = {emotion.english for emotion in EMOTIONS}
    assert sum(picture["alt"].split(": ")[0] in moods for picture in page.pictures) == found.counts["kept"]


def test_a_split_that_keeps_nothing_is_told(tmp_path):
    """Every training frame is near a validation frame; then the other way round."""
    lost = {"status": "duplicate", "reason": "near_validation", "duplicate_of": "b/0", "distance": 1}
    rows = [make_row("a", 0, 1, **lost), make_row("a", 1, None, status="rejected", reason="box_empty")]
    rows += [
        make_row("b", 0, 0, split="val"),
        make_row("c", 0, None, split=None, status="rejected", reason="box_empty"),
    ]
    assert report(write_rows(tmp_path / "하나", rows), "--json", tmp_path / "a.json") == 0
    page = Page((tmp_path / "하나.dataset.html").read_text("utf-8"))
    figures = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert figures["emptied"] == {"train": {"rows": 2, "causes": {"box_empty": 1, "near_validation": 1}}}
    assert "Nothing is left to train on: of 2 annotated frames in training none is kept. box_empty: 1," in page.text
    assert "학습할 프레임이 하나도 남지 않았습니다." in page.korean
    assert "In training the moods" not in page.text and "Always answering" not in page.text
    for row in rows:
        row["split"] = row["split"] and {"train": "val", "val": "train"}[row["split"]]
    assert report(write_rows(tmp_path / "둘", rows)) == 0
    text = Page((tmp_path / "둘.dataset.html").read_text("utf-8")).text
    assert "Nothing is left to validate by: of 2 annotated frames in validation" in text and "train on" not in text


def test_row_groups_do_not_show(folder, tmp_path):
    """The same rows in groups of 7 give the same figures, and the same number of samples."""
    pq.write_table(pq.read_table(folder / "manifest.parquet"), tmp_path / "manifest.parquet", row_group_size=7)
    one, other = (summarize_manifest(place, 256, 0) for place in (folder, tmp_path))
    assert compute_row_statistics(one.row_counts) == compute_row_statistics(other.row_counts)
    assert one.boxes.summarize() == other.boxes.summarize()
    assert len(one.samples.choose(3, 99)) == len(other.samples.choose(3, 99))


@pytest.mark.parametrize("is_dataset", [True, False])
def test_a_damaged_manifest_says_what_to_do(folder, tmp_path, is_dataset):
    if is_dataset:
        shutil.copy(folder / "dataset.json", tmp_path)
    whole = (folder / "manifest.parquet").read_bytes()
    videos = pq.read_metadata(folder / "manifest.parquet").row_group(0).column(SCHEMA.get_field_index("video"))
    page = videos.dictionary_page_offset + videos.total_compressed_size // 2
    for data, what in (
        (whole[:-100], "is damaged"),
        (b"", "is damaged"),
        (whole[:page] + bytes([whole[page] ^ 1]) + whole[page + 1 :], "is damaged"),
        (whole[: len(whole) // 2], "is damaged"),
        (None, "is missing"),
    ):
        path = tmp_path / "manifest.parquet"
        path.unlink() if data is None else path.write_bytes(data)
        for read in (lambda: summarize_manifest(tmp_path, 256, 0), lambda: take_rows(tmp_path, range(9), SCHEMA.names)):
            with pytest.raises(DataError) as error:
                read()
            do = f"; run python -m tools.verify {tmp_path}" if is_dataset else "; make the dry run again"
            assert str(error.value).startswith(f"{path} {what}") and str(error.value).endswith(do)


def test_a_report_replaces_a_report(folder, tmp_path):
    for _ in range(2):
        assert report(folder, "--html", tmp_path / "a.html", "--json", tmp_path / "a.json") == 0
    assert json.loads((tmp_path / "a.json").read_text())["made_by"] == "pet mood"


def test_bad_calls(folder, written, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    before = sorted(folder.iterdir())
    for arguments, message in (
        ([tmp_path / "nowhere"], "is not a folder"),
        ([tmp_path / "empty"], "so it is no dataset"),
        ([""], "DIR is empty; give the folder that preprocess wrote"),
        ([folder / "dataset.json"], "dataset.json is a file; give the folder that preprocess wrote"),
        ([folder, "--html", tmp_path], "is a folder; give a file's name"),
        ([folder, "--html", folder.with_name("원본 <i>") / "a.jpg"], "lies in the source"),
        ([folder, "--json", folder.with_name(f"{folder.name}.log.json")], "is the log of the run"),
        ([folder, "--source", tmp_path / "empty", "--html", tmp_path / "empty" / "a.html"], "lies in the source"),
        ([folder, "--html", tmp_path / "no" / "a.html"], "its folder does not exist"),
        ([folder, "--json", folder / "dataset.json"], "lies in the dataset"),
        ([folder, "--json", tmp_path], "is a folder; give a file's name"),
        ([folder, "--html", tmp_path / "a", "--json", tmp_path / "a"], "give each its own"),
        ([folder, "--seed", "-1"], "--seed -1"),
        (
            [folder, "--run", tmp_path / "empty"],
            "empty holds no model.keras; give the folder of a finished training run",
        ),
        ([folder, "--source", tmp_path / "gone"], "gone does not exist"),
        ([folder, "--nonsense"], "--nonsense"),
    ):
        assert report(*arguments) == 2
        error = capsys.readouterr().err
        assert message in error and len(error.splitlines()) == 1, error
    assert sorted(folder.iterdir()) == before and not list(tmp_path.glob("*.html"))


def test_damaged_datasets(folder, tmp_path, capsys):
    for damage, message in (
        (lambda path: path.write_bytes(b"\0" * path.stat().st_size), "manifest.parquet is missing, damaged or"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "tools.verify"),
        (lambda path: path.unlink(), "missing"),
        (lambda path: path.with_name("dataset.json").write_text("{}"), "version"),
    ):
        shutil.rmtree(tmp_path / "데이터", ignore_errors=True)
        shutil.copytree(folder, tmp_path / "데이터")
        damage(tmp_path / "데이터" / "manifest.parquet")
        assert report(tmp_path / "데이터") == 1
        lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("dataset_report: ")]
        assert len(lines) == 1 and message in lines[0]
        assert not (tmp_path / "데이터.dataset.html").exists()
