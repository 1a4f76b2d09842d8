"""The report on real datasets: its statistics compared with the manifest, and its page in a real browser."""

import csv
import json
import re
import shutil
import time
from collections import Counter
from itertools import pairwise

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from console.command import run_command
from console.output.counted_nouns import format_count
from preprocess.run import run
from preprocess.settings import DedupeSettings, PreprocessSettings, SelectSettings
from shards.dataset import read_dataset
from shards.emotions import ENGLISH, KOREAN, parse_emotion
from shards.manifest import MANIFEST_FILE
from tests.pages import Page
from tests.tools.browser import console_errors, is_blank, open_page, sideways
from tests.tools.manifests import change_rows, make_row, write_rows
from tests.trees import HEIGHT, WIDTH, make_jpeg, make_label, write_video
from tools import dedupe_report
from tools.duplicates.hashed_frames import OUTCOMES
from tools.duplicates.judged_pairs import JUDGED_HEADER

NAME = '<b>&"한글 dog-sit-000001'


def plain(grey):
    return cv2.imencode(".jpg", np.full((HEIGHT, WIDTH, 3), grey, np.uint8))[1].tobytes()


def make_repeated_frames(*pictures):
    """Frames of a video: each picture four times with falling JPEG quality, then one without detail."""
    images = [make_jpeg(picture, flags=(1, quality)) for picture in pictures for quality in (95, 70, 45, 20)]
    return {5 * place: data for place, data in enumerate([*images, plain(90)])}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Two videos of other moods share a picture, training and validation share one, and one frame is broken."""
    folder = tmp_path_factory.mktemp("pets") / "동물"
    for name, mood, images, part in (
        (NAME, 1, make_repeated_frames(1, 2), "Training"),
        ("dog-sit-000002", 3, make_repeated_frames(1, 3), "Training"),
        ("cat-lying-000003", 2, make_repeated_frames(4) | {30: b""}, "Training"),
        ("cat-lying-000009", 2, make_repeated_frames(2, 5), "Validation"),
    ):
        label = make_label(inspect={"emotion": KOREAN[mood]}, species=name.split("-")[0][-3:].upper())
        write_video(folder, name, images, label=label, part=part)
    return folder


def make(source, out, **dedupe):
    run(PreprocessSettings(source=[str(source)], out=str(out), dedupe=DedupeSettings(**dedupe)))
    return out


@pytest.fixture(scope="module")
def dataset(two_workers, source, tmp_path_factory):
    return make(source, tmp_path_factory.mktemp("made") / "데이터 <i>")


def report(*arguments) -> int:
    return run_command("dedupe_report", dedupe_report.main, [str(argument) for argument in arguments])


class WrittenReport:
    """The files that the command wrote for a dataset."""

    def __init__(self, dataset, folder):
        self.html, self.json, self.csv = (folder / f"report.{kind}" for kind in ("html", "json", "csv"))
        assert report(dataset, "--html", self.html, "--json", self.json, "--csv", self.csv) == 0
        self.figures = json.loads(self.json.read_text("utf-8"))
        self.text = self.html.read_text("utf-8")
        self.page = Page(self.text)
        self.rows = [row for row in pq.read_table(dataset / MANIFEST_FILE).to_pylist() if row["hash"]]
        self.by_key = {row["key"]: row for row in self.rows}


@pytest.fixture(scope="module")
def made(dataset, tmp_path_factory):
    return WrittenReport(dataset, tmp_path_factory.mktemp("report"))


def outcome(row):
    return row["reason"] or row["status"]


def test_every_kind_of_duplicate_is_there(made):
    assert set(map(outcome, made.rows)) == {"kept", "near_in_video", "near_across_videos", "near_validation"}


def test_totals_and_tables_are_the_manifests(made, dataset):
    counts, totals = Counter(map(outcome, made.rows)), made.figures["totals"]
    assert {name: totals[name] for name in counts} == counts and totals["all"] == len(made.rows)
    stated = read_dataset(dataset).counts
    assert totals["kept"] == stated["kept"] and totals["rows"] == stated["rows"] == totals["all"] + 1
    for by, name_of in (("mood", lambda r: ENGLISH[r["label"]]),
                        ("species", lambda r: r["species"]), ("split", lambda r: r["split"])):  # fmt: skip
        lines = {line["name"]: line for line in made.figures["by"][by]}
        expected = Counter((name_of(row), outcome(row)) for row in made.rows)
        found = {(name, o): line[o] for name, line in lines.items() for o in counts if line[o]}
        assert found == expected
    epoch, train = made.figures["epoch"], [row for row in made.rows if row["split"] == "train"]
    assert (epoch["before"], epoch["after"]) == (len(train), sum(row["status"] == "kept" for row in train))
    assert epoch["seconds_before"] == pytest.approx(len(train) / 600)
    assert f"{totals['kept']} of {totals['all']} frames stay" in made.page.text


def test_distances_are_the_manifests(made):
    found = {
        (reason, bits): n for reason, line in made.figures["distances"].items() for bits, n in enumerate(line) if n
    }
    assert found == Counter((row["reason"], row["distance"]) for row in made.rows if row["duplicate_of"])


def root(by_key, row):
    return root(by_key, by_key[row["duplicate_of"]]) if row["duplicate_of"] else row


def test_all_are_not_called_a_random_choice(made, many):
    """Where every one is shown there is no seed and nothing to estimate."""
    dropped = sum(bool(row["duplicate_of"]) for row in made.rows)
    assert 0 < dropped <= 60
    assert f"All {dropped} of them. Would you" in made.page.text
    assert f"{dropped}개를 모두 보여 줍니다. 왼쪽 프레임" in made.page.korean
    text = Page(many[0].read_text("utf-8")).text
    assert re.search(r"60 of [\d,]+, drawn at random \(seed \d+\)\. The share of mistakes", text)


def test_groups_and_label_conflicts(made):
    members = {}
    for row in made.rows:
        members.setdefault(root(made.by_key, row)["key"], []).append(row)
    groups = {key: rows for key, rows in members.items() if len(rows) > 1}
    shown = made.figures["shown"]["groups"]
    assert {group["representative"]: group["size"] for group in shown} == {k: len(v) for k, v in groups.items()}
    moods = [Counter(parse_emotion(row["emotion_inspect"]) for row in rows) for rows in groups.values()]
    figures = made.figures["groups"]
    largest = max(map(len, groups.values()))
    assert figures["groups"] == len(groups) and figures["largest"] == largest
    assert f"{len(groups)}, the largest of {largest} frames with its representative" in made.page.text
    assert f"가장 큰 그룹은 대표 프레임까지 {largest}장" in made.page.korean
    assert f"{largest} frames: one stands for {largest - 1}" in made.page.text
    assert f"프레임 {largest}장: 한 장이 {largest - 1}장을 대표함" in made.page.korean
    assert figures["label_conflicts"] == sum(len(found) > 1 for found in moods) >= 2
    assert figures["frames_that_disagree"] == sum(found.total() - max(found.values()) for found in moods)
    by_way = [row for row in made.rows if row["duplicate_of"] and root(made.by_key, row)["key"] != row["duplicate_of"]]
    assert by_way and f"by way of {by_way[0]['duplicate_of']}" in made.page.text


def test_the_nearest_pairs_that_stay(made):
    kept = [r for r in made.rows if r["status"] == "kept" and r["detail"] >= 1000]
    codes = [int.from_bytes(row["hash"]) for row in kept]
    nearest = [min((a ^ b).bit_count() for j, b in enumerate(codes) if i != j) for i, a in enumerate(codes)]
    found = made.figures["nearest_kept"]
    assert found["compared"] == len(kept) and found["beyond"] == sum(bits > 11 for bits in nearest)
    assert found["histogram"] == [nearest.count(bits) for bits in range(12)]


def test_no_leak_is_left(made):
    leaks = made.figures["leaks"]
    assert leaks["found"] == 0 and leaks["val"] > 0 and leaks["promised"] == 6
    assert "No training frame that stays is a near-duplicate of a validation frame" in made.page.text


def test_the_csv_has_every_dropped_frame(made):
    with open(made.csv, encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    dropped = [row for row in made.rows if row["status"] != "kept"]
    assert [line["key"] for line in lines] == [row["key"] for row in dropped]
    for line, row in zip(lines, dropped, strict=True):
        last = root(made.by_key, row)
        assert line["direct_representative"] == row["duplicate_of"] and line["representative"] == last["key"]
        assert (int(line["distance"]), line["reason"]) == (row["distance"], row["reason"])
        for name, column in (("mood", "emotion_inspect"), ("species", "species"), ("split", "split")):
            assert (line[name], line[f"representative_{name}"]) == (row[column], last[column])


def test_unselected_and_conflicting_frames_are_listed_without_a_representative(tmp_path):
    rows = [make_row("v", 0, 0), make_row("v", 1, 2**50, status="unselected")]
    rows.append(make_row("w", 0, 2**60, status="rejected", reason="label_conflict", species=None))
    twin = {"status": "duplicate", "reason": "near_in_video", "duplicate_of": "w/0", "distance": 1}
    rows.append(make_row("w", 1, 2**60 + 1, **twin))
    folder, file = write_rows(tmp_path / "data", rows), tmp_path / "a.csv"
    assert report(folder, "--html", tmp_path / "a.html", "--csv", file) == 0
    lines = [line.split(",") for line in file.read_text("utf-8").replace('"', "").splitlines()[1:]]
    assert [line[:5] for line in lines] == [
        ["", "", "v/1", "", "unselected"],
        ["", "", "w/0", "", "label_conflict"],
        ["w/0", "w/0", "w/1", "1", "near_in_video"],
    ]
    assert "itself rejected: label conflict" in Page((tmp_path / "a.html").read_text("utf-8")).text


def test_the_page_needs_nothing_else(made):
    assert all(source.startswith(("data:image/jpeg;base64,", "#")) for source in made.page.sources)
    assert "http" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", made.text)
    assert len(made.text) < 20_000_000
    assert '@font-face { font-family: "Page Hangul"' in made.text


def test_names_are_escaped(made):
    assert "<b>&" not in made.text and "데이터 <i>" not in made.text
    assert NAME in made.page.text and "데이터 <i>: what was dropped" in made.page.text
    assert made.text.count("</script>") == 2


def test_all_of_it_is_in_korean_too(made, many):
    for page in (made.page, Page(many[0].read_text("utf-8"))):
        assert page.untranslated == []
    kept, rows = made.figures["totals"]["kept"], len(made.rows)
    assert f"프레임 {rows}개 가운데 {kept}개가 남습니다" in made.page.korean


def test_headings_pictures_and_names_for_those_who_cannot_see(made):
    levels = [int(tag[1]) for tag, _ in made.page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    pictures = made.page.pictures
    assert len(pictures) > 20
    assert {picture["alt"] for picture in pictures} <= {f"{row['key']}, {ENGLISH[row['label']]}" for row in made.rows}
    assert 'class="none"' not in made.text  # dropped frames are cut from the source that the log names


def test_without_scripts_all_is_there_and_no_dead_control(made):
    for tag, attributes in made.page.tags:
        if tag == "form" or attributes.get("class") in ("probe", "verdict", "tally"):
            assert "hidden" in attributes
        if tag == "article":
            assert "hidden" not in attributes


def test_the_same_seed_gives_the_same_page(made, dataset, tmp_path):
    again, other = WrittenReport(dataset, tmp_path), tmp_path / "other.json"
    font = re.compile(r'src: url\("[^"]+"\)')  # holds the time at which it was cut
    assert font.sub("", again.text) == font.sub("", made.text) and again.figures == made.figures
    assert report(dataset, "--html", tmp_path / "b.html", "--json", other, "--seed", 1) == 0
    told = json.loads(other.read_text("utf-8"))
    assert told["shown"]["dropped"] != made.figures["shown"]["dropped"] and told["totals"] == made.figures["totals"]


def test_without_its_source_a_placeholder_says_what_to_give(made, dataset, source, tmp_path):
    shutil.copytree(dataset, tmp_path / "copy")  # without the log beside it, which names the source
    assert report(tmp_path / "copy") == 0
    shown = Page((tmp_path / "copy.dedupe.html").read_text("utf-8")).text
    assert "no picture: give --source" in shown and "--source DIR" in shown
    assert report(tmp_path / "copy", "--source", source) == 0
    assert 'class="none"' not in (tmp_path / "copy.dedupe.html").read_text("utf-8")


def test_a_source_without_the_frames_is_told(dataset, tmp_path, capsys):
    shutil.copytree(dataset, tmp_path / "copy")
    (tmp_path / "empty").mkdir()
    capsys.readouterr()
    assert report(tmp_path / "copy", "--source", tmp_path / "empty") == 0
    told = capsys.readouterr().err.splitlines()[-1]
    assert told[20:].startswith("dedupe_report: no picture for ")
    assert f"(image missing) in {tmp_path / 'empty'}; give" in told


def test_what_selection_left_out_is_shown(two_workers, source, tmp_path):
    out = tmp_path / "out"
    settings = {"dedupe": DedupeSettings(enabled=False), "select": SelectSettings(1)}
    run(PreprocessSettings(source=[str(source)], out=str(out), **settings))
    assert report(out, "--json", tmp_path / "a.json") == 0
    figures = json.loads((tmp_path / "a.json").read_text("utf-8"))
    totals, shown = figures["totals"], Page((tmp_path / "out.dedupe.html").read_text("utf-8")).text
    assert totals["unselected"] and f"{totals['unselected']} unselected (select.per_video 1)" in shown
    assert sum(totals[name] for name in OUTCOMES) == totals["all"]
    assert "Unselected frames beside the nearest of their video that was selected" in shown
    rows = {row["key"]: row for row in pq.read_table(out / MANIFEST_FILE).to_pylist() if row["hash"]}
    pairs = figures["shown"]["unselected"]
    assert len(pairs) == min(32, totals["unselected"])
    for first, second in pairs:
        assert rows[first]["status"] == "unselected" != rows[second]["status"]
        assert rows[first]["video"] == rows[second]["video"]


def test_an_emptied_split_comes_first(tmp_path, capsys):
    gone = {"status": "duplicate", "reason": "near_validation", "duplicate_of": "v/0", "distance": 0}
    rows = [make_row("t", i, 0, **gone) for i in range(2)] + [make_row("v", 0, 0, split="val")]
    assert report(write_rows(tmp_path / "data", rows)) == 0
    said = capsys.readouterr()
    assert "training is empty: all its frames went as copies" in said.err and "next " not in said.out  # train refuses
    shown = Page((tmp_path / "data.dedupe.html").read_text("utf-8")).text
    told = "Nothing is left to train on: all 2 training frames were dropped, 2 as copies of validation frames."
    assert shown.index(told) < shown.index("1 of 3 frames stay")
    assert "No training frame stays, so there is nothing to compare." in shown
    assert "An epoch over the training frames takes" not in shown


@pytest.fixture
def every_outcome(tmp_path):
    """A dataset with every outcome of a representative, and unselected frames; without pictures."""
    train = {"emotion_inspect": KOREAN[1], "label": 1, "detail": 5000}

    def copy(of, distance, reason="near_in_video"):
        return train | {"status": "duplicate", "reason": reason, "duplicate_of": of, "distance": distance}

    rows = [
        make_row("a", 0, 0, **train),
        make_row("a", 1, 1, **copy("a/0", 1)),
        make_row("b", 0, 2**20 - 1, **train, status="unselected"),
        make_row("b", 1, 2**20 - 2, **copy("b/0", 1)),
        make_row("b", 2, 2**18 - 1, **train),
        make_row("b", 3, 2**64 - 1, **train),
        make_row("c", 0, 2**40 - 1, **train, status="rejected", reason="label_conflict"),
        make_row("c", 1, 2**40 - 8, **copy("c/0", 3)),
        make_row("d", 0, 2**50 - 1, detail=5000, split="val"),
        make_row("e", 0, 2**50 - 2, **copy("d/0", 1, "near_validation")),
        make_row("e", 1, 2**50 - 4, **copy("e/0", 1)),
        make_row("f", 0, 2**50 - 3, **copy("d/0", 1, "near_across_videos"), split="val"),
        make_row("g", 0, 2**50, detail=5, status="unselected"),
        make_row("g", 1, 2**63, detail=5000),
    ]
    return write_rows(tmp_path / "outcomes", rows, distance=3, conflicts="drop")


def test_the_page_shows_every_outcome(every_outcome):
    assert report(every_outcome) == 0
    text = (every_outcome.with_name("outcomes.dedupe.html")).read_text("utf-8")
    shown = Page(text).text
    for told in (
        "5 of 14 frames stay (35.7%); 6 are near-duplicates of a frame that stands for them, 2 unselected",
        ", 1 label conflict (dedupe.conflicts drop).",
        "After this stage 10 stay in this dataset; 2 of these then went as copies of other videos or of validation, "
        "2 as unselected, 1 for label conflicts: 5.",
        "Starts from the 8 frames that this dataset's own distance and selection leave of each video",
    ):
        assert told in shown
    for became in ("unselected", "rejected: label conflict", "a copy of validation"):
        assert f"stands for it; itself {became}" in shown
    faces = re.findall(r'<figure class="face( stays)?">.*?aria-label="([^,]+),', text, re.DOTALL)
    assert {key for stays, key in faces if stays} == {"a/0", "b/2", "b/3", "d/0", "g/1"} & {key for _, key in faces}
    assert {"a/0", "b/2", "d/0"} <= {key for stays, key in faces if stays}


def test_the_widest_and_the_unselected(every_outcome, tmp_path):
    assert report(every_outcome, "--json", tmp_path / "a.json") == 0
    shown = json.loads((tmp_path / "a.json").read_text("utf-8"))["shown"]
    assert shown["widest"][0] == ["c/1", "c/0"] and len(shown["widest"]) == 6
    assert sorted(shown["widest"]) == sorted(shown["dropped"])
    assert sorted(shown["unselected"]) == [["b/0", "b/2"], ["g/0", "g/1"]]
    text = Page(every_outcome.with_name("outcomes.dedupe.html").read_text("utf-8")).text
    assert text.count("without detail, so the bits mean nothing") == 1
    assert text.index("The widest that were dropped") < text.index("Unselected frames beside the nearest")


def test_the_widest_of_many_leave_the_honest_sample_as_it_is(many):
    page, rows = many
    shown = json.loads(page.with_name("many.json").read_text("utf-8"))["shown"]
    bits = {row["key"]: row["distance"] for row in rows if row["duplicate_of"]}
    assert [bits[key] for key, _ in shown["widest"]] == sorted(bits.values(), reverse=True)[:24]
    dropped = [place for place, row in enumerate(rows) if row["duplicate_of"]]
    drawn = np.random.default_rng(0).permutation(dropped)[:60]
    assert [key for key, _ in shown["dropped"]] == [rows[place]["key"] for place in drawn]


def test_unselected_frames_alone_are_not_called_nothing(tmp_path):
    rows = [make_row("v", i, 2**60 >> 9 * i, detail=2000, status="unselected" if i else "kept") for i in range(5)]
    assert report(write_rows(tmp_path / "data", rows)) == 0
    shown = Page((tmp_path / "data.dedupe.html").read_text("utf-8")).text
    assert "Nothing was dropped as a near-duplicate : 1 of 5 frames stay, 4 unselected" in shown
    assert "No frame was dropped as a near-duplicate; 4 were left out as unselected." in shown
    assert "nothing to judge" not in shown and "Unselected frames beside the nearest" in shown


def test_emptied_validation_is_not_called_whole(tmp_path):
    rows = [make_row("t", 0, 0), *(make_row("v", i, 2**40 << i, split="val", status="unselected") for i in range(2))]
    assert report(write_rows(tmp_path / "data", rows)) == 0
    page = Page((tmp_path / "data.dedupe.html").read_text("utf-8"))
    assert "Nothing is left to validate on: all 2 validation frames were dropped, 2 as unselected." in page.text
    assert "No validation frame stays, so there is nothing to compare." in page.text
    told = [attributes for _, attributes in page.tags if attributes.get("class") in ("leak", "whole")]
    assert told == [{"class": "leak", "role": "alert"}]


@pytest.mark.parametrize("dedupe", [{"enabled": False}, {"scope": "video"}])
def test_other_scopes_say_what_they_did_not_look_for(tmp_path, dedupe):
    rows = [make_row("a", 0, 0, detail=1), make_row("b", 0, 0, detail=1)]
    assert report(write_rows(tmp_path / "data", rows, **dedupe)) == 0
    shown = Page((tmp_path / "data.dedupe.html").read_text("utf-8")).text
    assert "so scope all keeps at most what its curve says" in shown
    assert ("this dataset: 2, removal switched off" in shown) == ("enabled" in dedupe)
    assert ("This dataset: scope video." in shown) == ("scope" in dedupe)


def test_nothing_dropped_is_said(tmp_path):
    folder = write_rows(tmp_path / "data", [make_row("v", i, 2**60 >> 9 * i, detail=2000) for i in range(5)])
    assert report(folder, "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv") == 0
    shown = Page((tmp_path / "data.dedupe.html").read_text("utf-8")).text
    assert "Nothing was dropped as a near-duplicate" in shown and "There are no validation frames" in shown
    figures = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert figures["totals"]["kept"] == 5 and figures["groups"]["groups"] == 0
    assert len((tmp_path / "a.csv").read_text("utf-8").splitlines()) == 1


def test_a_leak_comes_first_and_ends_with_1(two_workers, source, tmp_path, capsys):
    kept = make(source, tmp_path / "all", scope="video")

    def move(row):
        row["split"] = "val" if row["video"] == "dog-sit-000002" else "train"

    leaking = change_rows(kept, tmp_path / "leaking", move)
    capsys.readouterr()
    assert report(leaking, "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv") == 1
    missing, error = capsys.readouterr().err.splitlines()
    assert "no picture for" in missing and "make the dataset again" in error
    leaks = json.loads((tmp_path / "a.json").read_text("utf-8"))["leaks"]
    assert leaks["near"] == leaks["found"] > 0
    assert f"{format_count(leaks['near'], 'training frame')} within 6 bits of a validation frame" in error
    page = Page((tmp_path / "leaking.dedupe.html").read_text("utf-8"))
    assert page.text.index("Validation is not apart from training") < page.text.index("leaking: what was dropped", 40)
    tags = [tag if tag != "div" else attributes.get("class") for tag, attributes in page.tags]
    assert tags.index("leak") < tags.index("h1") and (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("conflicts", ["drop", "majority"])
def test_what_a_policy_did_to_contradicting_labels(two_workers, source, tmp_path, conflicts):
    for extra in ("dog-sit-000004", "dog-sit-000005"):  # with these, calm has the majority
        label = make_label(inspect={"emotion": KOREAN[3]})
        write_video(tmp_path / "pets", extra, {0: make_jpeg(1, flags=(1, 95))}, label=label, part="Training")
    out = tmp_path / "out"
    sources = [str(source), str(tmp_path / "pets")]
    run(PreprocessSettings(source=sources, out=str(out), dedupe=DedupeSettings(conflicts=conflicts)))
    assert report(out, "--json", tmp_path / "a.json") == 0
    figures = json.loads((tmp_path / "a.json").read_text("utf-8"))
    rows = [row for row in pq.read_table(out / MANIFEST_FILE).to_pylist() if row["hash"]]
    assert figures["totals"]["label_conflict"] == sum(row["reason"] == "label_conflict" for row in rows)
    shown = Page((tmp_path / "out.dedupe.html").read_text("utf-8")).text
    assert ("itself rejected: label conflict" in shown) == (conflicts == "drop")
    changed = [row for row in rows if row["label"] != parse_emotion(row["emotion_inspect"])]
    assert ("labelled 편안/안정 calm by the majority" in shown) == (len(changed) > 0) == (conflicts == "majority")


def test_the_page_stays_small(made, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("tools.duplicates.page_frames.PICTURE_BYTES", 50_000)
    assert report(dataset, "--html", tmp_path / "a.html") == 0
    text = (tmp_path / "a.html").read_text("utf-8")
    found = re.findall(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", text)
    assert 0 < sum(map(len, found)) <= 50_000 < sum(map(len, re.findall(r"data:image/jpeg[^\"]+", made.text)))
    left_out = made.text.count("<img ") - len(found)
    assert f"{left_out} (left out, to keep this page small)" in Page(text).text


def test_a_dry_run_is_shown_from_the_source(two_workers, source, made, tmp_path):
    run(PreprocessSettings(source=[str(source)], out=str(tmp_path / "dry"), dry_run=True))
    assert report(tmp_path / "dry", "--json", tmp_path / "a.json", "--source", source) == 0
    text = (tmp_path / "dry.dedupe.html").read_text("utf-8")
    assert "this dataset" not in Page(text).text.lower() and "Settings of this dry run" in Page(text).text
    assert "nothing has been written" in Page(text).text and 'class="none"' not in text
    figures = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert figures["dry_run"] and not made.figures["dry_run"]
    for name in ("totals", "by", "distances", "curves", "groups", "nearest_kept", "shown", "epoch"):
        assert figures[name] == made.figures[name], name


def test_what_could_not_be_compared_is_not_called_whole(tmp_path):
    """Featureless frames of a dataset without stored pictures, as a dry run leaves them."""
    rows = [make_row("t", 0, 0, detail=1), make_row("v", 0, 0, detail=1, split="val")]
    folder = write_rows(tmp_path / "data", rows)
    assert report(folder, "--json", tmp_path / "a.json") == 0
    leaks = json.loads((tmp_path / "a.json").read_text("utf-8"))["leaks"]
    assert (leaks["unread"], leaks["found"]) == (2, 0)
    shown = Page((tmp_path / "data.dedupe.html").read_text("utf-8")).text
    assert "Not known yet: 2 featureless frames of both splits look alike" in shown


def test_bad_calls(dataset, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    nothing = write_rows(tmp_path / "nothing", [make_row("v", 0, None, status="rejected", reason="box_empty")])
    other = shutil.copytree(nothing, tmp_path / "other")
    text = (other / "dataset.json").read_text("utf-8")
    (other / "dataset.json").write_text(text.replace('"version": 1', '"version": 9'), encoding="utf-8")
    page = tmp_path / "a.html"
    for status, arguments, message in (
        (2, [tmp_path / "nowhere"], "is not a folder; give the folder that preprocess wrote"),
        (2, [tmp_path / "empty"], "has no dataset.json"),
        (1, [nothing], "holds no hash at all, so near-duplicates cannot be told; make the dataset again"),
        (1, [other], "version 9, this program reads 'pet_mood shards' version 1"),
        (2, [dataset, "--html", tmp_path / "no" / "a.html"], "its folder does not exist; make it or give another file"),
        (2, [dataset, "--html", tmp_path], "is a folder; give a file's name"),
        (2, [dataset, "--html", page, "--csv", dataset / MANIFEST_FILE], "lies in the dataset"),
        (2, [dataset, "--html", "/proc/a.html"], "its folder cannot be written"),
        (2, [dataset, "--html", page, "--json", page], "name the same file"),
        (2, [dataset, "--html", page, "--source", tmp_path / "gone"], "does not exist"),
        (2, [dataset, "--html", page, "--images_per_second", "0"], "--images_per_second 0: give a number above 0"),
        (2, [dataset, "--html", page, "--images_per_second", "nan"], "give a number above 0"),
        (2, [dataset, "--html", page, "--seed", "-1"], "--seed -1"),
    ):
        capsys.readouterr()
        assert report(*arguments) == status, message
        error = capsys.readouterr().err
        assert message in error and len(error.splitlines()) == 1
        assert not page.exists()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A page of more groups than are shown at once, of all moods, splits and reasons; without pictures."""
    random, rows = np.random.default_rng(0), []
    for video in range(70):
        split = "val" if video % 7 == 0 else "train"
        code = int.from_bytes(random.bytes(8))
        told = {"split": split, "species": ("DOG", "CAT")[video % 2], "detail": 5000}
        rows.append(make_row(f"v{video:02}", 0, code, emotion_inspect=KOREAN[video % 6], label=video % 6, **told))
        for number in range(1, 2 + video % 5):
            reason = "near_in_video" if number % 2 else "near_across_videos"
            told |= {"status": "duplicate", "reason": reason, "duplicate_of": f"v{video:02}/0"}
            mood = (video + (number == 3)) % 6
            bits = int(random.integers(1, 9))
            told |= {"emotion_inspect": KOREAN[mood], "label": mood, "distance": bits}
            rows.append(make_row(f"v{video:02}", number, code ^ (2**bits - 1), **told))
    folder = write_rows(tmp_path_factory.mktemp("many") / "data", rows, distance=8)
    assert report(folder, "--html", folder.with_name("many.html"), "--json", folder.with_name("many.json")) == 0
    return folder.with_name("many.html"), rows


