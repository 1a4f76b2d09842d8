import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from preprocess.run import run
from preprocess.settings import PreprocessSettings
from shards.dataset import read_dataset
from shards.errors import CallError, DataError
from tools.reporting.frame_pictures import PICTURE_COLUMNS, FramePictures
from tools.reporting.opened_dataset import OpenedDataset, find_sources, open_dataset


def test_sources_that_are_given(folder, source):
    second = source.with_name("둘째")
    assert find_sources(open_dataset(folder), [str(second), str(source)]) == [second, source]
    for given, message in (
        ([str(source)], "names 1 of 2 folders"),
        ([str(source), str(source / "nowhere")], "nowhere does not exist"),
        ([str(source), str(folder / "label.labels.txt")], "is not a folder"),
    ):
        with pytest.raises(CallError, match=message):
            find_sources(open_dataset(folder), given)


def test_sources_of_the_log_only_while_all_are_there(folder, source, tmp_path):
    copy = tmp_path / "데이터"
    shutil.copytree(folder, copy)
    assert find_sources(open_dataset(copy), None) == []  # no log beside it
    log = folder.with_name("데이터.log.json").read_text("utf-8")
    (tmp_path / "데이터.log.json").write_text(log, "utf-8")
    assert find_sources(open_dataset(copy), None) == [source, source.with_name("둘째")]
    (tmp_path / "데이터.log.json").write_text(log.replace("둘째", "셋째"), "utf-8")
    assert find_sources(open_dataset(copy), None) == []


def test_a_dataset_is_opened(folder, source):
    sources = (source, source.with_name("둘째"))
    assert open_dataset(folder) == OpenedDataset(folder, read_dataset(folder), False, sources)


def test_a_dry_run_is_opened_where_there_is_no_dataset(two_workers, source, tmp_path):
    out, both = tmp_path / "데이터", [str(source), str(source.with_name("둘째"))]
    found = run(PreprocessSettings(source=both, out=str(out), dry_run=True))
    opened = open_dataset(out)
    assert (
        opened.is_dry_run
        and opened.dataset == found
        and find_sources(open_dataset(out), None) == [Path(path) for path in both]
    )
    rows = pq.read_table(opened.folder / "manifest.parquet", columns=list(PICTURE_COLUMNS)).to_pylist()
    pictures = FramePictures(opened, find_sources(opened, both))
    assert all(pictures.make_thumbnails([row for row in rows if row["status"] != "rejected"]).values())
    with pytest.raises(CallError, match="names 1 of 2 folders"):
        find_sources(opened, both[:1])
    run(PreprocessSettings(source=both, out=str(out)))
    assert not open_dataset(out).is_dry_run


def test_what_is_no_dataset(folder, tmp_path):
    with pytest.raises(CallError, match="is not a folder"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(CallError, match="no dataset"):
        open_dataset(tmp_path)
    for dry_run in (False, True):
        with pytest.raises(CallError, match=r"dataset\.json is a file; give the folder that preprocess wrote"):
            open_dataset(folder / "dataset.json", dry_run)
    for text, message in (("{", "damaged: .*"), (stated(folder).replace("cat", "cow"), "its digest does not fit.*")):
        (tmp_path / "dataset.json").write_text(text, "utf-8")
        with pytest.raises(DataError, match=f"{message}; make the dataset again with python -m preprocess and --repl"):
            open_dataset(tmp_path)


def stated(folder: Path) -> str:
    """dataset.json with a word in it that a test can change."""
    text = (folder / "dataset.json").read_text("utf-8")
    return text.replace('"scope": "all"', '"scope": "cat"')
