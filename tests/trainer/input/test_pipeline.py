"""The input pipeline on real shards: which records, in which order, and which pixels of them."""

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf

from console.command import run_command
from preprocess.run import run
from preprocess.settings import CropSettings, DedupeSettings, PreprocessSettings
from shards.dataset import read_dataset, write_dataset
from shards.emotions import KOREAN
from shards.errors import CallError, DataError
from shards.record import decode_record
from shards.tfrecord import PackedRecord, iterate_records
from tests.conftest import ROOT
from tests.trees import make_label, write_video
from trainer.input import batch_decoding
from trainer.input.augmentation import AUGMENTATION_NUMBERS
from trainer.input.dataset_split import (
    DatasetSplit,
    check_no_shared_videos,
    check_same_crop_settings,
    check_two_moods,
    find_damaged_shard,
    open_split,
    read_squares,
)
from trainer.input.frames_per_video import count_epoch_frames
from trainer.input.picture_sizes import choose_picture_sizes
from trainer.input.pipeline import (
    check_input_settings,
    make_training_batches,
    make_validation_batches,
    read_example_pictures,
    read_first_batches,
)
from trainer.input.record_batches import diagnose_read_error, estimate_shuffle_bytes, fit_batch_size, repeat_batch
from trainer.model.network import resize_pictures
from trainer.settings import InputSettings

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
    run(PreprocessSettings(source=[str(root / "pets")], out=str(root / "out"), **settings))
    return root / "out"


@pytest.fixture
def source(folder) -> DatasetSplit:
    """The training split."""
    return open_split(folder, "train")


@pytest.fixture(scope="module")
def stored(folder) -> dict[bytes, tuple[int, dict]]:
    """Every stored picture's pixels -> its place and record."""
    found = {}
    for frame in frames_of(open_split(folder, "train")):
        record = decode_record(frame.record)
        pixels = batch_decoding.decode_squares([record["image"]], 1)[0].numpy()
        found[pixels.tobytes()] = (len(found), record)
    return found


def frames_of(split: DatasetSplit) -> Iterator[PackedRecord]:
    for path in split.files:
        with open(path, "rb") as file:
            yield from iterate_records(file)


def whole(**changes) -> InputSettings:
    """Whole pictures, so that a record is known by its pixels."""
    return InputSettings(**({"batch_size": 4, "resolution": SIZE, "window": 1.0, "flip": False} | changes))


def places(batches, stored) -> list[int]:
    """Which stored records a pipeline gives, in its order; their labels must be their own."""
    found = []
    for images, labels in batches.as_numpy_iterator():
        for image, label in zip(images, labels, strict=True):
            place, record = stored[image.tobytes()]
            assert record["label"] == label
            found.append(place)
    return found


def test_open_split(source):
    assert source.image_size == SIZE and source.records == 33 == len(source.species) == len(source.videos)
    assert sorted(source.video_counts.tolist()) == list(FRAMES)
    assert count_epoch_frames(source.video_counts, None) == 33
    assert count_epoch_frames(source.video_counts, 5) == 4 + 5 + 5
    assert Counter(source.labels.tolist()) == {3: 4, 1: 9, 2: 20} and len(source.fingerprint) == 64


def test_what_a_split_knows_is_in_the_order_of_its_records(folder):
    split = open_split(folder, "val")
    assert len(split.files) > 1 and split.bytes == sum(path.stat().st_size for path in split.files)
    records = [decode_record(frame.record) for frame in frames_of(split)]
    assert split.labels.tolist() == [record["label"] for record in records] and split.labels.dtype == np.int64
    assert [split.video_names[video] for video in split.videos] == [record["video"] for record in records]
    assert split.species.tolist() == [record["species"] for record in records] and split.videos.dtype == np.int32
    assert read_squares(split, [20, 0, 7]) == [records[place]["image"] for place in (20, 0, 7)]


def test_an_epoch_gives_each_record_once_and_the_number_is_known(folder, stored):
    batches = make_training_batches(open_split(folder, "train"), whole(), seed=0, epoch=0)
    assert batches.cardinality().numpy() == 33 // 4
    assert batches.element_spec[0].shape == (4, SIZE, SIZE, 3) and batches.element_spec[0].dtype == tf.uint8
    seen = places(batches, stored)
    assert len(seen) == len(set(seen)) == 32  # the remainder is dropped


