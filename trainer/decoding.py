"""Batches of encoded pictures -> pixels: of a stored square its window alone, of a full frame the crop.

Graph functions of TensorFlow; what they cost is what the pipeline costs, so each says why it is written as it is.
"""

from functools import partial

import numpy as np
import tensorflow as tf

from shards.fields import FIELDS
from trainer.frames import Frames

# A window that begins within a JPEG's 16 pixel blocks of colour (4:2:0) decodes the columns to its left as well, at a
# fifth of the rate. So random windows begin at multiples of it: at three places instead of 33 across, for 224 of 256
# pixels. Lines are decoded from the top one by one, and may begin anywhere.
_BLOCK = 16

# In training and validation alike: the same with and without SIMD, as preprocess and inference decode, for a fiftieth
# of the decoder's time. TensorFlow's default differs from it by 1 of 255 on average.
DCT = "INTEGER_ACCURATE"

_SCALES = (0, 1, 2, 3)  # libjpeg decodes at 1 / 2**scale


def parse_records(records: tf.Tensor, *names: str) -> list[tf.Tensor]:
    """The named fields of a batch of serialised records, each (batch,)."""
    kinds = {name: tf.io.FixedLenFeature([], tf.int64 if FIELDS[name] is int else tf.string) for name in names}
    parsed = tf.io.parse_example(records, kinds)
    return [parsed[name] for name in names]


