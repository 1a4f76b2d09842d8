"""From shards to batches of encoded records, whatever a record holds: shard order, choice of frames, shuffle, batch.

Encoded records are shuffled and batched, and one map decodes a whole batch: otherwise tf.data's calls for each record,
not the decoder, would take most of the time. All random choices follow from (seed, epoch, step).
"""

import atexit
import gc
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import tensorflow as tf

from shards.errors import CallError
from trainer.input.dataset_change import find_replacement
from trainer.input.dataset_split import SHUFFLE_OVERHEAD, find_damaged_shard
from trainer.input.frames_per_video import count_epoch_frames, select_epoch_frames
from trainer.input.shard_cache import OPEN_SHARDS, ShardCache

_SELECTION_BATCH = 256  # records of which select_epoch_frames keeps some at a time

# tf.data's threads call Python to decode, and never return from it once Python has begun to end. Whoever frees their
# iterator then waits for ever, so those that an error has left behind, in its circle of references, are freed before.
atexit.register(gc.collect)


class RecordSplit(Protocol):
    """A split of a dataset: its shards, and what is known of their records."""

    name: str  # the folder's path as the user has given it
    fingerprint: str  # the digest of dataset.json
    videos: np.ndarray  # (records,), indices into video_names
    video_names: tuple[str, ...]
    files: tuple[Path, ...]  # the shards in their order
    bytes: int  # of all shards
    cache: ShardCache | None  # that brings the shards to their paths; None where they lie there

    @property
    def records(self) -> int: ...

    @property
    def video_counts(self) -> np.ndarray: ...

    @property
    def image_size(self) -> int: ...


class BatchSettings(Protocol):
    """The settings by which any records become batches; trainer.settings describes them."""

    batch_size: int
    resolution: int
    frames_per_video: int | None
    shuffle_records: int


