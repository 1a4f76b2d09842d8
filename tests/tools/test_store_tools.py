"""The tools that read a dataset or a source read those in a store alike: the same figures, and few requests."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from console.command import run_command
from preprocess.sources.data_file import read_data_file
from preprocess.sources.source_kinds import find_videos, list_images
from shards.dataset import read_dataset
from shards.storage.stores.remote_files import upload_file
from shards.storage.stores.remote_path import RemotePath, parse_store_url
from tests.preprocess.archives.forms import deliver_tree
from tests.tools.comparison.test_compare import write_run
from tests.trees import write_video
from tools import compare, dataset_report, dedupe_report, inventory, show, to_coco, to_csv
from tools.reporting.source_frames import PictureUnavailable, SourceFrames


def upload(folder: Path, url: str) -> RemotePath:
    place = parse_store_url(url)
    for path in folder.rglob("*.*"):
        if path.is_file():
            upload_file(path, place / str(path.relative_to(folder)))
    return place


@pytest.fixture(scope="module")
def store(s3_server, odd_dataset) -> RemotePath:
    """The odd dataset with its log, under a Korean name; its source lies on this machine."""
    place = upload(odd_dataset, f"{s3_server.make_bucket('tools')}/멍?{s3_server.query}")
    upload_file(odd_dataset.with_name("out.log.json"), place.parent / "멍.log.json")
    return place


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    (tmp_path / "여기").mkdir()
    monkeypatch.chdir(tmp_path / "여기")
    return tmp_path / "여기"


def run_tool(module, *arguments) -> int:
    name = module.__name__.rpartition(".")[2]
    return run_command(name, module.main, [str(getattr(argument, "url", argument)) for argument in arguments])


def test_show_reads_ranges_of_the_shards(store, here, s3_server, odd_dataset, capsys):
    s3_server.requests.clear()
    assert run_tool(show, "--seed", 3, store) == 0
    kept = read_dataset(odd_dataset).counts["kept"]
    assert s3_server.requests["GET"] <= 8 + 2 * kept
    assert run_tool(show, odd_dataset, "--seed", 3, "--png", "local.png") == 0
    pictures = [cv2.imdecode(np.fromfile(here / name, np.uint8), cv2.IMREAD_COLOR) for name in ("멍.png", "local.png")]
    assert np.array_equal(*pictures)
    (following,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("next") and "s3:" in line]
    assert store.url in following


@pytest.mark.parametrize("module", [dataset_report, dedupe_report])
def test_reports_have_the_figures_of_a_folder(module, store, here, odd_dataset):
    assert run_tool(module, store, "--json", "far.json") == 0
    ending = {dataset_report: ".dataset.html", dedupe_report: ".dedupe.html"}[module]
    assert run_tool(module, odd_dataset, "--json", "near.json", "--html", "near.html") == 0
    far, near = ((here / name).read_text().replace('"멍"', '"out"') for name in ("far.json", "near.json"))
    assert json.loads(far) == json.loads(near)
    page, local = (here / f"멍{ending}").read_text(), (here / "near.html").read_text()
    assert page.count("data:image/jpeg") == local.count("data:image/jpeg") > 5


def test_annotations_are_those_of_a_folder(store, here, odd_dataset):
    for module, ending in ((to_csv, "csv"), (to_coco, "coco")):
        assert run_tool(module, store) == 0 and run_tool(module, odd_dataset, "--out", "near") == 0
        names = sorted(path.name for path in (here / f"멍.{ending}").iterdir())
        assert names == [f"train.{names[0][-4:].strip('.')}", f"val.{names[0][-4:].strip('.')}"]
        for name in names:
            assert (here / f"멍.{ending}" / name).read_bytes() == (here / "near" / name).read_bytes()


def test_a_dataset_or_a_run_is_compared_where_it_lies(store, here, odd_dataset, sftp_server, tmp_path, capsys):
    assert run_tool(compare, odd_dataset, store) == 0
    assert (here / "멍.compare.html").exists() and "0 came, 0 went" in capsys.readouterr().out
    runs = [write_run(tmp_path / name, right, stores_answers=True) for name, right in (("하나", 0.6), ("둘", 0.65))]
    far = parse_store_url(f"{sftp_server.name_folder(runs[1])}?{sftp_server.query}")
    assert run_tool(compare, runs[0], far, "--json", "far.json") == 0
    assert run_tool(compare, *runs, "--json", "near.json") == 0
    found = [json.loads((here / name).read_text()) for name in ("far.json", "near.json")]
    assert found[0]["paired_videos"] == 200 and [each.pop("b") for each in found] == [str(far), str(runs[1])]
    assert found[0] == found[1]


@pytest.mark.parametrize("form", [None, "stored", "tar of zips"])
def test_frames_are_found_again_in_folders_and_archives(form, s3_server, tmp_path):
    write_video(tmp_path / "나무", "dog-sit-000001", 2, part="Training/개")
    source = deliver_tree(tmp_path / "나무", tmp_path / "배달", form) if form else tmp_path / "나무"
    place = upload(source, f"{s3_server.make_bucket(f'again-{form}'.lower().replace(' ', '-'))}/곳?{s3_server.query}")
    (video,) = find_videos([str(source)]).videos
    images = list_images(video).values()
    frames = SourceFrames([place])
    assert len(images) == 2
    for image in images:
        found = frames.read_jpeg({"source": 0, "image_file": image.relative})
        assert found == read_data_file(image.file)
        with pytest.raises(PictureUnavailable, match="image missing"):
            frames.read_jpeg({"source": 0, "image_file": f"{image.relative}.none"})


def test_an_inventory_says_how_much_it_asks_for(here, s3_server, tmp_path, capsys):
    write_video(tmp_path / "나무", "dog-sit-000001", 3, part="Training")
    write_video(tmp_path / "나무", "cat-arch-000002", 2, part="Validation")
    place = upload(tmp_path / "나무", f"{s3_server.make_bucket('inventory')}/나무?{s3_server.query}")
    s3_server.requests.clear()
    assert run_tool(inventory, place, "--json", "far.json") == 0
    said = capsys.readouterr().err
    assert "a store is asked about 22 times" in said
    assert s3_server.requests.total() <= 22 + 4, s3_server.requests  # four to find and list the source
    assert run_tool(inventory, tmp_path / "나무", "--json", "near.json") == 0
    far, near = (json.loads((here / name).read_text()) for name in ("far.json", "near.json"))
    for name in ("labels", "frames", "pairs", "tables", "problems"):
        assert far[name] == near[name]


def test_what_cannot_be_read_or_written(store, here, s3_server, capsys):
    for module, arguments, words in (
        (show, [f"{store.parent}/none?{s3_server.query}"], "s3://tools/none holds nothing; give the folder"),
        (show, [store, "--png", "s3://tools/a.png"], "--png s3://tools/a.png: a URL is not read"),
        (dedupe_report, [store, "--dry_run"], "a dry run leaves nothing in a store"),
        (to_csv, [store, "--out", "s3://tools/csv"], "--out s3://tools/csv: a URL is not read"),
    ):
        assert run_tool(module, *arguments) == 2
        assert words in capsys.readouterr().err