def place_windows(numbers: tf.Tensor, free: int, ratio: int) -> tf.Tensor:
    """Top left corners, int32 (batch, 2), from numbers in [0, 1): down anywhere in 0..free, to the right in blocks.

    Where not even one block is free they begin anywhere to the right too, or none would leave the left edge.
    """
    block = _BLOCK // ratio
    steps = np.array([1, block if free >= block else 1])
    return tf.cast(numbers * (free // steps + 1), tf.int32) * steps.astype(np.int32)


def decode_squares(images: tf.Tensor, batch: int, ratio: int = 1) -> list[tf.Tensor]:
    """Stored squares, whole, at 1 / ratio of their side."""
    return [tf.io.decode_jpeg(image, channels=3, ratio=ratio, dct_method=DCT) for image in tf.unstack(images, batch)]


def decode_windows(images: tf.Tensor, corners: tf.Tensor, size: int, batch: int, ratio: int) -> list[tf.Tensor]:
    """Of each stored square only a window: what lies below it is never decoded, what is beside it in part.

    Corners and size count in pixels of the square at 1 / ratio.
    """
    windows = tf.concat([corners, tf.fill([batch, 2], size)], axis=1)
    pairs = zip(tf.unstack(images, batch), tf.unstack(windows, batch), strict=True)
    decode = partial(tf.io.decode_and_crop_jpeg, channels=3, ratio=ratio, dct_method=DCT)
    return [decode(image, window) for image, window in pairs]


def cut_windows(pictures: tf.Tensor, corners: tf.Tensor, size: int, batch: int) -> list[tf.Tensor]:
    """The same windows of pictures that are decoded already."""
    pairs = zip(tf.unstack(pictures, batch), tf.unstack(corners, batch), strict=True)
    return [tf.slice(picture, [*tf.unstack(corner), 0], [size, size, 3]) for picture, corner in pairs]


def mirror(pictures: list[tf.Tensor]) -> list[tf.Tensor]:
    """Every second one turned left to right: which pictures these are was drawn with the order of the batch.

    A condition for each picture would cost a fiftieth of the rate, and reversing all of them more than decoding them.
    """
    return [tf.reverse(picture, [1]) if place % 2 else picture for place, picture in enumerate(pictures)]


def stack(pictures: list[tf.Tensor], size: int) -> tf.Tensor:
    """uint8 (batch, size, size, 3), all four known to the graph."""
    images = tf.stack(pictures)
    images.set_shape([len(pictures), size, size, 3])
    return images


def plan_regions(frames: Frames, size: int) -> dict[str, np.ndarray]:
    """What to decode of each full frame for a crop of `size` pixels: arrays with one row each, in scaled pixels.

    `scale`: the frame is decoded at 1 / 2**scale, the smallest that leaves at least `size` pixels; `side` of the crop
    there. `region` (top, left, height, width) is what the frame has of it, `margin` (top, left) what is black before
    that. It begins a `fraction` (down, to the right) of a pixel later; then the region is a pixel longer.
    """
    corners, crop, edges = frames.crops[:, 1::-1], frames.crops[:, 2:], frames.sizes[:, ::-1]
    scale = np.select([crop >= 2**scale * size for scale in (3, 2, 1)], [3, 2, 1], 0)
    ratio = 2**scale
    side, scaled = (2 * crop + ratio) // (2 * ratio), -(-edges // ratio)
    begin = 2 * corners + crop - side * ratio  # the same centre; in 1 / (2 * ratio) of a scaled pixel
    within = (corners >= 0) & (corners + crop <= edges)
    begin = np.where(within, np.clip(begin, 0, 2 * ratio * (scaled - side)), begin)  # no black line by rounding
    start, rest = begin // (2 * ratio), begin % (2 * ratio)
    first, last = np.maximum(start, 0), np.minimum(start + side + (rest > 0), scaled)
    return {
        "scale": scale[:, 0].astype(np.int32),
        "side": side[:, 0].astype(np.int32),
        "region": np.concatenate([first, last - first], axis=1).astype(np.int32),
        "margin": (first - start).astype(np.int32),
        "fraction": (rest / (2 * ratio)).astype(np.float32),
    }


def decode_frames(rows: dict[str, tf.Tensor], size: int) -> tf.Tensor:
    """The crops of a batch of full frames, uint8 (batch, size, size, 3); rows are those of plan_regions, and `path`.

    One loop in the graph, not a branch for each picture and scale: that would take seconds to trace.
    """
    return tf.map_fn(
        partial(decode_frame, size=size), rows, fn_output_signature=tf.TensorSpec([size, size, 3], tf.uint8)
    )


def decode_frame(row: dict[str, tf.Tensor], size: int) -> tf.Tensor:
    """One crop: its region at its scale, black where it leaves the frame, area-resampled, or enlarged bilinearly."""
    data = tf.io.read_file(row["path"])
    ways = [
        lambda ratio=2**scale: tf.io.decode_and_crop_jpeg(data, row["region"], channels=3, ratio=ratio, dct_method=DCT)
        for scale in _SCALES
    ]
    pixels = tf.switch_case(row["scale"], ways)
    side, before, fraction = row["side"], row["margin"], row["fraction"]
    after = side + tf.cast(fraction > 0, tf.int32) - before - row["region"][2:]
    pixels = tf.pad(pixels, tf.concat([tf.stack([before, after], axis=1), [[0, 0]]], axis=0))
    pixels = tf.cast(pixels, tf.float32)
    pixels = tf.cond(tf.reduce_any(fraction > 0), lambda: _shift(pixels, side, fraction), lambda: pixels)
    picture = tf.cond(
        side < size,
        lambda: tf.image.resize(pixels, [size, size], tf.image.ResizeMethod.BILINEAR),
        lambda: tf.image.resize(pixels, [size, size], tf.image.ResizeMethod.AREA),
    )
    return tf.ensure_shape(tf.cast(tf.round(picture), tf.uint8), [size, size, 3])


def _shift(pixels: tf.Tensor, side: tf.Tensor, fraction: tf.Tensor) -> tf.Tensor:
    """The square of `side` pixels that begins at a fraction of a pixel, interpolated."""
    pixels = pixels[:side] * (1 - fraction[0]) + pixels[-side:] * fraction[0]
    return pixels[:, :side] * (1 - fraction[1]) + pixels[:, -side:] * fraction[1]
