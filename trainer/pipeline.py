"""From shards, or a CSV's full frames, to batches, top to bottom: order, choice of frames, shuffle, batch, decode.

Encoded records are shuffled and batched, and one map decodes a whole batch: the calls of tf.data for each record, not
the decoder, are what a pipeline spends its time on otherwise. Everything random follows from (seed, epoch, step).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from shards.errors import CallError, DataError
from shards.geometry import Box
from trainer import decoding
from trainer.augmentation import NUMBERS
from trainer.data import Split, find_damage, read_squares

_CHOICE = 256  # records looked at together when frames are chosen
_HELD = 2.5  # bytes that a shuffle holds for each byte that waits in it, as measured during fit


@dataclass(frozen=True)
class InputSettings:
    """How batches are made.

    Args:
        batch_size: records in a batch.
        resolution: side of the pictures that the model gets, in pixels; a random crop of that size in training.
        flip: mirror half of the pictures, left to right; never top to bottom.
        augment: draw the numbers for augmentation on the device as well.
        frames_per_video: at most so many frames of each video in an epoch, others in the next; all when not given.
        shuffle_records: encoded records that wait to be drawn; shuffle_bytes says what they take.
        open_shards: shards read at a time.
    """

    batch_size: int = 64
    resolution: int = 224
    flip: bool = True
    augment: bool = False
    frames_per_video: int | None = None
    shuffle_records: int = 8192
    open_shards: int = 8


def check_input(split: Split, settings: InputSettings) -> None:
    """Raises CallError where the settings ask for more than the split holds."""
    frames = split.frames_in_epoch(settings.frames_per_video)
    if frames < settings.batch_size:
        raise CallError(
            f"batch_size {settings.batch_size} is more than the {frames} frames of an epoch; make it smaller"
        )
    if not 0 < settings.resolution <= split.image_size:
        hold = "crops of a CSV are made at" if split.frames else "shards hold pictures of"
        raise CallError(
            f"resolution {settings.resolution}: the {hold} {split.image_size} pixels; choose 1 to {split.image_size}"
        )


def training_batches(split: Split, settings: InputSettings, seed: int, epoch: int, skip: int = 0) -> tf.data.Dataset:
    """Batches of one epoch: (images uint8 (batch, resolution, resolution, 3), labels int64 (batch,)).

    With `augment` the images are (images, numbers), float32 (batch, NUMBERS) in [0, 1). The last, incomplete batch is
    dropped, and the number of batches is known. `skip` leaves out the first batches before they are decoded, for a run
    that goes on in mid-epoch: the rest are those of a run that began at the start.
    Raises CallError where the settings ask for more than there is.
    """
    check_input(split, settings)
    steps = split.frames_in_epoch(settings.frames_per_video) // settings.batch_size
    encoded = (_shuffle_rows if split.frames else _shuffle_records)(split, settings, seed, epoch)
    batches = encoded.batch(settings.batch_size, drop_remainder=True).enumerate().skip(skip)
    return _decode(batches, _decode_randomly(split, settings, seed, epoch), steps - skip)


def validation_batches(split: Split, settings: InputSettings) -> tf.data.Dataset:
    """All records in their order: (images uint8 (batch, size, size, 3), labels, weights float32 (batch,)).

    Pictures are whole crops of the split's image_size. The last batch is filled up with records of weight 0, so that
    all have one shape.
    """
    batch = settings.batch_size
    steps = -(-split.records // batch)
    encoded = _slice_rows(split, np.arange(split.records)) if split.frames else _read_in_order(split)
    weighted = tf.data.Dataset.zip(encoded, tf.data.Dataset.from_tensors(1.0).repeat())
    filling = weighted.take(1).map(lambda record, weight: (record, 0.0)).repeat(steps * batch - split.records)
    batches = weighted.concatenate(filling).batch(batch, drop_remainder=True)
    return _decode(batches, lambda encoded, weights: (*_decode_whole(split, encoded, batch), weights), steps)


def shuffle_bytes(split: Split, settings: InputSettings) -> int:
    """The memory that the shuffle holds at most, in bytes; of a CSV only the order of its rows."""
    if split.frames:
        return 8 * split.records
    waiting = min(settings.shuffle_records, split.frames_in_epoch(settings.frames_per_video))
    return round(_HELD * waiting * split.bytes / split.records)


def training_videos(split: Split, settings: InputSettings, seed: int, epoch: int) -> list[str]:
    """The video of each picture of an epoch's first batch."""
    check_input(split, settings)
    encoded = (_shuffle_rows if split.frames else _shuffle_records)(split, settings, seed, epoch)
    batch = next(iter(encoded.batch(settings.batch_size)))
    if split.frames:
        return [split.video_names[video] for video in batch["video"].numpy()]
    return [video.decode() for video in decoding.parse_records(batch, "video")[0].numpy()]


