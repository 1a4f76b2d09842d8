"""A dataset that was made from two sources with names to stumble over, for the tests of this room."""

import os
import unicodedata

import pyarrow.parquet as pq
import pytest

from preprocess.run import run
from preprocess.settings import PreprocessSettings
from tests.trees import BOX, annotate, make_jpeg, write_video
from tools.reporting.frame_pictures import PICTURE_COLUMNS

KOREAN = "dog-walkrun-강아지"  # decomposed on the disk
STRANGE = "dog-sit-고양이".encode("cp949")
OUTSIDE = {"x": -100, "y": 40, "width": 150, "height": 100}


@pytest.fixture(scope="package")
def source(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures") / "원본"
    same = make_jpeg(1)
    boxes = {0: BOX, 5: BOX, 10: BOX, 15: OUTSIDE, 20: BOX, 25: BOX, 30: None}
    images = {number: same if number == 5 else make_jpeg(1 + number) for number in boxes} | {0: same, 20: b"no JPEG"}
    del images[25]
    path = write_video(root, unicodedata.normalize("NFD", KOREAN), images, [annotate(*pair) for pair in boxes.items()])
    assert path.exists()
    other = write_video(root, "x", 2)
    os.rename(other, os.path.join(os.fsencode(other.parent), STRANGE + b".json"))
    frames = os.fsencode(root / "원천데이터")
    os.rename(os.path.join(frames, b"x"), os.path.join(frames, STRANGE))
    write_video(root.with_name("둘째"), "cat-sit-000001", 2)
    return root


@pytest.fixture(scope="package")
def folder(two_workers, source):
    out = source.with_name("데이터")
    run(PreprocessSettings(source=[str(source), str(source.with_name("둘째"))], out=str(out)))
    return out


@pytest.fixture(scope="package")
def rows(folder) -> dict[str, dict]:
    return {
        row["key"]: row for row in pq.read_table(folder / "manifest.parquet", columns=list(PICTURE_COLUMNS)).to_pylist()
    }
