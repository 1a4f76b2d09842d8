"""From shards to batches, top to bottom: order, choice of frames, shuffle, batch, decode.

Encoded records are shuffled and batched, and one map decodes a whole batch: the calls of tf.data for each record, not
the decoder, are what a pipeline spends its time on otherwise. Everything random follows from (seed, epoch, step).
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import tensorflow as tf

from shards.errors import CallError, DataError
from trainer.input import batch_decoding
from trainer.input.augmentation import AUGMENTATION_NUMBERS
from trainer.input.dataset_split import DatasetSplit, find_damaged_shard, read_squares
from trainer.input.picture_sizes import DEFAULT_WINDOW, PictureSizes, choose_picture_sizes

_CHOICE = 256  # records looked at together when frames are chosen
_HELD = 2.5  # bytes that a shuffle holds for each byte that waits in it, as measured during fit


@dataclass(frozen=True)
class InputSettings:
    """How batches are made.

    Args:
        batch_size: records in a batch.
        resolution: side of the pictures that the network trains on, in pixels; see trainer.input.picture_sizes.
        window: the part of a stored square's side that a training picture shows.
        flip: mirror half of the pictures, left to right; never top to bottom.
        augment: draw the numbers for augmentation on the device as well.
        frames_per_video: at most so many frames of each video in an epoch, others in the next; all when not given.
        shuffle_records: encoded records that wait to be drawn; shuffle_bytes says what they take.
        open_shards: shards read at a time.
    """

    batch_size: int = 64
    resolution: int = 224
    window: float = DEFAULT_WINDOW
    flip: bool = True
    augment: bool = False
    frames_per_video: int | None = None
    shuffle_records: int = 8192
    open_shards: int = 8


def check_input_settings(split: DatasetSplit, settings: InputSettings) -> None:
    """Raises CallError where the settings ask for more than the split holds."""
    frames = split.frames_in_epoch(settings.frames_per_video)
    if frames < settings.batch_size:
        raise CallError(
            f"batch_size {settings.batch_size} is more than the {frames} frames of an epoch; make it smaller"
        )
    get_picture_sizes(split, settings)


def get_picture_sizes(split: DatasetSplit, settings: InputSettings) -> PictureSizes:
    """The sides of a split's pictures. Raises CallError where the resolution is more than the window has."""
    return choose_picture_sizes(split.image_size, settings.window, settings.resolution)


def make_training_batches(
    split: DatasetSplit, settings: InputSettings, seed: int, epoch: int, skip: int = 0, videos: bool = False
) -> tf.data.Dataset:
    """Batches of one epoch: (images uint8 (batch, side, side, 3), labels int64 (batch,)).

    Pictures are random windows as decoded, find_sizes(..).window wide; with `augment` the images are (images, numbers),
    float32 (batch, NUMBERS) in [0, 1). The last, incomplete batch is dropped, and the number of batches is known. With
    `skip` the first batches are left out before they are decoded, for a run that goes on in mid-epoch: the rest are
    those of a run that began at the start. With `videos` each batch ends in the names of its pictures' videos.
    Raises CallError where the settings ask for more than there is.
    """
    check_input_settings(split, settings)
    steps = split.frames_in_epoch(settings.frames_per_video) // settings.batch_size
    encoded = _shuffle_records(split, settings, seed, epoch)
    batches = encoded.batch(settings.batch_size, drop_remainder=True).enumerate().skip(skip)
    return _decode(batches, _decode_randomly(split, settings, seed, epoch, videos), steps - skip)


@dataclass
class FirstBatches:
    """How an epoch begins, read once for all who look at it: a shuffle takes long to fill."""

    batches: list[Any]  # the first ones, as training_batches gives them
    videos: list[str]  # of the first batch's pictures
    rest: Iterator | None  # goes on with the epoch, again and again; None where nobody asked, or once it is used up

    def drop_rest(self) -> None:
        """Let go of what waits in the shuffle, and of the threads that fill it."""
        self.rest = None


def read_first_batches(
    split: DatasetSplit, settings: InputSettings, seed: int, count: int, go_on: bool
) -> FirstBatches:
    """The first `count` batches of epoch 0, or all where it has fewer, and with `go_on` those behind them."""
    drawn = iter(make_training_batches(split, settings, seed, 0, videos=True).repeat())
    steps = split.frames_in_epoch(settings.frames_per_video) // settings.batch_size
    found = list(islice(drawn, min(count, steps)))
    videos = [name.decode() for name in found[0][2].numpy()]
    return FirstBatches([batch[:2] for batch in found], videos, drawn if go_on else None)


