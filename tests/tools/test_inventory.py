"""The inventory of real zips, pieces and tars, whole and damaged, of folders and of CSVs."""

import json
import shutil
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import pytest

from console.command import run_command
from preprocess.settings import PreprocessSettings
from preprocess.sources.source_kinds import find_videos, list_sources
from preprocess.writing.shard_plan import make_plan
from preprocess.writing.video_task import run_video_task
from shards.emotions import KOREAN
from shards.errors import DataError
from tests.pages import Page
from tests.tools.browser import console_errors, is_blank, open_page, resize, sideways
from tests.trees import BOX, annotate, make_jpeg, make_label, write_video
from tools import inventory
from tools.source_inventory import inventory_figures
from tools.source_inventory.frame_sample import SampleTiming, cut_sampled_frames
from tools.source_inventory.inventory_figures import take_inventory

LABELS, FRAMES = "라벨링데이터", "원천데이터"
PIECE = 20_000  # bytes


def look(*arguments: str | Path) -> int:
    return run_command("inventory", inventory.main, [str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """The sample is cut in this process: a fresh one takes seconds to import TensorFlow. One test below uses it."""
    monkeypatch.setattr(inventory_figures, "time_sample", time_sample_here)


def time_sample_here(videos, settings, progress) -> SampleTiming:
    timing = SampleTiming()
    for video in videos:
        timing.add(cut_sampled_frames(video, 2, settings))
    return timing


@pytest.fixture
def tree(tmp_path) -> Path:
    """Two training videos and one of validation, as folders."""
    root = tmp_path / "펼친 것"
    write_video(root, "20201028_cat-arch-000156.mp4", part="1.Training")
    write_video(root, "dog-walkrun-000001", part="1.Training", label=make_label(inspect={"emotion": KOREAN[1]}))
    write_video(root, "cat-sitdown-000002", part="2.Validation", label=make_label(species="CAT"))
    return root


def pack(folder: Path, out: Path, compression: int = zipfile.ZIP_STORED) -> Path:
    """A zip of a folder's files, named in CP949 without the UTF-8 flag."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", compression) as archive:
        for path in sorted(folder.rglob("*.*")):
            if path.is_file():
                info = _Cp949(path.relative_to(folder).as_posix())
                info.compress_type = compression
                archive.writestr(info, path.read_bytes())
    return out


class _Cp949(zipfile.ZipInfo):
    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("cp949"), 0


def pack_all(tree: Path, out: Path) -> Path:
    """A delivery of a tree: a zip for each folder of labels or frames."""
    for folder in sorted(tree.glob("*/*")):
        pack(folder, out / folder.parent.name / f"{folder.name}.zip", zipfile.ZIP_DEFLATED)
    return out


def split_up(path: Path) -> list[Path]:
    """Replace a zip by its pieces."""
    data = path.read_bytes()
    pieces = []
    for start in range(0, len(data), PIECE):
        pieces.append(path.with_name(f"{path.name}.part{start}"))
        pieces[-1].write_bytes(data[start : start + PIECE])
    path.unlink()
    return pieces


def put_into_tar(folder: Path, out: Path, format: int = tarfile.GNU_FORMAT) -> Path:
    with tarfile.open(out, "w", format=format) as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                tar.add(path, path.relative_to(folder).as_posix())
    return out


def drop_places(figures: dict) -> dict:
    """What does not depend on how the same videos were delivered."""
    frames = {name: count for name, count in figures["frames"].items() if "two_places" not in name}
    return {name: figures[name] for name in ("labels", "reasons", "tables")} | frames


def test_folders(tree, capsys):
    assert look(tree) == 0
    out = capsys.readouterr().out
    figures = take_inventory([str(tree)])
    assert figures["labels"]["videos"] == figures["pairs"]["videos"] == 3
    assert figures["frames"]["files"] == figures["frames"]["annotated"] == figures["frames"]["usable"] == 9
    assert figures["run"]["seconds"] > figures["run"]["start_seconds"] > 1 and "s to start and to plan" in out
    assert figures["run"]["sample"] == {"frames": 6, "cut": 6, "rejected": []}
    assert figures["run"]["disk_bytes"] == 2 * 9 * (16_000 + 25_000)  # each frame as a crop and whole: 3 a video
    assert figures["run"]["whole_frames"] == 9
    assert not figures["problems"] and not figures["archives"]
    tables = {column: {line["value"]: line for line in lines} for column, lines in figures["tables"].items()}
    assert tables["split"].keys() == {"train", "val"} and tables["split"]["train"]["usable"] == 6
    assert tables["species"]["CAT"]["videos"] == 1 and tables["mood"][KOREAN[1]]["train"] == 3
    moods = [line["value"] for line in figures["tables"]["mood"]]
    assert moods == [mood for mood in KOREAN if mood in moods] and len(moods) > 1
    assert set(tables["action"]) == {"DOG ARCH", "DOG WALKRUN", "CAT SITDOWN"}
    assert "a run would take" in out and "9 frames" in out
    lines = [line for line in out.splitlines() if line.startswith(("  편안/안정", "  공포"))]
    assert len({len(line.encode("cp949")) for line in lines}) == 1  # columns of a terminal: two for a syllable


@pytest.mark.parametrize("form", ["zips", "pieces", "tar", "pax"])
def test_a_delivery_counts_as_its_tree(tree, tmp_path, form):
    whole = take_inventory([str(tree)])
    source = pack_all(tree, tmp_path / "받은 것")
    if form == "pieces":
        split_up(source / "1.Training" / f"{FRAMES}.zip")
    if form in ("tar", "pax"):
        split_up(source / "1.Training" / f"{FRAMES}.zip")
        kind = tarfile.GNU_FORMAT if form == "tar" else tarfile.PAX_FORMAT
        put_into_tar(source, tmp_path / "download.tar", kind)
        shutil.rmtree(source)
        source.mkdir()
        (tmp_path / "download.tar").rename(source / "download.tar")
    figures = take_inventory([str(source)])
    assert drop_places(figures) == drop_places(whole)
    assert not figures["problems"] and not figures["not_read"]
    zips = {archive["relative"]: archive for archive in figures["archives"] if archive["form"] != "tar"}
    assert set(zips) == {f"{part}/{kind}.zip" for part in ("1.Training", "2.Validation") for kind in (LABELS, FRAMES)}
    frames = zips[f"1.Training/{FRAMES}.zip"]
    assert (frames["members"], frames["frames"], frames["labels"]) == (6, 6, 0)
    assert zips[f"2.Validation/{LABELS}.zip"]["labels"] == 1
    pieces = 1 if form == "zips" else -(-frames["size"] // PIECE)
    assert frames["form"] == ("zip" if form == "zips" else "pieces") and frames["files"] == pieces
    if form in ("tar", "pax"):
        assert frames["tar"] == "download.tar"
        (tar,) = (archive for archive in figures["archives"] if archive["form"] == "tar")
        assert tar["members"] == 3 + pieces and tar["size"] == (source / "download.tar").stat().st_size


def test_every_problem_is_told_and_what_is_whole_is_counted(tree, tmp_path, capsys):
    source = pack_all(tree, tmp_path / "받은 것")
    damaged = source / "망가진 것"
    pack(tree / "1.Training", damaged / "CUT.zip")
    (damaged / "CUT.zip").write_bytes((damaged / "CUT.zip").read_bytes()[:-100])
    split_up(pack(tree / "1.Training", damaged / "LACKS.zip"))[1].unlink()
    locked = pack(tree / "1.Training" / LABELS, damaged / "LOCKED.zip")
    data = bytearray(locked.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    locked.write_bytes(data)
    tar = put_into_tar(source / "2.Validation", damaged / "download.tar")
    tar.write_bytes(tar.read_bytes()[:-12_000])
    figures_file = tmp_path / "figures.json"
    assert look(source, "--json", figures_file) == 1
    captured, figures = capsys.readouterr(), json.loads(figures_file.read_text("utf-8"))
    problems = figures["problems"]
    assert len(problems) == 4 and len(captured.err.splitlines()) == 1 and "4 things" in captured.err
    for name, what in (
        ("CUT.zip", "end is missing"),
        ("LACKS.zip", "a piece is missing or cut short: from byte 20,000 to 40,000"),
        ("LOCKED.zip", "is encrypted"),
        ("download.tar", "was cut short"),
    ):
        (problem,) = (problem for problem in problems if problem.startswith(f"망가진 것/{name}: "))
        assert what in problem and problem in captured.out
        (archive,) = (archive for archive in figures["archives"] if archive["relative"] == f"망가진 것/{name}")
        assert what in archive["fault"] and archive["size"] > 0
    assert drop_places(figures)["usable"] == 9
    with pytest.raises(DataError, match=r"\(and 3 more: python -m tools.inventory lists them\)"):
        find_videos([str(source)])
    assert list_sources([str(source)]).problems == problems


def test_an_archive_that_was_joined_in_text_order_is_recognised(tree, tmp_path):
    path = pack(tree / "1.Training" / FRAMES, tmp_path / "source" / "X.zip")
    data = path.read_bytes()
    starts = sorted(range(0, len(data), 9000), key=str)
    assert starts[-1] == 9000
    path.write_bytes(b"".join(data[start : start + 9000] for start in starts))
    (problem,) = take_inventory([str(tmp_path / "source")])["problems"]
    assert problem.startswith("X.zip: its pieces were joined in the order of their names as text")


def test_what_has_no_counterpart_or_lies_twice(tree, tmp_path):
    write_video(tree, "dog-sit-000003", images={}, annotations=[annotate(0)], part="1.Training")
    write_video(tree, "dog-turn-000004", part="1.Training").unlink()
    shutil.copytree(tree / "1.Training" / FRAMES / "dog-walkrun-000001", tree / "copy" / "dog-walkrun-000001")
    (tree / "copy" / "dog-walkrun-000001" / "frame_99_timestamp_99.jpg").write_bytes(make_jpeg(1))
    (tree / "1.Training" / FRAMES / "20201028_cat-arch-000156.mp4" / "frame_5_timestamp_200.jpg").unlink()
    figures = take_inventory([str(tree)])
    pairs, frames = figures["pairs"], figures["frames"]
    assert pairs["labels_without_frames"]["folders"] == {f"1.Training/{LABELS}": 1}
    assert pairs["folders_without_label"]["paths"] == [f"1.Training/{FRAMES}/dog-turn-000004"]
    assert frames["in_two_places"] == 3 and frames["unannotated"] == 1 and frames["without_label"] == 3
    (double,) = frames["first_in_two_places"]
    assert double["folders"] == [f"1.Training/{FRAMES}/dog-walkrun-000001", "copy/dog-walkrun-000001"]
    assert frames["missing"] == figures["reasons"]["image_missing"] == 2 and frames["usable"] == 8


def test_a_delivery_beside_its_tar_and_its_folders(tree, tmp_path):
    source = pack_all(tree, tmp_path / "source")
    put_into_tar(source, tmp_path / "download.tar")
    (tmp_path / "download.tar").rename(source / "download.tar")
    shutil.copytree(tree / "2.Validation", source / "2.Validation", dirs_exist_ok=True)
    figures = take_inventory([str(source)])
    assert [archive["copies"] for archive in figures["archives"]] == [2, 2, 2, 2, 1]
    assert figures["frames"]["usable"] == 9 and figures["frames"]["in_two_places"] == 3
    assert figures["labels"]["videos"] == 3


def test_labels_that_cannot_be_used_and_what_is_not_read(tree, capsys):
    write_video(tree, "dog-sit-000003", label=b'{"annotations": [')
    write_video(tree, "dog-sit-000004", annotations=[])
    write_video(tree, "dog-sit-000005", label=make_label(inspect={"emotion": "궁금함"}))
    write_video(tree, "dog-sit-000006", annotations=[annotate(0, BOX | {"x": "?"}), annotate(5), annotate(5)])
    write_video(tree / "한 번 더", "dog-sit-000006")
    with zipfile.ZipFile(tree / "outer.zip", "w") as outer:
        outer.writestr("inner.zip", b"")
        outer.writestr("../out.json", b"{}")
    (tree / "nowhere").symlink_to("nothing")
    assert look(tree) == 0  # a run would go on
    figures, out = take_inventory([str(tree)]), capsys.readouterr().out
    assert [fault["reason"] for fault in figures["labels"]["faults"]] == ["label_unreadable", "label_invalid"]
    expected = {"emotion_unknown": 3, "annotation_invalid": 1, "frame_repeated": 1, "video_repeated": 3}
    assert figures["reasons"] == {"label_unreadable": 1, "label_invalid": 1} | expected
    assert figures["not_read"] == [
        "nowhere: No such file or directory",
        "outer.zip: ../out.json: leads out of the archive",
        "outer.zip: inner.zip: an archive in an archive; unpack the outer one",
    ]
    assert all(line in out for line in figures["not_read"]) and "궁금함" in out


def test_sampled_frames_that_would_be_rejected(tmp_path):
    write_video(tmp_path, "dog-sit-000001", images={0: b"no jpeg", 5: make_jpeg(1)})
    sample = take_inventory([str(tmp_path)])["run"]["sample"]
    assert sample["frames"] == 2 and sample["cut"] == 1
    assert sample["rejected"] == [f"{FRAMES}/dog-sit-000001/frame_0_timestamp_0.jpg: image_unreadable (not a JPEG)"]


def test_csvs_and_a_folder(tree, tmp_path, capsys):
    (tmp_path / "images").mkdir()
    for number in range(3):
        (tmp_path / "images" / f"frame_{number}_timestamp_{number}.jpg").write_bytes(make_jpeg(number))
    rows = [f'images/frame_{number}_timestamp_{number}.jpg,"40,60,100,150",{KOREAN[0]}' for number in range(4)]
    (tmp_path / "val.csv").write_text("\n".join(["image_path,bbox,labels", *rows]), "utf-8")
    figures = take_inventory([str(tree), str(tmp_path / "val.csv")])
    assert figures["frames"]["usable"] == 12 and figures["frames"]["missing"] == 1
    assert {line["value"]: line["usable"] for line in figures["tables"]["split"]} == {"train": 6, "val": 6}
    (tmp_path / "broken.csv").write_text("image_path,bbox\n")
    capsys.readouterr()
    assert look(tree, tmp_path / "val.csv", tmp_path / "broken.csv") == 1
    out = capsys.readouterr().out
    assert "broken.csv: has no column labels" in out and f"{'  usable':<38}{12:>12}" in out


def test_names_are_composed_and_escaped(tmp_path):
    root = tmp_path / unicodedata.normalize("NFD", "<b>강아지&")
    write_video(root, "dog-sit-000001", label=make_label(inspect={"emotion": "<script>alert('야옹')</script>"}))
    page_file, figures_file = tmp_path / "page.html", tmp_path / "figures.json"
    assert look(root, "--html", page_file, "--json", figures_file) == 1  # no row has a mood
    text = page_file.read_text("utf-8")
    page = Page(text)
    assert text.count("<script") == 1 and "<script>alert('야옹')</script>" in page.text and "<b>" not in text
    assert not [source for source in page.sources if not source.startswith("data:")]
    assert "라벨 1개 가운데 1개에 프레임이 있습니다" in page.korean and "a run would take" in page.text.lower()
    assert page.untranslated == []
    assert json.loads(figures_file.read_text("utf-8"))["made_by"] == "pet mood"
    assert "no frame is good enough to keep: emotion_unknown 3" in page.text
    assert look(root, "--html", page_file) == 1  # its own report is replaced


def test_the_page_in_a_browser(tree, tmp_path):
    source = pack_all(tree, tmp_path / "받은 것")
    (source / "망가진_것_하나.zip").write_bytes(b"PK")
    assert look(source, "--html", tmp_path / "page.html") == 1
    with open_page(tmp_path / "page.html", 1200) as driver:
        assert not console_errors(driver) and not is_blank(driver.get_screenshot_as_png())
        for width in (320, 800):
            resize(driver, width, 900)
            assert sideways(driver) == 0


def test_no_usable_row_is_told_as_the_run_does(tmp_path, capsys):
    """Status 1 and the run's own line, no next command: for rows of no mood, of no image, frames that are no JPEG."""
    write_video(tmp_path / "words", "dog-sit-000001", label=make_label(inspect={"emotion": "궁금함"}))
    (tmp_path / "rows.csv").write_text(f'image_path,bbox,labels\nno/a.jpg,"1,1,9,9",{KOREAN[0]}\n', "utf-8")
    write_video(tmp_path / "broken", "dog-sit-000001", images={0: b"no jpeg", 5: b""})
    for name, why in (
        ("words", "emotion_unknown 3; --label_map FILE says which mood a label or category means"),
        ("rows.csv", "image_missing 1; correct the paths (a CSV's are relative to its folder), or add the folder of"),
        ("broken", "image_unreadable 2; give other labels and frames, or correct these"),
    ):
        assert look(tmp_path / name) == 1
        captured = capsys.readouterr()
        line = f"{tmp_path / name}: no frame is good enough to keep: {why}"
        assert captured.err.startswith(f"inventory: {line}") and len(captured.err.splitlines()) == 1
        assert line in captured.out and "next " not in captured.out
    found = find_videos([str(tmp_path / "broken")])
    tasks = [run_video_task(found.videos, PreprocessSettings(source=[name], out="x"), tmp_path)]
    with pytest.raises(DataError, match=r"^broken: no frame is good enough to keep: image_unreadable 2; give other"):
        make_plan(tasks, tmp_path, PreprocessSettings(source=["broken"], out="x"))


def test_a_validation_that_would_be_empty(tmp_path, capsys):
    """Videos of too few animals, and all moods in one video; ten animals can be divided."""
    for number in range(10):
        write_video(tmp_path / "alike", f"dog-sit-{number:06}", label=make_label(animal={"age": 3}))
    assert look(tmp_path / "alike") == 1
    captured = capsys.readouterr()
    assert "inventory: validation is empty, so no model could be judged: the source has no Training" in captured.err
    assert "next " not in captured.out
    for number in range(10):
        label = make_label(animal={"age": number})
        write_video(tmp_path / "others", f"dog-sit-{number:06}", label=label)
    assert look(tmp_path / "others") == 0 and "next " in capsys.readouterr().out
    (tmp_path / "images").mkdir()
    rows = [f'images/{number}.jpg,"40,60,100,150",{KOREAN[number]}' for number in range(3)]
    for number in range(3):
        (tmp_path / "images" / f"{number}.jpg").write_bytes(make_jpeg(number))
    (tmp_path / "one.csv").write_text("\n".join(["image_path,bbox,labels", *rows]), "utf-8")
    assert look(tmp_path / "one.csv") == 1
    assert "judged: all moods share one video, which cannot be divided" in capsys.readouterr().err


def test_nothing_there(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert look(tmp_path / "empty") == 1
    captured = capsys.readouterr()
    assert "no label JSON and no frames" in captured.out and "no label JSON and no frames" in captured.err
    assert "unknown: no frame could be decoded" in captured.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "does not exist"),
        ([".", "."], "name each folder once"),
        ([".", "--json", "inside.json"], "lies in the source"),
        ([], "required: SOURCE"),
    ],
)
def test_bad_calls(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert look(*arguments) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1


def test_the_sample_is_cut_in_a_process_of_its_own(tree, monkeypatch, capfd):
    from tools.source_inventory.frame_sample import time_sample

    monkeypatch.setattr(inventory_figures, "time_sample", time_sample)
    assert look(tree) == 0
    captured = capfd.readouterr()
    assert not captured.err and "frames/s on each of" in captured.out


def test_labels_are_read_from_many_archives_at_a_time(tmp_path):
    """More archives than a thread holds open."""
    for number in range(40):
        write_video(tmp_path / "tree", f"dog-sit-{number:06}", images={0: make_jpeg(number % 3)})
        pack(tmp_path / "tree", tmp_path / "zips" / f"{number:02}.zip")
        shutil.rmtree(tmp_path / "tree")
    figures = take_inventory([str(tmp_path / "zips")])
    assert figures["frames"]["usable"] == 40 and not figures["reasons"]


def test_what_is_in_a_tar_but_in_no_archive(tree, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    with tarfile.open(source / "a.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("x/readme.txt"))
    (line,) = take_inventory([str(source)])["not_read"]
    assert line == "a.tar: x/readme.txt: no archive; unpack it to use it"