def first_pictures(split: Split, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8 (n, size, size, 3) and labels (n,): one of each mood in turn, whole, always the same ones."""
    # Shards are shuffled; a CSV's first rows of a mood are one video.
    order = np.random.default_rng(0).permutation(split.records) if split.frames else np.arange(split.records)
    labels = split.labels[order]
    by_mood = np.argsort(labels, kind="stable")
    turn = np.empty(split.records, np.int64)
    turn[by_mood] = np.arange(split.records) - np.searchsorted(labels[by_mood], labels[by_mood])
    places = order[np.lexsort((labels, turn))[:n]]
    if split.frames:
        pictures = list(_decode_each(split, places).as_numpy_iterator())
    else:
        pictures = decoding.decode_squares(tf.constant(read_squares(split, places)), len(places))
    return np.stack(pictures), split.labels[places]


def read_encoded(split: Split, place: int) -> tuple[bytes, Box]:
    """The JPEG of one record, and the square of it that a picture is made of."""
    if split.frames:
        x, y, size = split.frames.crops[place].tolist()
        return Path(split.frames.paths[place]).read_bytes(), Box(x, y, size, size)
    return read_squares(split, [place])[0], Box(0, 0, split.image_size, split.image_size)


def explain_failure(split: Split, error: BaseException) -> DataError | None:
    """The file behind an error that reading a split raised, which TensorFlow does not always name.

    Every file may have to be read for it. None where the split is whole: then it was not the data.
    """
    lost = isinstance(error, (tf.errors.DataLossError, tf.errors.NotFoundError))
    refused = isinstance(error, tf.errors.InvalidArgumentError) and "jpeg" in str(error).lower()
    if not lost and not refused:
        return None
    damage = find_damage(split)
    return _find_undecodable(split) if damage is None and refused and split.frames else damage


def repeat_batch(batch: Any, steps: int) -> tf.data.Dataset:
    """One batch so many times: what a model alone costs."""
    return tf.data.Dataset.from_tensors(batch).repeat(steps)


def _shuffle_records(split: Split, settings: InputSettings, seed: int, epoch: int) -> tf.data.Dataset:
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


def _shuffle_rows(split: Split, settings: InputSettings, seed: int, epoch: int) -> tf.data.Dataset:
    """Rows of a CSV, the chosen ones, in an order that is random from end to end."""
    frames, count = split.frames, settings.frames_per_video
    rows = np.arange(split.records)
    if count is not None:
        rows = rows[(frames.video_index - epoch * count) % frames.video_count < count]
    return _slice_rows(split, np.random.default_rng([seed, epoch]).permutation(rows))


def _slice_rows(split: Split, rows: np.ndarray) -> tf.data.Dataset:
    frames = split.frames
    chosen = frames._replace(crops=frames.crops[rows], sizes=frames.sizes[rows])
    columns = {"path": frames.paths[rows].astype(object), "label": split.labels[rows], "video": split.videos[rows]}
    return tf.data.Dataset.from_tensor_slices(columns | decoding.plan_regions(chosen, split.image_size))


def _decode_each(split: Split, rows: np.ndarray) -> tf.data.Dataset:
    """The whole crop of each of a CSV's rows, in their order."""

    def decode(row: dict[str, tf.Tensor]) -> tf.Tensor:
        return decoding.decode_frame(row, split.image_size)

    return _slice_rows(split, rows).map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


def _find_undecodable(split: Split) -> DataError | None:
    whole = 0
    try:
        for _ in tqdm(_decode_each(split, np.arange(split.records)), "looking for it", split.records, unit="images"):
            whole += 1
    except tf.errors.InvalidArgumentError:  # they come in order, so it is the next one's
        return DataError(f"{split.frames.paths[whole]}: cannot be decoded; take its rows out of {split.name}")
    return None


def _read_in_order(split: Split) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices([os.fsencode(path) for path in split.files]).interleave(_read_shard, 1)


def _read_shard(path: tf.Tensor) -> tf.data.Dataset:
    return tf.data.TFRecordDataset(path)


def _choose_records(count: int, epoch: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Of each video `count` frames, the next ones in its permutation with each epoch; nothing is decoded for it."""

    def choose(records: tf.Tensor) -> tf.Tensor:
        index, number = decoding.parse_records(records, "video_index", "video_count")
        return tf.boolean_mask(records, tf.math.floormod(index - epoch * count, number) < count)

    return choose


def _decode_randomly(split: Split, settings: InputSettings, seed: int, epoch: int) -> Callable:
    """Decodes a batch, of each picture only a random window, and mirrors half of them."""
    size, batch = settings.resolution, settings.batch_size
    free, across = split.image_size - size, 1 if split.frames else decoding.BLOCK
    run = tf.constant(seed * 1_000_003 + epoch, tf.int64)

    def decode(step: tf.Tensor, encoded: Any) -> tuple[Any, tf.Tensor]:
        # One stateless draw a step: two numbers for the window, the rest for the device.
        numbers = tf.random.stateless_uniform([batch, 2 + NUMBERS], tf.stack([run, step]))
        corners = decoding.place_windows(numbers[:, :2], free, across)
        if split.frames:
            labels = encoded["label"]
            pictures = decoding.cut_windows(_decode_rows(split, encoded), corners, size, batch)
        else:
            images, labels = decoding.parse_records(encoded, "image", "label")
            pictures = decoding.decode_windows(images, corners, size, batch)
        if settings.flip:
            pictures = decoding.mirror(pictures)
        images = decoding.stack(pictures, size)
        return ((images, numbers[:, 2:]) if settings.augment else images), labels

    return decode


def _decode_whole(split: Split, encoded: Any, batch: int) -> tuple[tf.Tensor, tf.Tensor]:
    if split.frames:
        return decoding.stack(tf.unstack(_decode_rows(split, encoded), batch), split.image_size), encoded["label"]
    images, labels = decoding.parse_records(encoded, "image", "label")
    return decoding.stack(decoding.decode_squares(images, batch), split.image_size), labels


def _decode_rows(split: Split, rows: dict[str, tf.Tensor]) -> tf.Tensor:
    used = {name: values for name, values in rows.items() if name not in ("label", "video")}
    return decoding.decode_frames(used, split.image_size)


def _decode(batches: tf.data.Dataset, decode: Callable, count: int) -> tf.data.Dataset:
    """Several batches at a time on all cores, in order, and their number known to whoever iterates."""
    options = tf.data.Options()
    options.threading.max_intra_op_parallelism = 1  # parallel by batches already: 1% faster than threads within one
    batches = batches.map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    batches = batches.apply(tf.data.experimental.assert_cardinality(count)).with_options(options)
    return batches.prefetch(tf.data.AUTOTUNE)
