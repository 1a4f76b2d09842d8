"""Whole runs on archives: the bytes of the unpacked tree, damage as rows, frames in two places, changes meanwhile."""

import json
import shutil
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from preprocess import run as flow
from preprocess.run import run
from preprocess.settings import PreprocessSettings
from preprocess.sources.data_file import name_data_file
from preprocess.sources.source_kinds import find_videos, list_images
from preprocess.writing.finished_work import TaskSummary, read_summary, write_summary
from shards.errors import DataError
from shards.storage.self_checksum import dump_json_with_checksum
from tests.preprocess.archives.forms import FORMS, deliver_tree, flip, write_files, write_pets, zip_tree
from tests.trees import digests

pytestmark = pytest.mark.usefixtures("two_workers")
PARTS = ("Training/CAT", "Validation/CAT", "Training/DOG")


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    return write_pets(tmp_path_factory.mktemp("나무") / "aihub", PARTS)


def make(source: Path, out: Path, **settings) -> Path:
    run(PreprocessSettings(source=[str(source)], out=str(out), **settings))
    return out


def read_rows(out: Path) -> list[dict]:
    return pq.read_table(out / "manifest.parquet").to_pylist()


@pytest.fixture(scope="module")
def of_folders(tree, two_workers, tmp_path_factory) -> dict[str, str]:
    return digests(make(tree, tmp_path_factory.mktemp("결과") / "pets"))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_bytes_of_the_folders(tree, of_folders, tmp_path, capsys, form):
    source = deliver_tree(tree, tmp_path / "배달", form)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "배달").rglob("*")}
    assert digests(make(source, tmp_path / "out" / "pets")) == of_folders
    assert "archives 6, read where they lie; nothing is unpacked" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "배달").rglob("*")} == before
    assert {path.name for path in tmp_path.iterdir()} == {"배달", "out"}  # nothing was unpacked anywhere
    log = json.loads((tmp_path / "out" / "pets.log.json").read_text())
    assert log["archives"] == 6 and log["frames_in_several_places"] == 0


def test_a_mix_of_forms_and_two_places(tree, of_folders, tmp_path, capsys):
    """Frames that lie in folders, in zips and in the tar as well are used once, and counted."""
    source = tmp_path / "배달"
    shutil.copytree(tree / "01.데이터" / "Training" / "CAT", source / "01.데이터" / "Training" / "CAT")
    write_files(source, {name: data for name, data in zip_tree(tree).items() if "Validation" not in name})
    deliver_tree(tree, source, "tar of pieces")
    out = make(source, tmp_path / "pets")
    assert digests(out) == of_folders
    message = "7 frames lie in another place too; each is used once, from the first by source and path"
    assert message in capsys.readouterr().err  # of the folder CAT, also in its zip; a tar's copy of a zip is not listed
    assert json.loads((tmp_path / "pets.log.json").read_text())["frames_in_several_places"] == 7


def test_frames_of_two_sources(tree, tmp_path, capsys):
    """The first source's are used, whatever form it has."""
    zips = deliver_tree(tree, tmp_path / "zips", "stored")
    frames = shutil.copytree(tree, tmp_path / "frames", ignore=shutil.ignore_patterns("라벨링데이터"))
    for sources, where in [((zips, frames), ".zip"), ((frames, zips), ".jpg")]:
        run(PreprocessSettings(source=list(map(str, sources)), out=str(tmp_path / where), dry_run=True))
        assert "21 frames lie in another place too" in capsys.readouterr().err
        videos = find_videos(list(map(str, sources))).videos
        used = {name_data_file(image.file)[-4:] for video in videos for image in list_images(video).values()}
        assert used == {where}


def test_damaged_members_are_rows_with_their_reason(tree, tmp_path):
    zips = zip_tree(tree)
    labels, frames = (next(name for name in zips if kind in name) for kind in ("라벨링데이터", "원천데이터"))
    zips[labels] = flip(zips[labels], [zips[labels].index(b'"annotations"')])  # of the first of its labels
    starts = [zips[frames].index(b"\xff\xd8"), zips[frames].rindex(b"\xff\xd8")]
    zips[frames] = flip(zips[frames], [start + 1000 for start in starts])
    rows = read_rows(make(write_files(tmp_path / "배달", zips), tmp_path / "pets"))
    bad = [(row["reason"], row["note"]) for row in rows if row["reason"] in ("image_unreadable", "label_unreadable")]
    note = "does not fit the checksum in its archive"
    assert sorted(bad) == [("image_unreadable", note), ("label_unreadable", note)]


@pytest.mark.parametrize("form", ["stored", "pieces", "tar of zips"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: path.unlink(), "was there and is gone; bring it back and run the same command again"),
        (lambda path: path.write_bytes(flip(path.read_bytes(), range(40, 4000, 50))), "was changed while this run"),
        (lambda path: path.write_bytes(path.read_bytes()[:300]), "was changed while this run read it; run the same"),
    ],
    ids=["gone", "other bytes", "cut short"],
)
def test_an_archive_that_changes_during_the_run(tree, tmp_path, monkeypatch, form, change, message):
    source = deliver_tree(tree, tmp_path / "배달", form)
    archive = sorted(path for path in source.rglob("*") if path.is_file())[-1]
    print_start = flow.messages.print_start

    def change_after_listing(*call) -> None:
        print_start(*call)
        change(archive)

    monkeypatch.setattr(flow.messages, "print_start", change_after_listing)
    with pytest.raises(DataError) as caught:
        make(source, tmp_path / "pets")
    assert str(caught.value).startswith(f"{archive} {message}")
    assert not (tmp_path / "pets" / "dataset.json").exists()


def test_a_copied_archive_is_no_change_and_another_content_is(tree, tmp_path, capsys):
    source = deliver_tree(tree, tmp_path / "배달", "stored")
    out = make(source, tmp_path / "pets")
    copy = shutil.copytree(source, tmp_path / "사본", copy_function=shutil.copyfile)
    make(copy, out)
    assert "nothing to do" in capsys.readouterr().out
    name = next(name for name in zip_tree(tree) if "원천데이터" in name)
    with zipfile.ZipFile(copy / name, "a") as archive:
        archive.writestr("cat-arch-000009/frame_0_timestamp_0.jpg", b"")
    make(copy, out)
    assert "nothing to do" in capsys.readouterr().out  # frames without a label change nothing


def test_what_is_wrong_with_an_archive_is_said_before_any_work(tree, tmp_path):
    source = deliver_tree(tree, tmp_path / "배달", "pieces")
    min(source.rglob("원천데이터.zip.part0")).unlink()
    with pytest.raises(DataError, match=r"a piece is missing or cut short: from byte 0 to .* \(the first piece\)"):
        make(source, tmp_path / "pets")
    assert not list((tmp_path / "pets").rglob("*.parquet"))


def test_notes_of_tasks_that_were_finished_before_frames_were_counted(tmp_path):
    summary = TaskSummary("name", None, 0, {}, {}, 0, 0, [])
    write_summary(tmp_path, summary)
    fields = json.loads((tmp_path / "name.json").read_text())
    assert fields.pop("repeated_images") == 0
    fields["origin"] = {"stamps": "", "contents": ""}
    (tmp_path / "name.json").write_bytes(dump_json_with_checksum(fields))
    assert read_summary(tmp_path, "name").repeated_images == 0
