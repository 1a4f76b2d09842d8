"""The input pipeline on real shards: which records, in which order, and which pixels of them."""

import shutil
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf

from preprocess.run import run
from preprocess.settings import CropSettings, DedupeSettings, Settings
from shards.errors import CallError, DataError
from shards.record import decode_record
from shards.tfrecord import read_frames
from tests.trees import make_label, write_video
from trainer.data import find_damage, open_split
from trainer.pipeline import InputSettings, training_batches, validation_batches

SIZE = 64
MOODS = ("편안/안정", "공포", "행복/즐거움")
FRAMES = (4, 9, 20)  # of each video, one mood each


@pytest.fixture(scope="module")
def folder(two_workers, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("pipeline")
    for part in ("Training", "Validation"):
        for number, (mood, frames) in enumerate(zip(MOODS, FRAMES, strict=True)):
            label = make_label(inspect={"emotion": mood})
            write_video(root / "pets", f"dog-{part.lower()}-{number:06}", frames, label=label, part=part)
    settings = {"crop": CropSettings(size=SIZE), "dedupe": DedupeSettings(enabled=False), "shard_bytes": 15_000}
    run(Settings(source=[str(root / "pets")], out=str(root / "out"), **settings))
    return root / "out"


@pytest.fixture(scope="module")
def stored(folder) -> dict[bytes, tuple[int, dict]]:
    """Every stored picture's pixels -> its place and record."""
    found = {}
    for path in open_split(folder, "train").files:
        with open(path, "rb") as file:
            for frame in read_frames(file):
                record = decode_record(frame.record)
                pixels = tf.io.decode_jpeg(record["image"], channels=3).numpy()
                found[pixels.tobytes()] = (len(found), record)
    return found


def whole(**changes) -> InputSettings:
    """Whole pictures, so that a record is known by its pixels."""
    return InputSettings(**({"batch_size": 4, "resolution": SIZE, "flip": False} | changes))


def places(batches, stored) -> list[int]:
    """Which stored records a pipeline gives, in its order; their labels must be their own."""
    found = []
    for images, labels in batches.as_numpy_iterator():
        for image, label in zip(images, labels, strict=True):
            place, record = stored[image.tobytes()]
            assert record["label"] == label
            found.append(place)
    return found


def test_open_split(folder):
    split = open_split(folder, "train")
    assert len(split.files) > 1 and split.image_size == SIZE
    assert split.records == 33 and sorted(split.video_counts.tolist()) == list(FRAMES)
    assert split.frames_in_epoch(None) == 33 and split.frames_in_epoch(5) == 4 + 5 + 5


def test_an_epoch_gives_each_record_once_and_the_number_is_known(folder, stored):
    batches = training_batches(open_split(folder, "train"), whole(), seed=0, epoch=0)
    assert batches.cardinality().numpy() == 33 // 4
    assert batches.element_spec[0].shape == (4, SIZE, SIZE, 3) and batches.element_spec[0].dtype == tf.uint8
    seen = places(batches, stored)
    assert len(seen) == len(set(seen)) == 32  # the remainder is dropped


def test_order_follows_from_seed_and_epoch(folder, stored):
    split = open_split(folder, "train")

    def order(seed, epoch):
        return places(training_batches(split, whole(), seed, epoch), stored)

    assert order(0, 0) == order(0, 0)
    assert len({tuple(order(*numbers)) for numbers in ((0, 0), (0, 1), (1, 0), (1, 1))}) == 4
    assert order(0, 0) != sorted(order(0, 0))


def test_a_run_that_goes_on_sees_what_it_would_have_seen(folder):
    split, settings = open_split(folder, "train"), InputSettings(batch_size=4, resolution=48)
    straight = list(training_batches(split, settings, 3, 5).as_numpy_iterator())
    later = list(training_batches(split, settings, 3, 5, skip=3).as_numpy_iterator())
    assert len(later) == len(straight) - 3
    for (images, labels), (same_images, same_labels) in zip(straight[3:], later, strict=True):
        assert (images == same_images).all() and (labels == same_labels).all()


def test_fit_sees_as_many_batches_as_are_known(folder):
    import keras

    model = keras.Sequential(
        [keras.Input((SIZE, SIZE, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(6)]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    split = open_split(folder, "train")
    for epoch in range(2):
        model.fit(training_batches(split, whole(), 0, epoch), verbose=0)
    assert int(model.optimizer.iterations.numpy()) == 2 * (33 // 4)  # no phantom step at an epoch's end


def test_other_frames_of_each_video_in_each_epoch(folder, stored):
    split = open_split(folder, "train")
    records = dict(stored.values())
    seen: Counter[int] = Counter()
    for epoch in range(4):
        batches = training_batches(split, whole(batch_size=1, frames_per_video=5), 0, epoch)
        chosen = places(batches, stored)
        assert len(chosen) == batches.cardinality().numpy() == 14
        by_video = Counter(records[place]["video"] for place in chosen)
        assert sorted(by_video.values()) == [4, 5, 5]
        seen.update(chosen)
    longest = [seen[place] for place, record in records.items() if record["video_count"] == 20]
    assert longest == [1] * 20  # four epochs of five are all twenty, each once


def test_a_picture_is_a_window_of_what_is_stored_sometimes_mirrored(folder, stored):
    split = open_split(folder, "train")
    pictures = [np.frombuffer(pixels, np.uint8).reshape(SIZE, SIZE, 3) for pixels in stored]
    settings = InputSettings(batch_size=8, resolution=48)
    kinds: Counter[bool] = Counter()
    corners = set()
    for images, _ in training_batches(split, settings, 0, 0).as_numpy_iterator():
        for image in images:
            found = [find_window(picture, image) for picture in pictures]
            (mirrored, corner) = next(hit for hit in found if hit)
            kinds[mirrored] += 1
            corners.add(corner)
    assert min(kinds.values()) > 5 and len(kinds) == 2 and len(corners) > 20


def find_window(picture: np.ndarray, image: np.ndarray) -> tuple[bool, tuple[int, int]] | None:
    """Where an image, or its mirror image, lies in a picture, up to the decoder's rounding at a window's edge."""
    for mirrored in (False, True):
        window = np.ascontiguousarray(image[:, ::-1] if mirrored else image)
        match = cv2.matchTemplate(picture, window, cv2.TM_SQDIFF)
        _, _, (x, y), _ = cv2.minMaxLoc(match)
        if np.abs(picture[y : y + 48, x : x + 48].astype(int) - window).mean() < 1.5:
            return mirrored, (x, y)
    return None


def test_validation_gives_all_records_in_order_with_weights(folder):
    split = open_split(folder, "val")
    batches = validation_batches(split, whole(batch_size=10))
    parts = list(batches.as_numpy_iterator())
    assert batches.cardinality().numpy() == len(parts) == 4
    assert all(images.shape == (10, SIZE, SIZE, 3) for images, _, _ in parts)
    weights = np.concatenate([weights for _, _, weights in parts])
    assert weights.tolist() == [1.0] * 33 + [0.0] * 7
    labels = np.concatenate([labels for _, labels, _ in parts])[:33]
    assert Counter(labels.tolist()) == {3: 4, 1: 9, 2: 20}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 34}, "batch_size 34 is more than the 33 frames"),
        ({"batch_size": 20, "frames_per_video": 5}, "batch_size 20 is more than the 14 frames"),
        ({"resolution": 224}, "resolution 224: the shards hold pictures of 64 pixels"),
        ({"resolution": 0}, "resolution 0"),
    ],
)
def test_settings_that_the_shards_cannot_meet(folder, changes, message):
    with pytest.raises(CallError, match=message):
        training_batches(open_split(folder, "train"), whole(**changes), 0, 0)


def test_shards_that_are_not_whole(folder, tmp_path):
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    shard = next(copy.glob("*-train*-00001-*"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    split = open_split(copy, "train")
    with pytest.raises(tf.errors.DataLossError):
        list(training_batches(split, whole(), 0, 0))
    assert str(shard) in str(find_damage(split)) and "offset" in str(find_damage(split))
    assert find_damage(open_split(folder, "train")) is None
    shard.write_bytes(data[:-1])
    with pytest.raises(DataError, match="instead of"):
        open_split(copy, "train")
    shard.unlink()
    with pytest.raises(DataError, match="is missing"):
        open_split(copy, "train")


def test_an_empty_split(two_workers, tmp_path):
    write_video(tmp_path / "pets")
    run(Settings(source=[str(tmp_path / "pets")], out=str(tmp_path / "out")))
    with pytest.raises(DataError, match="val split is empty"):
        open_split(tmp_path / "out", "val")
