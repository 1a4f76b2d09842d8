"""A change of code that changes a dataset's bytes is noticed here, not by somebody's memory.

The tiny dataset below has one row for every way that a row can take. If its digest changes though these tests were not
touched, the code now makes other pixels, codes, rows or files from the same settings: count up RECIPE in
shards/dataset.py, so that work of the old code is not gone on with, and write the new pair here.
"""

import re
from importlib.metadata import version

import pytest

from preprocess.run import run
from preprocess.settings import BoxSettings, PreprocessSettings
from shards.dataset import DATASET_RECIPE
from shards.manifest import DUPLICATIONS, REJECTIONS
from tests.conftest import ROOT
from tests.trees import BOX, WIDTH, annotate, make_jpeg, make_label, write_video

GOLDEN = {6: "2febc9c5001b9f2a09534d691b164c2bc385a4ee08e9bc82e96865fa74b01add"}  # RECIPE: digest in dataset.json

LOCKED = ("numpy", "numba", "opencv-python-headless", "pyarrow")


@pytest.fixture
def source(tmp_path):
    root = tmp_path / "pets"
    near = make_jpeg(1, flags=(1, 60))
    odd = {
        0: make_jpeg(1),
        5: near,  # near_in_video
        10: make_jpeg(3)[:-2],  # image_unreadable
        15: make_jpeg(4, WIDTH + 8),  # image_size
        20: make_jpeg(5),
        25: make_jpeg(6),
        30: make_jpeg(7),
        35: make_jpeg(8),
    }
    boxes = {20: None, 25: BOX | {"x": -140}, 30: BOX | {"width": 0}, 35: BOX | {"x": WIDTH - 10}}
    annotations = [annotate(number, boxes.get(number, BOX)) for number in odd]
    annotations += [annotate(0), annotate(50), {"frame_number": 55, "timestamp": None}]
    write_video(root, "20201028_cat-arch-000001.mp4", odd, annotations, part="Training")
    write_video(root, "cat-arch-000002", {0: near, 5: make_jpeg(21)}, part="Training")
    write_video(root, "cat-arch-000002", {0: near}, part="Training/again")
    write_video(root, "dog-sit-000003", {0: make_jpeg(31)}, part="Training")
    write_video(root, "dog-sit-000004", label=b"{", part="Training")
    write_video(root, "dog-sit-000005", label=make_label(), annotations=[], part="Training")
    write_video(root, "dog-sit-000006", label=make_label(inspect={"emotion": "지루함"}), part="Validation")
    write_video(root, "dog-sit-000007", {0: make_jpeg(71), 5: make_jpeg(31)}, part="Validation")
    return root


def test_the_bytes_are_those_of_this_recipe(two_workers, source, tmp_path):
    lock = (ROOT / "requirements" / "cpu.lock").read_text()
    for name in LOCKED:
        if f"{name}=={version(name)}" not in lock:
            pytest.skip(f"{name} {version(name)} is not the locked one, and bytes may differ")
    assert re.search(r"^tensorflow-cpu==", lock, re.M)
    settings = PreprocessSettings(
        [str(source)], str(tmp_path / "out"), box=BoxSettings("clip", 0.3), shard_bytes=30_000
    )
    made = run(settings)
    reasons = set(made.counts["reasons"])
    assert reasons == {*REJECTIONS, *DUPLICATIONS} - {"label_conflict"}
    assert GOLDEN.get(DATASET_RECIPE) == made.digest, "see the head of this file"
