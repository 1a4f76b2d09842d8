"""The input pipeline, from shards to batches: shard order, choice of frames, shuffle, batch, decode.

Encoded records are shuffled and batched, and one map decodes a whole batch: otherwise tf.data's calls for each record,
not the decoder, would take most of the time. All random choices follow from (seed, epoch, step).
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
from trainer.input.frames_per_video import count_epoch_frames, select_epoch_frames
from trainer.input.picture_sizes import PictureSizes, choose_picture_sizes
from trainer.settings import InputSettings

_SELECTION_BATCH = 256  # records of which select_epoch_frames keeps some at a time
_OPEN_SHARDS = 8  # that are read at a time
_SHUFFLE_OVERHEAD = 2.5  # bytes that a shuffle holds for each encoded byte in it, as measured during fit


def check_input_settings(split: DatasetSplit, settings: InputSettings) -> None:
    """Raise CallError if an epoch has less than one batch, or if the resolution is more than the window has."""
    frames = count_epoch_frames(split.video_counts, settings.frames_per_video)
    if frames < settings.batch_size:
        raise CallError(
            f"batch_size {settings.batch_size} is more than the {frames} frames of an epoch; make it smaller"
        )
    get_picture_sizes(split, settings)


def get_picture_sizes(split: DatasetSplit, settings: InputSettings) -> PictureSizes:
    """The sides of a split's pictures. Raises CallError if the resolution is more than the window has."""
    return choose_picture_sizes(split.image_size, settings.window, settings.resolution)


def count_epoch_steps(split: DatasetSplit, settings: InputSettings) -> int:
    """Count the training batches of an epoch; its last, incomplete batch is dropped."""
    return count_epoch_frames(split.video_counts, settings.frames_per_video) // settings.batch_size


def make_training_batches(
    split: DatasetSplit, settings: InputSettings, seed: int, epoch: int, skip: int = 0, videos: bool = False
) -> tf.data.Dataset:
    """Make the training batches of one epoch.

    Args:
        split: of which the frames are.
        settings: how batches are made.
        seed: of all random choices.
        epoch: its number, from 0; each has other choices.
        skip: leave out so many batches before they are decoded, to resume an epoch. The remaining ones are those of an
            uninterrupted epoch.
        videos: append the names of the pictures' videos, (batch,), to each batch.

    Returns:
        A dataset of known cardinality: (images, labels int64 (batch,)). Images are random windows of the stored
        squares, uint8 (batch, side, side, 3), where side is get_picture_sizes(..).window. With `augment` they are
        (images, numbers), where numbers are float32 (batch, AUGMENTATION_NUMBERS) in [0, 1).

    Raises CallError as check_input_settings does.
    """
    check_input_settings(split, settings)
    encoded = _shuffle_records(split, settings, seed, epoch)
    batches = encoded.batch(settings.batch_size, drop_remainder=True).enumerate().skip(skip)
    decode = _make_window_decoder(split, settings, seed, epoch, videos)
    return _decode_batches(batches, decode, count_epoch_steps(split, settings) - skip)


@dataclass
class FirstBatches:
    """The first batches of training, read once for all checks and measurements: it takes long to fill a shuffle."""

    batches: list[Any]  # as make_training_batches gives them
    videos: list[str]  # of the pictures of batches[0]
    rest: Iterator | None  # the batches behind them, epoch 0 again and again; None if they are not wanted

    def drop_rest(self) -> None:
        """Free the records that wait in the shuffle, and the threads that fill it."""
        self.rest = None


def read_first_batches(
    split: DatasetSplit, settings: InputSettings, seed: int, count: int, keep_rest: bool
) -> FirstBatches:
    """Read the first `count` batches of epoch 0, or all if it has fewer; with `keep_rest` more can be drawn."""
    drawn = iter(make_training_batches(split, settings, seed, 0, videos=True).repeat())
    found = list(islice(drawn, min(count, count_epoch_steps(split, settings))))
    videos = [name.decode() for name in found[0][2].numpy()]
    return FirstBatches([batch[:2] for batch in found], videos, drawn if keep_rest else None)


