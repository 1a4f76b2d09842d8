"""The mood trainer's batches: windows or whole squares of crops, and their labels."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from shards.errors import CallError
from trainer.input import batch_decoding
from trainer.input.augmentation import AUGMENTATION_NUMBERS
from trainer.input.dataset_split import DatasetSplit, read_squares
from trainer.input.frames_per_video import count_epoch_frames
from trainer.input.picture_sizes import PictureSizes, choose_picture_sizes
from trainer.input.record_batches import (
    WHOLE,
    FirstBatches,
    HostPart,
    batch_ordered_records,
    batch_shuffled_records,
    draw_first_batches,
    draw_step_numbers,
)
from trainer.settings import InputSettings


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


def make_training_batches(
    split: DatasetSplit,
    settings: InputSettings,
    seed: int,
    epoch: int,
    skip: int = 0,
    videos: bool = False,
    part: HostPart = WHOLE,
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
        part: only the images (and numbers) of this host's part of each batch; labels are those of the whole batch.

    Returns:
        A dataset of known cardinality: (images, labels int64 (batch,)). Images are random windows of the stored
        squares, uint8 (batch, side, side, 3), where side is get_picture_sizes(..).window. With `augment` they are
        (images, numbers), where numbers are float32 (batch, AUGMENTATION_NUMBERS) in [0, 1).

    Raises CallError as check_input_settings does.
    """
    check_input_settings(split, settings)
    decode = _make_window_decoder(split, settings, (seed, epoch), videos, part)
    return batch_shuffled_records(split, settings, seed, epoch, skip, decode)


def read_first_batches(
    split: DatasetSplit, settings: InputSettings, seed: int, count: int, keep_rest: bool
) -> FirstBatches:
    """Read the first `count` batches of epoch 0, or all if it has fewer; with `keep_rest` more can be drawn."""
    return draw_first_batches(make_training_batches(split, settings, seed, 0, videos=True), count, keep_rest)


def make_validation_batches(split: DatasetSplit, settings: InputSettings, part: HostPart = WHOLE) -> tf.data.Dataset:
    """Make batches of all records in their order: (images, labels (batch,), weights float32 (batch,)).

    Images are whole squares, uint8 (batch, side, side, 3), where side is get_picture_sizes(..).whole. The last batch is
    padded with records of weight 0, so that all batches have one shape. Only the batches of the host's `part` are made.
    """
    batch, sizes = settings.batch_size, get_picture_sizes(split, settings)
    return batch_ordered_records(
        split, batch, lambda encoded, weights: (*_decode_whole_squares(encoded, batch, sizes), weights), part
    )


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


def _make_window_decoder(
    split: DatasetSplit, settings: InputSettings, seed_and_epoch: tuple[int, int], videos: bool, part: HostPart
) -> Callable[[tf.Tensor, tf.Tensor], tuple]:
    """Make the function that decodes a random window of each record of a batch, and flips half of them."""
    sizes, batch = get_picture_sizes(split, settings), settings.batch_size
    fields = ("label", "video") if videos else ("label",)
    own = part.choose_range(batch)
    # Every second picture: which ones those are is random, since the records are shuffled.
    mirrored = [settings.flip and place % 2 == 1 for place in own]

    def decode(step: tf.Tensor, encoded: tf.Tensor) -> tuple:
        # Two numbers for the window, the others for the device.
        numbers = draw_step_numbers(*seed_and_epoch, step, batch, 2 + AUGMENTATION_NUMBERS)
        if part.count == 1:
            jpegs, *rest = batch_decoding.parse_records(encoded, "image", *fields)
        else:
            rest = batch_decoding.parse_records(encoded, *fields)
            encoded, numbers = encoded[own.start : own.stop], numbers[own.start : own.stop]
            (jpegs,) = batch_decoding.parse_records(encoded, "image")
        corners = batch_decoding.choose_window_corners(numbers[:, :2], sizes.whole - sizes.window)
        images = batch_decoding.decode_windows(jpegs, corners, sizes.window, sizes.whole, mirrored)
        return (images, numbers[:, 2:]) if settings.augment else images, *rest

    return decode


def _decode_whole_squares(encoded: tf.Tensor, batch: int, sizes: PictureSizes) -> tuple[tf.Tensor, tf.Tensor]:
    jpegs, labels = batch_decoding.parse_records(encoded, "image", "label")
    return batch_decoding.decode_whole(jpegs, batch, sizes.whole), labels