def shown_groups(page):
    return json.loads(page.with_name("many.json").read_text("utf-8"))["shown"]["groups"]


def texts(driver, selector):
    return [element.text for element in driver.find_elements("css selector", selector) if element.is_displayed()]


def choose(driver, form, field, value):
    from selenium.webdriver.support.ui import Select

    Select(driver.find_element("css selector", f"form[data-list={form}] select[name={field}]")).select_by_value(value)


def test_judgements_outlive_a_reload(many):
    page, _ = many
    with open_page(page) as driver:
        driver.execute_script("document.querySelector('#pairs-list > article').focus()")
        for key in "yyyyyynnyy":
            assert "%" not in texts(driver, "#tally")[0]
            driver.switch_to.active_element.send_keys(key)
        tally = texts(driver, "#tally")[0]
        assert "10 of 60 judged: 8 same, 2 different" in tally and "about 20% are wrong" in tally
        driver.refresh()
        assert texts(driver, "#tally")[0] == tally
        pressed = "#pairs-list > article[data-judgement=n] [data-judge=n][aria-pressed=true]"
        assert len(driver.find_elements("css selector", pressed)) == 2
        driver.find_element("id", "clear").click()
        driver.refresh()
        assert texts(driver, "#tally")[0] == "0 of 60 judged: 0 same, 0 different"
        driver.execute_script("localStorage.setItem(localStorage.key(0), 'no JSON')")
        driver.refresh()
        assert "0 of 60 judged" in texts(driver, "#tally")[0] and console_errors(driver) == []


