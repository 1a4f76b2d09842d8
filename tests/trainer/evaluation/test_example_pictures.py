"""The pictures of a report are those of the records whose answers stand below them."""

import cv2
import numpy as np
import pytest

from shards.errors import DataError
from tests.trainer.conftest import SIZE
from trainer.evaluation import example_pictures
from trainer.evaluation.example_pictures import read_thumbnails
from trainer.input.dataset_split import open_split, read_whole_records


def test_pictures_are_those_of_their_places(pets):
    """Each mood has its own colour, and validation gives labels in the order of the places."""
    split = open_split(pets, "val")
    places = list(range(0, split.records, 5))
    pictures = read_thumbnails(split, places)
    assert list(pictures) == places
    means = {}
    for place, (key, jpeg, timestamp) in pictures.items():
        assert timestamp == read_whole_records(split, [place])[0]["timestamp"]
        pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
        assert pixels.shape == (SIZE, SIZE, 3)  # smaller than a picture's side: not enlarged
        assert key.startswith(split.video_names[split.videos[place]])
        means.setdefault(int(split.labels[place]), []).append(tuple(pixels.mean(axis=(0, 1)) > 120))
    assert set(means) == {1, 3, 5} and all(len(set(found)) == 1 for found in means.values())
    assert len({found[0] for found in means.values()}) == 3


def test_large_crops_are_made_small(pets, monkeypatch):
    monkeypatch.setattr(example_pictures, "PICTURE_SIDE", 32)
    split = open_split(pets, "val")
    ((_, jpeg, _),) = read_thumbnails(split, [3]).values()
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (32, 32, 3)
    assert len(jpeg) < len(read_whole_records(split, [3])[0]["image"])


def test_none_chosen_and_none_there(pets):
    split = open_split(pets, "val")
    assert read_thumbnails(split, []) == {}
    gone = split._replace(files=(split.files[0].with_name("없음"),))
    with pytest.raises(DataError, match=r"없음: .*run python -m tools.verify"):
        read_thumbnails(gone, [0])