class HostPart(NamedTuple):
    """Which of several hosts this one is, from 0, and how many there are: each has an equal part of every batch."""

    place: int = 0
    count: int = 1

    def choose_range(self, total: int) -> range:
        """This host's places of 0 .. total - 1; parts of as equal sizes as can be."""
        return range(self.place * total // self.count, (self.place + 1) * total // self.count)


WHOLE = HostPart()
_Settings = TypeVar("_Settings", bound=BatchSettings)  # a frozen dataclass


def fit_batch_size(split: RecordSplit, settings: _Settings, devices: int, kind: str = "devices") -> _Settings:
    """The same settings; where an epoch has fewer frames than a batch, with the largest batch that it fills.

    The batch stays a multiple of the devices, or of the hosts if that is their kind. Raises CallError where there are
    more of them than frames.
    """
    frames = count_epoch_frames(split.video_counts, settings.frames_per_video)
    if frames >= settings.batch_size:
        return settings
    fitting = frames // devices * devices
    if not fitting:
        raise CallError(f"{kind} {devices}: an epoch has only {frames} frames; train on fewer {kind}")
    return replace(settings, batch_size=fitting)


def count_epoch_steps(split: RecordSplit, settings: BatchSettings) -> int:
    """Count the training batches of an epoch; its last, incomplete batch is dropped."""
    return count_epoch_frames(split.video_counts, settings.frames_per_video) // settings.batch_size


def batch_shuffled_records(
    split: RecordSplit, settings: BatchSettings, seed: int, epoch: int, skip: int, decode: Callable
) -> tf.data.Dataset:
    """Batch the records of one epoch of training in random order.

    Args:
        split: of which the records are.
        settings: how batches are made.
        seed: of all random choices.
        epoch: its number, from 0; each has other choices.
        skip: leave out so many batches before they are decoded. The remaining ones are those of a whole epoch.
        decode: (step, serialised records (batch,)) -> a batch, in TensorFlow's graph.
    """
    encoded = _shuffle_records(split, settings, seed, epoch)
    batches = encoded.batch(settings.batch_size, drop_remainder=True).enumerate().skip(skip)
    return _decode_batches(batches, decode, count_epoch_steps(split, settings) - skip)


def batch_ordered_records(
    split: RecordSplit, batch_size: int, decode: Callable, part: HostPart = WHOLE
) -> tf.data.Dataset:
    """Batch all records in their order; the last batch is padded, so that all batches have one shape.

    `decode` is (serialised records (batch,), weights float32 (batch,): 0 for padding, else 1) -> a batch. Of the
    batches only those of the host's part are decoded.
    """
    steps = -(-split.records // batch_size)
    weighted = tf.data.Dataset.zip(_read_in_order(split), tf.data.Dataset.from_tensors(1.0).repeat())
    padding = weighted.take(1).map(lambda record, weight: (record, 0.0)).repeat(steps * batch_size - split.records)
    batches = weighted.concatenate(padding).batch(batch_size, drop_remainder=True)
    if part.count > 1:
        own = part.choose_range(steps)
        batches, steps = batches.skip(own.start).take(len(own)), len(own)
    return _decode_batches(batches, decode, steps)


def draw_step_numbers(seed: int, epoch: int, step: tf.Tensor, batch: int, count: int) -> tf.Tensor:
    """The random numbers of a step, float32 (batch, count) in [0, 1): one stateless draw."""
    epoch_seed = tf.constant(seed * 1_000_003 + epoch, tf.int64)
    return tf.random.stateless_uniform([batch, count], tf.stack([epoch_seed, step]))


@dataclass
class FirstBatches:
    """The first batches of training, read once for all checks and measurements: it takes long to fill a shuffle."""

    batches: list[Any]  # as make_training_batches gives them
    videos: list[str]  # of the pictures of batches[0]
    rest: Iterator | None  # the batches behind them, epoch 0 again and again; None if they are not wanted

    def drop_rest(self) -> None:
        """Free the records that wait in the shuffle, and the threads that fill it."""
        self.rest = None


def draw_first_batches(batches: tf.data.Dataset, count: int, keep_rest: bool) -> FirstBatches:
    """Draw the first `count` batches of an epoch, or all if it has fewer; with `keep_rest` more can be drawn.

    The last part of each batch holds the names of its pictures' videos, (batch,).
    """
    drawn = iter(batches.repeat())
    found = list(islice(drawn, min(count, int(batches.cardinality()))))
    videos = [name.decode() for name in found[0][2].numpy()]
    return FirstBatches([batch[:2] for batch in found], videos, drawn if keep_rest else None)


def estimate_shuffle_bytes(split: RecordSplit, settings: BatchSettings) -> int:
    """Estimate the memory in bytes that a full shuffle holds."""
    waiting = min(settings.shuffle_records, count_epoch_frames(split.video_counts, settings.frames_per_video))
    return round(SHUFFLE_OVERHEAD * waiting * split.bytes / split.records)


def diagnose_read_error(split: RecordSplit, error: BaseException) -> Exception | None:
    """Find the damaged shard behind an error of TensorFlow's, which does not always name it, or a replaced dataset.

    May read all shards. Returns None if they are whole, or if the error is none of reading. Where a shard could not be
    had from a store, that error is returned.
    """
    if split.cache and (failure := split.cache.failure):
        return failure
    unreadable = isinstance(error, (tf.errors.DataLossError, tf.errors.NotFoundError))
    undecodable = isinstance(error, tf.errors.InvalidArgumentError) and "jpeg" in str(error).lower()
    return (find_replacement(split) or find_damaged_shard(split)) if unreadable or undecodable else None


def repeat_batch(batch: Any, steps: int) -> tf.data.Dataset:
    """Repeat one batch, to measure the model without its input."""
    return tf.data.Dataset.from_tensors(batch).repeat(steps)


def _shuffle_records(split: RecordSplit, settings: BatchSettings, seed: int, epoch: int) -> tf.data.Dataset:
    """Serialised records: shards in random order, several of them read in turn, and a shuffle of their records."""
    order, following = (_order_shards(split, seed, number) for number in (epoch, epoch + 1))
    # One thread reads: a parallel interleave takes 8 us of a core for each record, a tenth of its decoding. The price
    # is that it does not read from several disks at once.
    records = _list_files(split, order, following).interleave(_read_shard, OPEN_SHARDS)
    if settings.frames_per_video is not None:
        count = settings.frames_per_video
        records = records.batch(_SELECTION_BATCH).map(lambda batch: select_epoch_frames(batch, count, epoch)).unbatch()
    shuffle_seed = int(np.random.default_rng([seed, epoch, 1]).integers(2**31))
    return records.shuffle(settings.shuffle_records, seed=shuffle_seed, reshuffle_each_iteration=False)


def _order_shards(split: RecordSplit, seed: int, epoch: int) -> list[Path]:
    return [split.files[i] for i in np.random.default_rng([seed, epoch]).permutation(len(split.files))]


def _read_in_order(split: RecordSplit) -> tf.data.Dataset:
    return _list_files(split, split.files).interleave(_read_shard, 1)


def _list_files(split: RecordSplit, order: Sequence[Path], following: Sequence[Path] = ()) -> tf.data.Dataset:
    """The paths of shards in this order. Those of a store are there when their turn comes; `following` come later."""
    if not (cache := split.cache):
        return tf.data.Dataset.from_tensor_slices([os.fsencode(path) for path in order])
    paths = [*order, *following]

    def fetch(place: np.ndarray) -> bytes:
        cache.fetch(paths[place], paths[place + 1 :])
        return os.fsencode(paths[place])

    def fetch_in_turn(place: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(tf.numpy_function(fetch, [place], tf.string), [])

    return tf.data.Dataset.range(len(order)).map(fetch_in_turn)


def _read_shard(path: tf.Tensor) -> tf.data.Dataset:
    return tf.data.TFRecordDataset(path)


def _decode_batches(batches: tf.data.Dataset, decode: Callable, count: int) -> tf.data.Dataset:
    """Decode several batches at a time on all cores, in order. `count` becomes the dataset's cardinality."""
    options = tf.data.Options()
    options.threading.max_intra_op_parallelism = 1  # batches are parallel already: 1% faster than threads within one
    batches = batches.map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    batches = batches.apply(tf.data.experimental.assert_cardinality(count)).with_options(options)
    return batches.prefetch(tf.data.AUTOTUNE)