def test_order_follows_from_seed_and_epoch(folder, stored):
    split = open_split(folder, "train")

    def order(seed, epoch):
        return places(make_training_batches(split, whole(), seed, epoch), stored)

    assert order(0, 0) == order(0, 0)
    assert len({tuple(order(*numbers)) for numbers in ((0, 0), (0, 1), (1, 0), (1, 1))}) == 4
    assert order(0, 0) != sorted(order(0, 0))


def test_a_run_that_goes_on_sees_what_it_would_have_seen(source):
    settings = InputSettings(batch_size=4, resolution=48, augment=True, frames_per_video=12)
    straight = list(make_training_batches(source, settings, 3, 5).as_numpy_iterator())
    rest = make_training_batches(source, settings, 3, 5, skip=3)
    later = list(rest.as_numpy_iterator())
    assert rest.cardinality().numpy() == len(later) == len(straight) - 3 == 25 // 4 - 3
    for batch, same in zip(straight[3:], later, strict=True):
        assert all((a == b).all() for a, b in zip(tf.nest.flatten(batch), tf.nest.flatten(same), strict=True))
    assert len(list(make_training_batches(source, settings, 3, 5, skip=len(straight)))) == 0


def test_numbers_for_the_device_follow_from_seed_epoch_and_step(source):
    def draw(seed, epoch, flip=False):
        settings = whole(augment=True, flip=flip)
        batches = make_training_batches(source, settings, seed, epoch)
        assert batches.element_spec[0][1].shape == (4, AUGMENTATION_NUMBERS)
        return np.stack([numbers for (_, numbers), _ in batches.as_numpy_iterator()])

    numbers = draw(0, 0)
    assert numbers.dtype == np.float32 and numbers.shape == (8, 4, AUGMENTATION_NUMBERS)
    assert 0 <= numbers.min() < 0.05 and 0.95 < numbers.max() < 1 and len(np.unique(numbers)) > 250
    assert (draw(0, 0) == numbers).all() and (draw(0, 0, flip=True) == numbers).all()
    assert all((draw(*other) != numbers).mean() > 0.99 for other in ((0, 1), (1, 0), (2, 3)))


def test_augmentation_changes_nothing_else(source):
    plain = make_training_batches(source, InputSettings(batch_size=8, resolution=48), 1, 2)
    augmented = make_training_batches(source, InputSettings(batch_size=8, resolution=48, augment=True), 1, 2)
    for (images, labels), ((same, _), same_labels) in zip(plain, augmented, strict=True):
        assert (images.numpy() == same.numpy()).all() and (labels.numpy() == same_labels.numpy()).all()


