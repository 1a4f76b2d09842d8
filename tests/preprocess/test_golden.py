"""A change of code that changes a dataset's bytes is noticed here, not by somebody's memory.

The tiny dataset of tests/odd_dataset.py has one row for every way that a row can take. If its digest changes though
these tests were not touched, the code now makes other pixels, codes, rows or files from the same settings: count up
RECIPE in shards/dataset.py, so that work of the old code is not gone on with, and write the new pair here.
"""

import re
from importlib.metadata import version

import pytest

from shards.dataset import DATASET_RECIPE, read_dataset
from shards.manifest import DUPLICATIONS, REJECTIONS
from tests.conftest import ROOT

GOLDEN = {7: "e0010333a3c627df82a691dfd4642fddc13949b793ed3ebd4bb7e7dff073e319"}  # RECIPE: digest in dataset.json

LOCKED = ("numpy", "numba", "opencv-python-headless", "pyarrow")


def test_the_bytes_are_those_of_this_recipe(odd_dataset):
    lock = (ROOT / "requirements" / "cpu.lock").read_text()
    for name in LOCKED:
        if f"{name}=={version(name)}" not in lock:
            pytest.skip(f"{name} {version(name)} is not the locked one, and bytes may differ")
    assert re.search(r"^tensorflow-cpu==", lock, re.M)
    made = read_dataset(odd_dataset)
    reasons = set(made.counts["reasons"])
    assert reasons == {*REJECTIONS, *DUPLICATIONS} - {"label_conflict"}
    assert GOLDEN.get(DATASET_RECIPE) == made.digest, "see the head of this file"