def make_validation_batches(split: DatasetSplit, settings: InputSettings) -> tf.data.Dataset:
    """All records in their order: (images uint8 (batch, side, side, 3), labels, weights float32 (batch,)).

    Pictures are whole crops as decoded, find_sizes(..).whole wide. The last batch is filled up with records of weight
    0, so that all have one shape.
    """
    batch, sizes = settings.batch_size, get_picture_sizes(split, settings)
    steps = -(-split.records // batch)
    weighted = tf.data.Dataset.zip(_read_in_order(split), tf.data.Dataset.from_tensors(1.0).repeat())
    filling = weighted.take(1).map(lambda record, weight: (record, 0.0)).repeat(steps * batch - split.records)
    batches = weighted.concatenate(filling).batch(batch, drop_remainder=True)
    return _decode(batches, lambda encoded, weights: (*_decode_whole(encoded, batch, sizes), weights), steps)


def estimate_shuffle_bytes(split: DatasetSplit, settings: InputSettings) -> int:
    """The memory that the shuffle holds at most, in bytes."""
    waiting = min(settings.shuffle_records, split.frames_in_epoch(settings.frames_per_video))
    return round(_HELD * waiting * split.bytes / split.records)


def read_example_pictures(split: DatasetSplit, settings: InputSettings, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures as in validation, uint8 (n, side, side, 3), and labels (n,): of each mood in turn, always the same."""
    labels = split.labels
    by_mood = np.argsort(labels, kind="stable")
    turn = np.empty(split.records, np.int64)
    turn[by_mood] = np.arange(split.records) - np.searchsorted(labels[by_mood], labels[by_mood])
    places = np.lexsort((labels, turn))[:n]
    encoded, ratio = tf.constant(read_squares(split, places)), get_picture_sizes(split, settings).ratio
    return np.stack(batch_decoding.decode_squares(encoded, len(places), ratio)), labels[places]


def diagnose_read_error(split: DatasetSplit, error: BaseException) -> DataError | None:
    """The file behind an error that reading a split raised, which TensorFlow does not always name.

    Every file may have to be read for it. None where the split is whole: then it was not the data.
    """
    lost = isinstance(error, (tf.errors.DataLossError, tf.errors.NotFoundError))
    refused = isinstance(error, tf.errors.InvalidArgumentError) and "jpeg" in str(error).lower()
    if not lost and not refused:
        return None
    return find_damaged_shard(split)


def repeat_batch(batch: Any, steps: int) -> tf.data.Dataset:
    """One batch so many times: what a model alone costs."""
    return tf.data.Dataset.from_tensors(batch).repeat(steps)


def _shuffle_records(split: DatasetSplit, settings: InputSettings, seed: int, epoch: int) -> tf.data.Dataset:
    """Serialised records: shards in random order, several read in turn, and what waits of them shuffled."""
    order = np.random.default_rng([seed, epoch]).permutation(len(split.files))
    files = tf.data.Dataset.from_tensor_slices([os.fsencode(split.files[i]) for i in order])
    # Read by one thread: a parallel interleave takes 8 us of a core for each record, a tenth of decoding it. In return
    # it does not wait for several disks at once.
    records = files.interleave(_read_shard, settings.open_shards)
    if settings.frames_per_video is not None:
        records = records.batch(_CHOICE).map(_choose_records(settings.frames_per_video, epoch)).unbatch()
    draw = int(np.random.default_rng([seed, epoch, 1]).integers(2**31))
    return records.shuffle(settings.shuffle_records, seed=draw, reshuffle_each_iteration=False)


def _read_in_order(split: DatasetSplit) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices([os.fsencode(path) for path in split.files]).interleave(_read_shard, 1)


def _read_shard(path: tf.Tensor) -> tf.data.Dataset:
    return tf.data.TFRecordDataset(path)


def _choose_records(count: int, epoch: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Of each video `count` frames, the next ones in its permutation with each epoch; nothing is decoded for it."""

    def choose(records: tf.Tensor) -> tf.Tensor:
        index, number = batch_decoding.parse_records(records, "video_index", "video_count")
        return tf.boolean_mask(records, tf.math.floormod(index - epoch * count, number) < count)

    return choose


def _decode_randomly(split: DatasetSplit, settings: InputSettings, seed: int, epoch: int, videos: bool) -> Callable:
    """Decodes a batch, of each picture only a random window, and mirrors half of them."""
    sizes, batch = get_picture_sizes(split, settings), settings.batch_size
    size, ratio = sizes.window, sizes.ratio
    run = tf.constant(seed * 1_000_003 + epoch, tf.int64)

    def decode(step: tf.Tensor, encoded: tf.Tensor) -> tuple:
        # One stateless draw a step: two numbers for the window, the rest for the device.
        numbers = tf.random.stateless_uniform([batch, 2 + AUGMENTATION_NUMBERS], tf.stack([run, step]))
        corners = batch_decoding.choose_window_corners(numbers[:, :2], sizes.whole - size, ratio)
        images, *rest = batch_decoding.parse_records(encoded, "image", "label", *(["video"] if videos else []))
        pictures = batch_decoding.decode_windows(images, corners, size, batch, ratio)
        if settings.flip:
            pictures = batch_decoding.flip_every_second(pictures)
        images = batch_decoding.stack_batch(pictures, size)
        return (images, numbers[:, 2:]) if settings.augment else images, *rest

    return decode


def _decode_whole(encoded: tf.Tensor, batch: int, sizes: PictureSizes) -> tuple[tf.Tensor, tf.Tensor]:
    images, labels = batch_decoding.parse_records(encoded, "image", "label")
    return batch_decoding.stack_batch(batch_decoding.decode_squares(images, batch, sizes.ratio), sizes.whole), labels


def _decode(batches: tf.data.Dataset, decode: Callable, count: int) -> tf.data.Dataset:
    """Several batches at a time on all cores, in order, and their number known to whoever iterates."""
    options = tf.data.Options()
    options.threading.max_intra_op_parallelism = 1  # parallel by batches already: 1% faster than threads within one
    batches = batches.map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    batches = batches.apply(tf.data.experimental.assert_cardinality(count)).with_options(options)
    return batches.prefetch(tf.data.AUTOTUNE)