def test_fit_sees_as_many_batches_as_are_known(folder):
    import keras

    model = keras.Sequential(
        [keras.Input((SIZE, SIZE, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(6)]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    split = open_split(folder, "train")
    for epoch in range(2):
        model.fit(make_training_batches(split, whole(), 0, epoch), verbose=0)
    assert int(model.optimizer.iterations.numpy()) == 2 * (33 // 4)  # no phantom step at an epoch's end


def test_other_frames_of_each_video_in_each_epoch(folder, stored):
    split = open_split(folder, "train")
    records = dict(stored.values())
    seen: Counter[int] = Counter()
    for epoch in range(4):
        batches = make_training_batches(split, whole(batch_size=1, frames_per_video=5), 0, epoch)
        chosen = places(batches, stored)
        assert len(chosen) == batches.cardinality().numpy() == 14
        by_video = Counter(records[place]["video"] for place in chosen)
        assert sorted(by_video.values()) == [4, 5, 5]
        seen.update(chosen)
    longest = [seen[place] for place, record in records.items() if record["video_count"] == 20]
    assert longest == [1] * 20  # four epochs of five are all twenty, each once


@pytest.mark.parametrize(
    ("resolution", "window", "side", "free"),
    [
        (48, 0.75, 48, 16),
        (24, 0.75, 24, 8),  # decoded at half of its side
        (20, 0.75, 24, 8),  # what is left is the device's
        (14, 0.875, 14, 2),  # at a quarter
    ],
)
def test_a_picture_is_a_window_of_what_validation_sees_sometimes_mirrored(folder, resolution, window, side, free):
    split, settings = open_split(folder, "train"), InputSettings(8, resolution, window)
    whole = np.concatenate([images for images, *_ in make_validation_batches(split, settings).as_numpy_iterator()])
    kinds, columns, lines = Counter(), Counter(), Counter()
    for epoch in range(3):
        for images, _ in make_training_batches(split, settings, 0, epoch).as_numpy_iterator():
            assert images.shape == (8, side, side, 3)
            for image in images:
                mirrored, (x, y) = next(hit for picture in whole[:33] if (hit := find_region(picture, image)))
                kinds[mirrored] += 1
                columns[x] += 1
                lines[y] += 1
    assert min(kinds.values()) > 20 and len(kinds) == 2
    assert whole.shape[1] - side == free
    for places in (columns, lines):
        assert len(places) > 0.9 * free and max(places) == free and min(places) == 0


def find_region(picture: np.ndarray, image: np.ndarray) -> tuple[bool, tuple[int, int]] | None:
    """Where an image, or its mirror image, lies in a picture."""
    side = len(image)
    for mirrored in (False, True):
        window = np.ascontiguousarray(image[:, ::-1] if mirrored else image)
        match = cv2.matchTemplate(picture, window, cv2.TM_SQDIFF)
        _, _, (x, y), _ = cv2.minMaxLoc(match)
        if (picture[y : y + side, x : x + side] == window).all():
            return mirrored, (x, y)
    return None


@pytest.mark.parametrize("resolution", [32, 64, 96, 128, 160, 192, 224])
def test_training_and_validation_show_the_animal_at_the_same_scale(resolution):
    """A picture whose brightness is its column: what a pixel of the network's covers, is how much that rises."""
    data = cv2.imencode(".jpg", np.tile(np.arange(256, dtype=np.uint8), (256, 1)))[1].tobytes()
    sizes, corner = choose_picture_sizes(256, 0.875, resolution), tf.constant([[0, 0]])
    window = batch_decoding.decode_windows(tf.constant([data]), corner, sizes.window, sizes.whole, [False])
    square = batch_decoding.decode_whole(tf.constant([data]), 1, sizes.whole)
    seen = np.asarray(resize_pictures(window, sizes.resolution))[0, :, :, 0].astype(float)
    validated = np.asarray(resize_pictures(square, sizes.network))[0, :, :, 0].astype(float)
    assert seen.shape == (resolution, resolution) and validated.shape == (sizes.network, sizes.network)
    rises = [np.diff(picture[:, 2:-2], axis=1).mean() for picture in (seen, validated)]
    assert rises[0] == pytest.approx(224 / resolution, rel=0.03) and rises[0] == pytest.approx(rises[1], rel=0.02)
    assert seen.max() > 215 and validated.max() > 246  # all of the window, and of the square


def test_validation_gives_all_records_in_order_with_weights(folder):
    split = open_split(folder, "val")
    batches = make_validation_batches(split, whole(batch_size=10, resolution=48))
    parts = list(batches.as_numpy_iterator())
    assert batches.cardinality().numpy() == len(parts) == 4
    assert all(spec.shape[0] == 10 for spec in batches.element_spec)
    assert all(images.shape == (10, SIZE, SIZE, 3) and images.dtype == np.uint8 for images, _, _ in parts)
    assert np.concatenate([weights for _, _, weights in parts]).tolist() == [1.0] * 33 + [0.0] * 7
    assert np.concatenate([labels for _, labels, _ in parts])[:33].tolist() == split.labels.tolist()
    stored = [batch_decoding.decode_squares([data], 1)[0].numpy() for data in read_squares(split, range(33))]
    assert (np.concatenate([images for images, *_ in parts])[:33] == np.stack(stored)).all()


def test_example_pictures_are_of_each_mood_in_turn(source):
    images, labels = read_example_pictures(source, whole(), 13)
    assert images.shape == (13, SIZE, SIZE, 3) and images.dtype == np.uint8
    assert labels.tolist() == [1, 2, 3] * 4 + [1]
    again, _ = read_example_pictures(source, whole(), 13)
    assert (again == images).all() and len({image.tobytes() for image in images}) == 13
    pictures = np.concatenate([images for images, *_ in make_validation_batches(source, whole()).as_numpy_iterator()])
    for image, label in zip(images, labels, strict=True):
        place = next(place for place, picture in enumerate(pictures) if (picture == image).all())
        assert source.labels[place] == label
    assert Counter(read_example_pictures(source, whole(), 33)[1].tolist()) == {3: 4, 1: 9, 2: 20}


@pytest.mark.parametrize("augment", [False, True])
def test_first_batches_and_the_rest(source, augment):
    settings = whole(augment=augment)
    batches = list(make_training_batches(source, settings, 3, 0))
    first = read_first_batches(source, settings, 3, 5, keep_rest=True)
    again = [*first.batches, *(next(first.rest)[:2] for _ in range(len(batches)))]
    assert len(first.batches) == 5 and len(again) == 5 + len(batches)
    for found, expected in zip(again, batches + batches[:5], strict=True):  # the epoch, and from its start again
        tf.nest.map_structure(lambda a, b: np.testing.assert_array_equal(a, b), found, expected)
    moods = {source.video_names[video]: label for video, label in zip(source.videos, source.labels, strict=True)}
    assert [moods[video] for video in first.videos] == batches[0][1].numpy().tolist()
    first.drop_rest()
    assert first.rest is None is read_first_batches(source, settings, 3, 1, keep_rest=False).rest
    assert len(read_first_batches(source, settings, 3, 99, keep_rest=False).batches) == len(batches)


def test_the_memory_of_a_shuffle(folder):
    split = open_split(folder, "train")
    stored = sum(len(frame.record) for frame in frames_of(split))
    estimated = estimate_shuffle_bytes(split, whole())
    assert 2.5 * stored <= estimated < 2.5 * (stored + 33 * 20)
    assert estimate_shuffle_bytes(split, whole(shuffle_records=11)) == pytest.approx(estimated / 3, abs=1)


_LEFT_BEHIND = """
import time
import tensorflow as tf
import trainer.input.record_batches

def wait(number):
    time.sleep(0.3)
    return number

numbers = tf.data.Dataset.range(1000)
left = [iter(numbers.map(lambda number: tf.numpy_function(wait, [number], tf.int64), num_parallel_calls=2))]
left.append(left)
next(left[0])
del left
"""


def test_a_process_ends_though_an_error_has_left_an_iterator_behind():
    """Its threads are in the middle of decoding, and only a circle of references holds it, as those of an error do."""
    call = [sys.executable, "-c", _LEFT_BEHIND]
    ended = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr


def test_one_batch_again_and_again(source):
    batch = next(iter(make_training_batches(source, whole(), 0, 0)))
    repeated = repeat_batch(batch, 5)
    assert repeated.cardinality().numpy() == 5
    assert all((images.numpy() == batch[0].numpy()).all() for images, _ in repeated)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 34}, "batch_size 34 is more than the 33 frames"),
        ({"batch_size": 20, "frames_per_video": 5}, "batch_size 20 is more than the 14 frames"),
        ({"resolution": 224}, "resolution 224: a window of 1 of the 64 pixels .* has 64; choose 1 to 64"),
        (
            {"resolution": 57, "window": 0.875},
            "resolution 57: a window of 0.875 of the 64 pixels .* has 56; choose 1 to 56",
        ),
        ({"resolution": 0}, "resolution 0"),
    ],
)
def test_settings_that_the_data_cannot_meet(source, changes, message):
    with pytest.raises(CallError, match=message):
        make_training_batches(source, whole(**changes), 0, 0)