def test_judgements_are_saved_as_csv_and_come_back(many, tmp_path, capsys):
    page, rows = many
    folder = page.with_name("data")
    with open_page(page) as driver:
        driver.execute_cdp_cmd(
            "Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path / "받은 것")}
        )
        assert not driver.find_element("id", "save").is_enabled()
        driver.execute_script("document.querySelector('#pairs-list > article').focus()")
        for key in "yyynyyyyyy":
            driver.switch_to.active_element.send_keys(key)
        listed = json.loads(page.with_name("many.json").read_text("utf-8"))["shown"]
        other = next(n for n, pair in enumerate(listed["widest"]) if pair not in listed["dropped"][:10])
        driver.execute_script(f"document.querySelectorAll('#widest-list > article')[{other}].focus()")
        driver.switch_to.active_element.send_keys("n")
        driver.find_element("id", "save").click()
        saved = tmp_path / "받은 것" / "data.judged.csv"
        deadline = time.monotonic() + 20
        while not saved.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert console_errors(driver) == []
    html, figures = tmp_path / "a.html", tmp_path / "a.json"
    assert report(folder, "--html", html, "--json", figures, "--judged", saved) == 0
    told = json.loads(figures.read_text("utf-8"))
    pairs, judged = [*listed["dropped"][:10], listed["widest"][other]], told["judged"]
    codes = {row["key"]: int.from_bytes(row["hash"]) for row in rows}
    bits = [(codes[a] ^ codes[b]).bit_count() for a, b in pairs]
    assert (judged["pairs"], judged["same"], judged["featureless"]) == (11, 9, 0)
    assert {line["distance"]: line["pairs"] for line in judged["by_distance"]} == Counter(bits)
    wrong = {line["distance"]: line["pairs"] - line["same"] for line in judged["by_distance"]}
    assert +Counter(wrong) == Counter([bits[3], bits[10]])
    shown = Page(html.read_text("utf-8"))
    assert "9 of 11 judged pairs show the same" in shown.text and "11쌍 가운데 9쌍이 같은 장면" in shown.korean
    for text, message, status in (
        ("key,other\n", "its first line is not key,other_key,distance,judgement", 1),
        (f"{JUDGED_HEADER}\n", "no pair is judged", 1),
        (f"{JUDGED_HEADER}\nv00/0,v00/1,2,maybe\n", "line 2 is not", 1),
        (f"{JUDGED_HEADER}\nv00/0,v99/1,2,same\n", "line 2: the dataset has no hash of a frame v99/1", 1),
        (None, "is no file; give the CSV that the page saved", 2),
    ):
        saved.unlink() if text is None else saved.write_text(text)
        capsys.readouterr()
        assert report(folder, "--html", html, "--judged", saved) == status
        error = capsys.readouterr().err
        assert message in error and len(error.splitlines()) == 1


