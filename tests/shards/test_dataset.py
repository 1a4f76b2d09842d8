import json

import pytest

from shards import dataset as index
from shards.errors import CallError, DataError


@pytest.fixture
def folder(tmp_path):
    made = index.Dataset(settings={"crop": {"size": 256}}, counts={}, shards={"train": [], "val": []}, files={})
    index.write_dataset(tmp_path, made)
    return tmp_path


def test_round_trip(folder):
    read = index.read_dataset(folder)
    assert read.image_size == 256 and read.version == index.DATASET_VERSION and len(read.digest) == 64
    assert read.emotions[2] == {"label": 2, "korean": "행복/즐거움", "english": "happiness"}


def test_any_flipped_bit_is_found(folder):
    data = (folder / index.DATASET_FILE).read_bytes()
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 1 << position % 8
        (folder / index.DATASET_FILE).write_bytes(damaged)
        with pytest.raises(DataError, match=index.DATASET_FILE):
            index.read_dataset(folder)


def test_another_version_names_both(folder):
    stated = json.loads((folder / index.DATASET_FILE).read_text()) | {"version": 99}
    (folder / index.DATASET_FILE).write_text(json.dumps(stated))
    with pytest.raises(DataError, match=rf"version 99.*version {index.DATASET_VERSION}"):
        index.read_dataset(folder)


def test_what_is_no_dataset(tmp_path):
    with pytest.raises(CallError, match="is not a folder"):
        index.read_dataset(tmp_path / "nowhere")
    with pytest.raises(CallError, match="no dataset"):
        index.read_dataset(tmp_path)
    (tmp_path / index.shard_name("train", 0, 1)).touch()
    with pytest.raises(DataError, match="unfinished"):
        index.read_dataset(tmp_path)