@pytest.mark.parametrize(
    ("changes", "devices", "fitting"),
    [
        ({"batch_size": 33}, 1, 33),
        ({"batch_size": 34}, 1, 33),
        ({"batch_size": 64}, 2, 32),
        ({"batch_size": 64, "frames_per_video": 5}, 4, 12),
        ({"batch_size": 14, "frames_per_video": 5}, 1, 14),
    ],
)
def test_a_batch_that_is_larger_than_an_epoch_becomes_smaller(source, changes, devices, fitting):
    found = fit_batch_size(source, whole(**changes), devices)
    assert found == whole(**changes | {"batch_size": fitting})
    check_input_settings(source, found)


def test_more_devices_than_frames(source):
    with pytest.raises(CallError, match="devices 40: an epoch has only 33 frames"):
        fit_batch_size(source, whole(batch_size=80), 40)


@pytest.fixture
def copy(folder, tmp_path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def fail(split: DatasetSplit) -> DataError | None:
    """The reason found for an epoch that fails."""
    with pytest.raises(tf.errors.OpError) as raised:
        list(make_training_batches(split, whole(), 0, 0))
    return diagnose_read_error(split, raised.value)


def test_shards_that_are_not_whole(folder, copy):
    shard = next(copy.glob("pet_mood-train*-00001-*"))
    split = open_split(copy, "train")
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    found = str(fail(open_split(copy, "train")))
    assert str(shard) in found and "offset" in found and "checksum" in found
    with pytest.raises(DataError, match="offset"):
        read_squares(split, [32])
    assert find_damaged_shard(open_split(folder, "train")) is None
    shard.write_bytes(data[:-1])
    with pytest.raises(DataError, match="instead of"):
        open_split(copy, "train")
    shard.unlink()
    with pytest.raises(DataError, match="is missing"):
        open_split(copy, "train")
    assert f"{shard} is missing" in str(fail(split))


def test_errors_that_are_not_the_datas(source):
    for error in (ValueError("jpeg"), tf.errors.DataLossError(None, None, "a checkpoint"), KeyboardInterrupt()):
        assert diagnose_read_error(source, error) is None
    assert diagnose_read_error(source, tf.errors.InvalidArgumentError(None, None, "Invalid JPEG data")) is None


def test_a_manifest_that_does_not_fit_the_shards(copy):
    dataset = read_dataset(copy)
    dataset.shards["train"][0].records += 1
    write_dataset(copy, dataset)
    with pytest.raises(DataError, match=r"its 33 kept rows of train are not the 34 records .*tools.verify"):
        open_split(copy, "train")
    manifest = copy / "manifest.parquet"
    data = bytearray(manifest.read_bytes())
    data[-30] ^= 1  # in its foot, which has no checksum of its own
    manifest.write_bytes(data)
    with pytest.raises(DataError, match=r"manifest.parquet differs from what was written"):
        open_split(copy, "train")
    (copy / "manifest.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"manifest.parquet has 4 bytes instead of"):
        open_split(copy, "train")


def test_another_format_version_is_one_line(copy, capsys):
    dataset = read_dataset(copy)
    dataset.version = 2
    write_dataset(copy, dataset)
    assert run_command("train", lambda arguments: len(open_split(copy, "train").files), []) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "version 2, this program reads" in message and str(copy) in message


def test_splits_of_one_dataset_are_apart_and_it_has_several_moods(folder, copy):
    train, valid = open_split(folder, "train"), open_split(folder, "val")
    check_two_moods(train)
    check_no_shared_videos(train, valid)
    dataset = read_dataset(copy)
    dataset.settings["note"] = "another dataset of the same videos"
    write_dataset(copy, dataset)
    with pytest.raises(DataError, match=r"3 videos are in .* and in .* \(dog-training-000000, .*--valid"):
        check_no_shared_videos(train, open_split(copy, "train"))
    check_no_shared_videos(train, open_split(copy, "val"))
    alone = train._replace(labels=np.full(33, 3))
    with pytest.raises(DataError, match=KOREAN[3]):
        check_two_moods(alone)


def test_datasets_that_were_cut_in_different_ways(folder, copy):
    train = open_split(folder, "train")
    check_same_crop_settings(train, open_split(folder, "val"))
    for name, value, message in (("grow", 1.3, "crop.grow 1.1, .* with 1.3"), ("size", 96, "crop.size 64, .* with 96")):
        dataset = read_dataset(folder)
        dataset.settings["crop"][name] = value
        write_dataset(copy, dataset)
        with pytest.raises(CallError, match=message):
            check_same_crop_settings(train, open_split(copy, "val"))


def test_an_empty_split(two_workers, tmp_path):
    write_video(tmp_path / "pets")
    run(PreprocessSettings(source=[str(tmp_path / "pets")], out=str(tmp_path / "out")))
    with pytest.raises(DataError, match="val split is empty"):
        open_split(tmp_path / "out", "val")