def make_validation_batches(split: DatasetSplit, settings: InputSettings) -> tf.data.Dataset:
    """Make batches of all records in their order: (images, labels (batch,), weights float32 (batch,)).

    Images are whole squares, uint8 (batch, side, side, 3), where side is get_picture_sizes(..).whole. The last batch is
    padded with records of weight 0, so that all batches have one shape.
    """
    batch, sizes = settings.batch_size, get_picture_sizes(split, settings)
    steps = -(-split.records // batch)
    weighted = tf.data.Dataset.zip(_read_in_order(split), tf.data.Dataset.from_tensors(1.0).repeat())
    padding = weighted.take(1).map(lambda record, weight: (record, 0.0)).repeat(steps * batch - split.records)
    batches = weighted.concatenate(padding).batch(batch, drop_remainder=True)
    return _decode_batches(
        batches, lambda encoded, weights: (*_decode_whole_squares(encoded, batch, sizes), weights), steps
    )


def estimate_shuffle_bytes(split: DatasetSplit, settings: InputSettings) -> int:
    """Estimate the memory in bytes that a full shuffle holds."""
    waiting = min(settings.shuffle_records, count_epoch_frames(split.video_counts, settings.frames_per_video))
    return round(_SHUFFLE_OVERHEAD * waiting * split.bytes / split.records)


def read_example_pictures(split: DatasetSplit, settings: InputSettings, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Read the first frames of each mood in turn, as validation shows them.

    Returns:
        uint8 (count, side, side, 3), and labels (count,).
    """
    labels = split.labels
    by_mood = np.argsort(labels, kind="stable")
    turn = np.empty(split.records, np.int64)  # the number of each record among those of its mood
    turn[by_mood] = np.arange(split.records) - np.searchsorted(labels[by_mood], labels[by_mood])
    chosen = np.lexsort((labels, turn))[:count]
    encoded, ratio = tf.constant(read_squares(split, chosen)), get_picture_sizes(split, settings).ratio
    return np.stack(batch_decoding.decode_squares(encoded, len(chosen), ratio)), labels[chosen]


def diagnose_read_error(split: DatasetSplit, error: BaseException) -> DataError | None:
    """Find the damaged shard behind an error of TensorFlow's, which does not always name it.

    May read all shards. Returns None if they are whole, or if the error is none of reading.
    """
    unreadable = isinstance(error, (tf.errors.DataLossError, tf.errors.NotFoundError))
    undecodable = isinstance(error, tf.errors.InvalidArgumentError) and "jpeg" in str(error).lower()
    return find_damaged_shard(split) if unreadable or undecodable else None


def repeat_batch(batch: Any, steps: int) -> tf.data.Dataset:
    """Repeat one batch, to measure the model without its input."""
    return tf.data.Dataset.from_tensors(batch).repeat(steps)


def _shuffle_records(split: DatasetSplit, settings: InputSettings, seed: int, epoch: int) -> tf.data.Dataset:
    """Serialised records: shards in random order, several of them read in turn, and a shuffle of their records."""
    order = np.random.default_rng([seed, epoch]).permutation(len(split.files))
    files = tf.data.Dataset.from_tensor_slices([os.fsencode(split.files[i]) for i in order])
    # One thread reads: a parallel interleave takes 8 us of a core for each record, a tenth of its decoding. The price
    # is that it does not read from several disks at once.
    records = files.interleave(_read_shard, _OPEN_SHARDS)
    if settings.frames_per_video is not None:
        count = settings.frames_per_video
        records = records.batch(_SELECTION_BATCH).map(lambda batch: select_epoch_frames(batch, count, epoch)).unbatch()
    shuffle_seed = int(np.random.default_rng([seed, epoch, 1]).integers(2**31))
    return records.shuffle(settings.shuffle_records, seed=shuffle_seed, reshuffle_each_iteration=False)


def _read_in_order(split: DatasetSplit) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices([os.fsencode(path) for path in split.files]).interleave(_read_shard, 1)


def _read_shard(path: tf.Tensor) -> tf.data.Dataset:
    return tf.data.TFRecordDataset(path)


def _make_window_decoder(
    split: DatasetSplit, settings: InputSettings, seed: int, epoch: int, videos: bool
) -> Callable[[tf.Tensor, tf.Tensor], tuple]:
    """Make the function that decodes a random window of each record of a batch, and flips half of them."""
    sizes, batch = get_picture_sizes(split, settings), settings.batch_size
    epoch_seed = tf.constant(seed * 1_000_003 + epoch, tf.int64)
    fields = ("image", "label", "video") if videos else ("image", "label")

    def decode(step: tf.Tensor, encoded: tf.Tensor) -> tuple:
        # One stateless draw for each step: two numbers for the window, the others for the device.
        numbers = tf.random.stateless_uniform([batch, 2 + AUGMENTATION_NUMBERS], tf.stack([epoch_seed, step]))
        corners = batch_decoding.choose_window_corners(numbers[:, :2], sizes.whole - sizes.window, sizes.ratio)
        jpegs, *rest = batch_decoding.parse_records(encoded, *fields)
        pictures = batch_decoding.decode_windows(jpegs, corners, sizes.window, batch, sizes.ratio)
        if settings.flip:
            pictures = batch_decoding.flip_every_second(pictures)
        images = batch_decoding.stack_batch(pictures, sizes.window)
        return (images, numbers[:, 2:]) if settings.augment else images, *rest

    return decode


def _decode_whole_squares(encoded: tf.Tensor, batch: int, sizes: PictureSizes) -> tuple[tf.Tensor, tf.Tensor]:
    jpegs, labels = batch_decoding.parse_records(encoded, "image", "label")
    pictures = batch_decoding.decode_squares(jpegs, batch, sizes.ratio)
    return batch_decoding.stack_batch(pictures, sizes.whole), labels


def _decode_batches(batches: tf.data.Dataset, decode: Callable, count: int) -> tf.data.Dataset:
    """Decode several batches at a time on all cores, in order. `count` becomes the dataset's cardinality."""
    options = tf.data.Options()
    options.threading.max_intra_op_parallelism = 1  # batches are parallel already: 1% faster than threads within one
    batches = batches.map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    batches = batches.apply(tf.data.experimental.assert_cardinality(count)).with_options(options)
    return batches.prefetch(tf.data.AUTOTUNE)
