"""A whole picture -> its pets with their moods: finder and mood network as one function.

It is what trainer.answering.pet_judge does, written in TensorFlow's operations, so that it becomes one SavedModel,
LiteRT or ONNX file: letterbox, finder, overlapping boxes, squares by the rule of training, mood network. Numbers of
whole pixels are kept as float32, in which they are exact: not every format divides whole numbers alike.
"""

from typing import NamedTuple

import keras
import tensorflow as tf

from trainer.exporting.picture_resampling import Span, Sums, resample_squares, sum_rows
from trainer.finding.box_overlap import MOST_INSIDE, SURE_BY_ITSELF
from trainer.finding.centre_finder import MOST_OVERLAP
from trainer.finding.letterbox import plan_letterbox


class PhotoRules(NamedTuple):
    """What is fixed in a file beside its networks."""

    finder_side: int  # pixels of the finder's square
    mood_side: int  # pixels of the mood network's squares
    crop_grow: float  # side of a pet's square over the longer side of its box, see shards.crop_geometry
    min_score: float  # of the finder
    min_pet: float  # least longer side of a box, as a share of the picture's shorter side


def judge_photo(
    finder: keras.Model, network: keras.Model, rules: PhotoRules, picture: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Find the pets on a picture and tell their moods.

    Args:
        finder: the model in a finder.keras.
        network: the model in a model.keras.
        picture: upright RGB, (height, width, 3) uint8.

    Returns:
        `count`, int32, the number of pets, 0 to 16; and for each, the largest first: `boxes` (16, 4) float32 (ymin,
        xmin, ymax, xmax, as fractions of the picture), `species` (16,) int32 (0 dog, 1 cat), `scores` (16,) float32,
        `logits` and `probabilities` (16, 6) float32. Rows behind the last pet are 0: LiteRT cannot give out none.
    """
    shape = tf.cast(tf.shape(picture), tf.float32)
    height, width = shape[0], shape[1]
    pixels = sum_rows(picture)
    found = _find(finder, rules.finder_side, pixels, height, width)
    tops, lefts, bottoms, rights = _round_boxes(found["boxes"], height, width)
    told = _choose(found, rules, height, width)
    areas = (bottoms - tops) * (rights - lefts) * tf.cast(told, tf.float32)
    order = tf.math.top_k(areas, tf.shape(areas)[0]).indices
    count = tf.reduce_sum(tf.cast(told, tf.int32))
    # At least one square goes through the network: batches of none are not known to all runtimes.
    chosen = order[: tf.maximum(count, 1)]
    taken = [tf.gather(edge, chosen) for edge in (tops, lefts, bottoms, rights)]
    judged = network(_cut_squares(pixels, taken, rules, height, width))
    boxes = tf.stack([tops / height, lefts / width, bottoms / height, rights / width], axis=1)
    pets = {"boxes": boxes, "species": found["species"], "scores": found["scores"]}
    answer = {name: tf.gather(value, chosen) for name, value in pets.items()}
    rows = {name: _fill(value[:count], tf.shape(areas)[0] - count) for name, value in (answer | judged).items()}
    return {"count": count, **rows}


def is_told_alike(finder: keras.Model, rules: PhotoRules, picture: tf.Tensor, step: float) -> bool:
    """Whether the same boxes are told where the finder's scores for a picture are larger, or smaller, by `step`."""
    height, width = (float(side) for side in picture.shape[:2])
    found = _find(finder, rules.finder_side, sum_rows(picture), tf.constant(height), tf.constant(width))
    scores = (found["scores"] - step, found["scores"] + step)
    less, more = (_choose(found | {"scores": moved}, rules, height, width) for moved in scores)
    return bool(tf.reduce_all(tf.equal(less, more)))


def _fill(rows: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Rows, and so many of zeros behind them."""
    return tf.pad(rows, [[0, count], *[[0, 0]] * (len(rows.shape) - 1)])


def _find(finder: keras.Model, side: int, picture: Sums, height: tf.Tensor, width: tf.Tensor) -> dict[str, tf.Tensor]:
    """The finder's answers for one picture, with boxes as fractions of the picture."""
    placed = plan_letterbox(height, width, side)
    zero = tf.zeros((1,))
    rows = Span(zero, height[None], placed.offset_y[None], tf.round(height * placed.scale_y)[None])
    columns = Span(zero, width[None], placed.offset_x[None], tf.round(width * placed.scale_x)[None])
    outputs = finder(resample_squares(picture, rows, columns, side))
    offsets = tf.stack([placed.offset_y, placed.offset_x] * 2)
    lengths = tf.stack([placed.scale_y * height, placed.scale_x * width] * 2)
    boxes = tf.clip_by_value((outputs["boxes"][0] * side - offsets) / lengths, 0.0, 1.0)
    return {"boxes": boxes, "species": outputs["species"][0], "scores": outputs["scores"][0]}


def _round_boxes(boxes: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Top, left, bottom and right in whole pixels, (boxes,) each; see trainer.finding.found_pet.make_pixel_box."""
    top = tf.minimum(tf.round(boxes[:, 0] * height), height - 1)
    left = tf.minimum(tf.round(boxes[:, 1] * width), width - 1)
    bottom = tf.maximum(tf.round(boxes[:, 2] * height), top + 1)
    right = tf.maximum(tf.round(boxes[:, 3] * width), left + 1)
    return top, left, bottom, right


def _choose(found: dict[str, tf.Tensor], rules: PhotoRules, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Which boxes are told, (boxes,) bool: sure enough, not of a pet that has a surer box, and large enough.

    See trainer.finding.box_overlap.suppress_overlapping.
    """
    tops, lefts, bottoms, rights = tf.unstack(found["boxes"], axis=1)
    areas = (bottoms - tops) * (rights - lefts)
    shared = _share(tops, bottoms) * _share(lefts, rights)
    too_near = shared > MOST_OVERLAP * (areas[:, None] + areas[None] - shared)
    is_inside = shared > MOST_INSIDE * tf.minimum(areas[:, None], areas[None])
    is_like = tf.logical_and(found["species"][:, None] == found["species"][None], is_inside)
    is_part = tf.logical_and(is_like, found["scores"][:, None] < SURE_BY_ITSELF)  # rows: the less sure box
    too_near = tf.logical_or(too_near, is_part)
    # The finder gives its boxes from the highest score down: each is held against those before it.
    stays: list[tf.Tensor] = []
    for i in range(found["scores"].shape[0]):
        covered = [tf.logical_and(stays[j], too_near[i, j]) for j in range(i)]
        sure = found["scores"][i] >= rules.min_score
        stays.append(tf.logical_and(sure, tf.logical_not(tf.reduce_any(tf.stack(covered)))) if covered else sure)
    top, left, bottom, right = _round_boxes(found["boxes"], height, width)
    longest = tf.maximum(bottom - top, right - left)
    return tf.logical_and(tf.stack(stays), longest >= rules.min_pet * tf.minimum(height, width))


def _share(low: tf.Tensor, high: tf.Tensor) -> tf.Tensor:
    """How much of an axis each two boxes share, (boxes, boxes)."""
    return tf.maximum(tf.minimum(high[:, None], high[None]) - tf.maximum(low[:, None], low[None]), 0.0)


def _cut_squares(
    picture: Sums, edges: list[tf.Tensor], rules: PhotoRules, height: tf.Tensor, width: tf.Tensor
) -> tf.Tensor:
    """The square around each box as the mood network takes it; see shards.crop_geometry.place_crop."""
    top, left, bottom, right = edges
    longer, shorter_edge = tf.maximum(bottom - top, right - left), tf.minimum(height, width)
    size = tf.maximum(tf.round(rules.crop_grow * longer), 1.0)
    size = tf.where(size > shorter_edge, tf.maximum(shorter_edge, longer), size)
    rows, columns = (
        Span(_shift_inside(tf.floor((low + high - size) / 2), size, extent), size, 0.0 * size, 0.0 * size + side)
        for low, high, extent in ((top, bottom, height), (left, right, width))
        for side in (float(rules.mood_side),)
    )
    return resample_squares(picture, rows, columns, rules.mood_side)


def _shift_inside(start: tf.Tensor, size: tf.Tensor, extent: tf.Tensor) -> tf.Tensor:
    free = extent - size
    return tf.minimum(tf.maximum(start, tf.minimum(free, 0.0)), tf.maximum(free, 0.0))
