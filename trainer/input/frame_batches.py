"""The finder trainer's batches: whole frames, where each lies in the network's square, and the box on it.

Batches of training are ((pictures, placements, numbers), targets), of validation ((pictures, placements, targets),):

    pictures    uint8 (batch, 320, 320, 3), each frame in the top left corner
    placements  float32 (batch, PLACEMENT_VALUES), see trainer.input.frame_placement
    numbers     float32 (batch, AUGMENTATION_NUMBERS) in [0, 1), for the colours
    targets     float32 (batch, TARGET_VALUES): ymin, xmin, ymax, xmax in pixels of the square; the species' place in
                SPECIES, -1 where it is not known; 1 where the frame shows no animal but that of the box, else 0
"""

import tensorflow as tf

from shards.errors import CallError
from shards.record_fields import FRAME_SIDE, WHOLE_FRAMES
from trainer.finder_settings import FinderInputSettings
from trainer.finding.found_pet import SPECIES
from trainer.input import batch_decoding
from trainer.input.augmentation import AUGMENTATION_NUMBERS
from trainer.input.frame_placement import PLACEMENT_NUMBERS, place_letterboxed, place_randomly
from trainer.input.frame_split import FrameSplit
from trainer.input.record_batches import (
    FirstBatches,
    batch_ordered_records,
    batch_shuffled_records,
    draw_first_batches,
    draw_step_numbers,
)

TARGET_VALUES = 6
_FIELDS = ("image", "bbox", "species", "animal_count", "video")


def check_frame_settings(split: FrameSplit, settings: FinderInputSettings) -> None:
    """Raise CallError if an epoch has less than one batch."""
    if split.records < settings.batch_size:
        raise CallError(
            f"batch_size {settings.batch_size} is more than the {split.records} whole frames of {split.name}; make it "
            "smaller"
        )


def make_frame_batches(
    split: FrameSplit, settings: FinderInputSettings, seed: int, epoch: int, skip: int = 0, videos: bool = False
) -> tf.data.Dataset:
    """The training batches of one epoch, but for the first `skip`; the dataset's cardinality is known.

    With `videos` the names of the frames' videos, (batch,), are appended. Without settings.augment frames lie as in
    validation.
    """
    batch, side = settings.batch_size, settings.resolution

    def decode(step: tf.Tensor, encoded: tf.Tensor) -> tuple:
        numbers = draw_step_numbers(seed, epoch, step, batch, PLACEMENT_NUMBERS + AUGMENTATION_NUMBERS)
        pictures, sizes, boxes, rest, names = _decode_frames(encoded, batch)
        if settings.augment:
            placements, placed = place_randomly(sizes, boxes, numbers[:, :PLACEMENT_NUMBERS], side, settings.flip)
        else:
            placements, placed = place_letterboxed(sizes, boxes, side)
        inputs = (pictures, placements, numbers[:, PLACEMENT_NUMBERS:])
        targets = tf.concat([placed, rest], axis=1)
        return (inputs, targets, names) if videos else (inputs, targets)

    return batch_shuffled_records(split, settings, seed, epoch, skip, decode)


def read_first_frame_batches(
    split: FrameSplit, settings: FinderInputSettings, seed: int, count: int, keep_rest: bool
) -> FirstBatches:
    """Read the first `count` batches of epoch 0, or all if it has fewer; with `keep_rest` more can be drawn."""
    return draw_first_batches(make_frame_batches(split, settings, seed, 0, videos=True), count, keep_rest)


def make_frame_validation_batches(split: FrameSplit, settings: FinderInputSettings) -> tf.data.Dataset:
    """Batches of all frames in their order, letterboxed; the last one is padded, so that all have one shape."""
    batch = settings.batch_size

    def decode(encoded: tf.Tensor, _: tf.Tensor) -> tuple:
        pictures, sizes, boxes, rest, _ = _decode_frames(encoded, batch)
        placements, placed = place_letterboxed(sizes, boxes, settings.resolution)
        return ((pictures, placements, tf.concat([placed, rest], axis=1)),)

    return batch_ordered_records(split, batch, decode)


def _decode_frames(encoded: tf.Tensor, batch: int) -> tuple[tf.Tensor, ...]:
    """Pictures in squares, sizes (batch, 2), boxes (batch, 4) as fractions, species and alone (batch, 2), videos."""
    jpegs, boxes, species, animals, videos = batch_decoding.parse_records(encoded, *_FIELDS, kind=WHOLE_FRAMES)
    decoded = batch_decoding.decode_squares(jpegs, batch)
    sizes = tf.cast(tf.stack([tf.shape(picture)[:2] for picture in decoded]), tf.float32)
    pictures = batch_decoding.stack_batch([_pad(picture) for picture in decoded], FRAME_SIDE)
    known = [tf.cast(species == name.upper(), tf.float32) * (place + 1) for place, name in enumerate(SPECIES)]
    alone = tf.cast(animals <= 1, tf.float32)
    return pictures, sizes, boxes, tf.stack([tf.add_n(known) - 1, alone], axis=1), videos


def _pad(picture: tf.Tensor) -> tf.Tensor:
    free = FRAME_SIDE - tf.shape(picture)[:2]
    return tf.pad(picture, [[0, free[0]], [0, free[1]], [0, 0]])
