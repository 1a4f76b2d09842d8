import json

import pytest

from preprocess.settings import PreprocessSettings
from shards import dataset as index
from shards.errors import CallError, DataError
from shards.manifest import RowCounter
from shards.storage.self_checksum import dump_json_with_checksum

NAME = index.shard_name("train", 0, 1)
SHARD = {"file": NAME, "records": 1, "bytes": 100, "sha256": ""}


@pytest.fixture
def folder(tmp_path):
    files = {index.MANIFEST_FILE: index.OtherFile(0, "", [])}
    settings = PreprocessSettings(["source"], "out").content
    made = index.Dataset(settings, RowCounter().counts(), {"train": [], "val": []}, files)
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


@pytest.mark.parametrize(
    ("names", "value", "words"),
    [
        (("counts",), {}, "counts: Object missing required field `rows`"),
        (("counts", "kept"), -1, "counts: Expected `int` >= 0"),
        (("counts", "rows"), "many", "counts: Expected `int`, got `str`"),
        (("counts", "splits"), {}, "counts: states no split train"),
        (("counts", "splits", "val", "emotions"), {}, "counts: states no 화남/불쾌 of val"),
        (("counts", "splits", "train", "emotions", "공포"), {"frames": 1}, "missing required field `videos`"),
        (("settings", "crop"), {"size": 256}, "crop.grow is None"),
        (("settings", "dedupe"), {"enabled": True}, "settings: Object missing required field `distance`"),
        (("files",), {}, "files: states no manifest.parquet"),
        (("shards", "train"), [SHARD, SHARD], f"{NAME} is stated twice"),
    ],
)
def test_what_every_dataset_states_is_asked_for_though_the_digest_fits(folder, names, value, words):
    stated = json.loads((folder / index.DATASET_FILE).read_text())
    inner = stated
    for name in names[:-1]:
        inner = inner[name]
    inner[names[-1]] = value
    del stated["digest"]
    (folder / index.DATASET_FILE).write_bytes(dump_json_with_checksum(stated))
    with pytest.raises(DataError, match=r"dataset\.json: damaged: .*; make the dataset again") as error:
        index.read_dataset(folder)
    assert words in str(error.value)


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
    with pytest.raises(DataError, match="has not ended, or the file is gone"):
        index.read_dataset(tmp_path)
