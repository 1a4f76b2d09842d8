"""From shards to batches, top to bottom: shard order, interleave, choice of frames, shuffle, batch, decode.

Encoded records are shuffled and batched, and one map decodes a whole batch: the calls of tf.data for each record, not
the decoder, are what a pipeline spends its time on otherwise. Everything random follows from (seed, epoch, step).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from shards.errors import CallError
from shards.fields import FIELDS
from trainer.data import Split

_READ_BUFFER = 1 << 20  # bytes, of each open shard
_CHOICE = 256  # records looked at together when frames are chosen


@dataclass(frozen=True)
class InputSettings:
    """How batches are made.

    Args:
        batch_size: records in a batch.
        resolution: side of the pictures that the model gets, in pixels; a random crop of that size in training.
        flip: mirror half of the pictures, left to right; never top to bottom.
        frames_per_video: at most so many frames of each video in an epoch, others in the next; all when not given.
        shuffle_records: encoded records that wait to be drawn; about 2.5 times their bytes are held.
        open_shards: shards read at a time.
    """

    batch_size: int = 64
    resolution: int = 224
    flip: bool = True
    frames_per_video: int | None = None
    shuffle_records: int = 8192
    open_shards: int = 8


def training_batches(split: Split, settings: InputSettings, seed: int, epoch: int, skip: int = 0) -> tf.data.Dataset:
    """Batches of one epoch: (images uint8 (batch, resolution, resolution, 3), labels int64 (batch,)).

    The last, incomplete batch is dropped, and the number of batches is known. `skip` leaves out the first batches
    before they are decoded, for a run that goes on in mid-epoch: the rest are those of a run that began at the start.
    Raises CallError where the settings ask for more than the shards hold.
    """
    _check(split, settings)
    steps = split.frames_in_epoch(settings.frames_per_video) // settings.batch_size
    order = np.random.default_rng([seed, epoch]).permutation(len(split.files))
    files = tf.data.Dataset.from_tensor_slices([str(split.files[i]) for i in order])
    records = files.interleave(_read_shard, settings.open_shards, num_parallel_calls=tf.data.AUTOTUNE)
    if settings.frames_per_video is not None:
        records = records.batch(_CHOICE).map(_choose_frames(settings.frames_per_video, epoch)).unbatch()
    draw = int(np.random.default_rng([seed, epoch, 1]).integers(2**31))
    records = records.shuffle(settings.shuffle_records, seed=draw, reshuffle_each_iteration=False)
    batches = records.batch(settings.batch_size, drop_remainder=True).enumerate().skip(skip)
    decode = _decode_randomly(split.image_size, settings, tf.constant([seed, epoch], tf.int64))
    batches = batches.map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return batches.apply(tf.data.experimental.assert_cardinality(steps - skip)).prefetch(tf.data.AUTOTUNE)


def validation_batches(split: Split, settings: InputSettings) -> tf.data.Dataset:
    """All records in their order: (images uint8 (batch, size, size, 3), labels, weights float32 (batch,)).

    Pictures are whole, as stored. The last batch is filled up with records of weight 0, so that all have one shape.
    """
    batch = settings.batch_size
    steps = -(-split.records // batch)
    files = tf.data.Dataset.from_tensor_slices([str(path) for path in split.files])
    records = files.interleave(_read_shard, cycle_length=1)
    weighted = tf.data.Dataset.zip(records, tf.data.Dataset.from_tensors(1.0).repeat())
    filling = weighted.take(1).map(lambda record, weight: (record, 0.0)).repeat(steps * batch - split.records)
    batches = weighted.concatenate(filling).batch(batch, drop_remainder=True)

    def decode(data: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        parsed = tf.io.parse_example(data, _features("image", "label"))
        images = [tf.io.decode_jpeg(image, channels=3) for image in tf.unstack(parsed["image"], batch)]
        return _stack(images, split.image_size), parsed["label"], weights

    batches = batches.map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return batches.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(tf.data.AUTOTUNE)


def _check(split: Split, settings: InputSettings) -> None:
    frames = split.frames_in_epoch(settings.frames_per_video)
    if frames < settings.batch_size:
        raise CallError(
            f"batch_size {settings.batch_size} is more than the {frames} frames of an epoch; make it smaller"
        )
    if not 0 < settings.resolution <= split.image_size:
        raise CallError(f"resolution {settings.resolution}: the shards hold pictures of {split.image_size} pixels")


def _features(*names: str) -> dict[str, tf.io.FixedLenFeature]:
    return {name: tf.io.FixedLenFeature([], tf.int64 if FIELDS[name] is int else tf.string) for name in names}


def _read_shard(path: tf.Tensor) -> tf.data.Dataset:
    return tf.data.TFRecordDataset(path, buffer_size=_READ_BUFFER)


def _choose_frames(count: int, epoch: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Of each video `count` frames, the next ones in its permutation with each epoch; nothing is decoded for it."""

    def choose(records: tf.Tensor) -> tf.Tensor:
        parsed = tf.io.parse_example(records, _features("video_index", "video_count"))
        place = tf.math.floormod(parsed["video_index"] - epoch * count, parsed["video_count"])
        return tf.boolean_mask(records, place < count)

    return choose


def _decode_randomly(image_size: int, settings: InputSettings, seed: tf.Tensor) -> Callable:
    """Decodes a batch, of each picture only a random window, and mirrors half of them."""
    size, batch = settings.resolution, settings.batch_size

    def decode(step: tf.Tensor, records: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        parsed = tf.io.parse_example(records, _features("image", "label"))
        # Two numbers seed a stateless draw: one for (seed, epoch), one for the step and what is drawn.
        drawn = [tf.stack([seed[0] * 1_000_003 + seed[1], 2 * step + kind]) for kind in (0, 1)]
        corner = tf.random.stateless_uniform([batch, 2], drawn[0], 0, image_size - size + 1, tf.int32)
        windows = tf.unstack(tf.concat([corner, tf.fill([batch, 2], size)], axis=1), batch)
        images = tf.unstack(parsed["image"], batch)
        pictures = [
            tf.io.decode_and_crop_jpeg(image, window, channels=3) for image, window in zip(images, windows, strict=True)
        ]
        if settings.flip:
            mirrored = tf.unstack(tf.random.stateless_uniform([batch], drawn[1]) < 0.5, batch)
            # Each by its own condition: reversing the batch and choosing afterwards costs more than the decoding.
            pictures = [
                tf.cond(mirror, lambda p=picture: tf.reverse(p, [1]), lambda p=picture: p)
                for picture, mirror in zip(pictures, mirrored, strict=True)
            ]
        return _stack(pictures, size), parsed["label"]

    return decode


def _stack(pictures: list[tf.Tensor], size: int) -> tf.Tensor:
    images = tf.stack(pictures)
    images.set_shape([len(pictures), size, size, 3])
    return images