def test_on_a_phone_lists_are_short_and_nothing_is_wider(many):
    page, _ = many
    with open_page(page, 390, 844) as driver:
        assert sideways(driver) == 0 and driver.execute_script("return document.documentElement.scrollHeight") < 16_000
        holder = "#groups-list > article"
        assert len(texts(driver, holder)) == 5 and len(texts(driver, "#pairs-list > article")) == 6
        driver.find_element("css selector", "[data-more=pairs] button").click()
        assert len(texts(driver, "#pairs-list > article")) == 12
        assert texts(driver, "#widest-list > article") == []
        letters = "return document.querySelector('.chart svg').getBoundingClientRect().width / 460 * 12"
        assert driver.execute_script(letters) > 8
        driver.find_element("css selector", "label[for=korean]").click()
        assert "그룹" in texts(driver, "#groups")[0] and texts(driver, "#tally")[0].startswith("60쌍 가운데 0쌍 판정")
        assert texts(driver, "form[data-list=groups] option")[0] == "큰 것부터"
        driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
        )
        dark = "return getComputedStyle(document.querySelector('.tally')).backgroundColor"
        assert max(map(int, re.findall(r"\d+", driver.execute_script(dark))[:3])) < 60
        assert console_errors(driver) == []


def test_tables_scroll_by_keyboard_and_show_first_what_matters(many):
    page, _ = many
    with open_page(page, 360) as driver:
        holders = driver.find_elements("css selector", ".wide")
        assert len(holders) > 5
        for holder in holders:
            assert (holder.get_attribute("tabindex"), holder.get_attribute("role")) == ("0", "region")
        by_name = {holder.get_attribute("aria-label"): holder for holder in holders}
        assert len(by_name) == len(holders) and all(by_name)
        holder = by_name["kept and dropped by mood"]
        head = holder.find_elements("css selector", "thead th")
        assert [cell.text for cell in head[:3]] == ["mood", "frames", "share kept"]
        right = (
            "const right = (n) => n.getBoundingClientRect().right; return right(arguments[1]) <= right(arguments[0])"
        )
        assert driver.execute_script(right, holder, head[2])


@pytest.mark.parametrize("width", [1200, 360])
def test_the_page_in_a_browser(made, width):
    with open_page(made.html, width) as driver:
        assert console_errors(driver) == [] and not is_blank(driver.get_screenshot_as_png())
        assert sideways(driver) == 0
        driver.execute_script("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
        assert sideways(driver) == 0
        broken = "return [...document.images].filter((image) => !image.complete || image.naturalWidth !== 112).length"
        assert driver.execute_script(broken) == 0
        driver.find_element("id", "groups").click()
        driver.execute_script("document.getElementById('groups').scrollIntoView()")
        assert not is_blank(driver.get_screenshot_as_png())


def test_sorting_and_filters(many):
    page, rows = many
    with open_page(page) as driver:
        holder = "#groups-list > article"
        sizes = Counter(row["duplicate_of"] for row in rows if row["duplicate_of"])
        told = [int(re.search(r"stands for (\d+)", text)[1]) for text in texts(driver, holder)]
        assert len(told) == 20 and told == sorted(sizes.values(), reverse=True)[:20]
        choose(driver, "groups", "order", "widest")
        widest = [int(re.search(r"widest (\d+) bits", text)[1]) for text in texts(driver, holder)]
        assert widest == sorted(widest, reverse=True) and widest[0] == max(row["distance"] or 0 for row in rows)
        choose(driver, "groups", "order", "conflict")
        assert all("labels contradict: 1 at odds" in text for text in texts(driver, holder))
        more = driver.find_element("css selector", "[data-more=groups] button")
        more.click()
        assert len(texts(driver, holder)) == 40
        assert driver.switch_to.active_element.get_attribute("class") == "group"
        choose(driver, "groups", "mood", "fear")
        choose(driver, "groups", "split", "val")
        choose(driver, "groups", "species", "CAT")
        shown = texts(driver, f"{holder} h3")
        fear = {row["video"] for row in rows if row["emotion_inspect"] == KOREAN[1]}
        both = {row["video"] for row in rows if row["split"] == "val" and row["species"] == "CAT"} & fear
        listed = {group["representative"] for group in shown_groups(page)}
        assert set(shown) == {f"{video}/0" for video in both} & listed != set()
        driver.find_element("css selector", "form[data-list=groups] button[type=reset]").click()
        driver.find_element("css selector", "form[data-list=groups] input[name=text]").send_keys("V33/")
        assert texts(driver, f"{holder} h3") == ["v33/0"]
        assert "1 of" in texts(driver, "[data-count=groups]")[0]
        driver.find_element("css selector", "form[data-list=groups] input[name=text]").send_keys("nothing")
        assert texts(driver, holder) == [] and "none fits" in texts(driver, "[data-count=groups]")[0]
        choose(driver, "pairs", "reason", "near_across_videos")
        pairs = texts(driver, "#pairs-list > article")
        assert pairs and all("copy across videos" in text for text in pairs)
        assert console_errors(driver) == []


def test_the_keyboard(many):
    from selenium.webdriver.common.keys import Keys

    page, _ = many
    with open_page(page) as driver:
        pairs = driver.find_elements("css selector", "#pairs-list > article")
        assert "0 of 60 judged" in texts(driver, "#tally")[0]
        driver.execute_script("arguments[0].focus()", pairs[0])
        for key in ("y", "y", "n"):
            driver.switch_to.active_element.send_keys(key)
        assert driver.switch_to.active_element == pairs[3]
        tally = texts(driver, "#tally")[0]
        assert "3 of 60 judged: 2 same, 1 different. For an estimate judge at least 10." in tally
        assert pairs[2].get_attribute("data-judgement") == "n"
        driver.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
        assert driver.switch_to.active_element == pairs[2]
        button = pairs[2].find_element("css selector", "[data-judge=y]")
        button.send_keys(Keys.ENTER)
        assert "3 same, 0 different" in texts(driver, "#tally")[0] and button.get_attribute("aria-pressed") == "true"
        driver.execute_script("arguments[0].focus()", pairs[3])
        for key in "nyyyyyy":
            driver.switch_to.active_element.send_keys(key)
        tally = texts(driver, "#tally")[0]
        assert "10 of 60 judged: 9 same, 1 different" in tally and "95% interval: 1.8% to 40%" in tally
        groups = driver.find_elements("css selector", "#groups-list > article")
        driver.execute_script("arguments[0].focus()", groups[0])
        for _ in range(3):
            driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
        assert driver.switch_to.active_element == groups[3]
        slider = driver.find_element("css selector", "[data-chart=in_videos] input")
        before = texts(driver, "[data-chart=in_videos] output")[0]
        slider.send_keys(Keys.ARROW_RIGHT)
        after = texts(driver, "[data-chart=in_videos] output")[0]
        assert before.startswith("distance 8: ") and after.startswith("distance 9: ")
        assert console_errors(driver) == []


def test_a_slider_starts_at_the_own_setting_else_at_the_largest(many):
    page, _ = many
    curves = json.loads(page.with_name("many.json").read_text("utf-8"))["curves"]
    assert curves["selection"]["own"] is None and curves["across"]["all"]["own"] == 2
    with open_page(page) as driver:
        assert texts(driver, "[data-chart=selection] output")[0].startswith(f"K {curves['selection']['counts'][-1]}: ")
        assert texts(driver, "[data-chart=across] output")[0].startswith("distance 2: ")
        assert curves["selection"]["greatest"][-1] is None  # which is told, and no dash where a figure would stand
        told = texts(driver, "[data-chart=radius] output")[0]
        assert told == f"K {curves['selection']['counts'][-1]}: no frame is left out"
        driver.execute_script("document.querySelector('#look + p').parentElement.lastElementChild.scrollIntoView()")
        assert driver.execute_script("return document.querySelector('.tally').getBoundingClientRect().bottom") < 0


def test_the_slider_reads_out_the_curve(many):
    page, _ = many
    figures = json.loads(page.with_name("many.json").read_text("utf-8"))
    curve = figures["curves"]["in_videos"]
    with open_page(page) as driver:
        told = texts(driver, "[data-chart=in_videos] output")[0]
        kept, total = curve["kept"][8], figures["totals"]["all"]
        assert told == f"distance 8: {kept} ({100 * kept / total:.1f}%) frames stay"
