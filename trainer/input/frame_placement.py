"""Where a whole frame lies in the square that the finder's network sees, in training and in validation.

Graph functions of TensorFlow. In training the animal's place is uniform over the square and its size varies, so that
the network cannot learn that an animal is in the middle of a picture, or as large as in this dataset; what the frame
does not cover has a random colour.
"""

import tensorflow as tf

from trainer.finding.letterbox import plan_letterbox

# Uniform in [0, 1), for each picture: letterbox or random, scale, aspect, y, x, mirror, red, green, blue.
PLACEMENT_NUMBERS = 9
# A placement: scale y, scale x, offset y, offset x, the picture's height and width in pixels, red, green, blue.
# Pixel p of the picture is at p * scale + offset in the square; a mirrored picture has a negative scale x.
PLACEMENT_VALUES = 9

_LETTERBOXED = 0.25  # share of the training pictures that lie as in validation, but for mirroring
_SCALES = (0.4, 1.6)  # times that of the letterbox
_ASPECT = 0.15  # a side is scaled by up to 2**±0.15 more
_BOX_SIDES = (0.06, 0.95)  # least and most of the square's side that the box's longer side takes


def place_letterboxed(sizes: tf.Tensor, boxes: tf.Tensor, side: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Place pictures as inference does.

    Args:
        sizes: float32 (batch, 2), height and width in pixels.
        boxes: float32 (batch, 4), ymin, xmin, ymax, xmax as fractions of the picture.
        side: of the square in pixels.

    Returns:
        Placements, float32 (batch, PLACEMENT_VALUES), and the boxes in pixels of the square, float32 (batch, 4).
    """
    scales, offsets = _plan(sizes, side)
    black = tf.zeros_like(boxes[:, :3])
    placed = _move_boxes(boxes * tf.tile(sizes, [1, 2]), scales, offsets, side)
    return _describe(sizes, scales, offsets, black), placed


def place_randomly(
    sizes: tf.Tensor, boxes: tf.Tensor, numbers: tf.Tensor, side: int, mirror: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """Place training pictures by numbers (batch, PLACEMENT_NUMBERS); for the rest see place_letterboxed."""
    pixels = boxes * tf.tile(sizes, [1, 2])
    box_sides, centres = pixels[:, 2:] - pixels[:, :2], (pixels[:, 2:] + pixels[:, :2]) / 2
    plain_scales, plain_offsets = _plan(sizes, side)
    scales = _draw_scales(numbers, plain_scales, box_sides, side)
    # The box's centre is uniform over the places at which the box lies inside, or, where it is longer, over none.
    free = tf.maximum(side - box_sides * scales, 0.0)
    offsets = (side - free) / 2 + free * numbers[:, 3:5] - centres * scales
    letterboxed = numbers[:, :1] < _LETTERBOXED
    scales, offsets = tf.where(letterboxed, plain_scales, scales), tf.where(letterboxed, plain_offsets, offsets)
    if mirror:
        turned = numbers[:, 5:6] < 0.5
        sign = tf.where(turned, [[1.0, -1.0]], [[1.0, 1.0]])
        offsets = tf.where(turned & [[False, True]], side - offsets, offsets)
        scales = scales * sign
    fill = tf.where(letterboxed, 0.0, 255.0 * numbers[:, 6:9])
    return _describe(sizes, scales, offsets, fill), _move_boxes(pixels, scales, offsets, side)


def _plan(sizes: tf.Tensor, side: int) -> tuple[tf.Tensor, tf.Tensor]:
    placed = plan_letterbox(sizes[:, 0], sizes[:, 1], side)
    return tf.stack(placed[:2], axis=1), tf.stack(placed[2:], axis=1)


def _draw_scales(numbers: tf.Tensor, plain: tf.Tensor, box_sides: tf.Tensor, side: int) -> tf.Tensor:
    """Scales (batch, 2), log-uniform, by which the box is neither too small to see nor larger than the square."""
    low, high = _SCALES
    scale = plain * low * (high / low) ** numbers[:, 1:2]
    longer = tf.maximum(tf.reduce_max(box_sides * scale, axis=1, keepdims=True), 1e-3)
    scale = scale * tf.clip_by_value(longer, _BOX_SIDES[0] * side, _BOX_SIDES[1] * side) / longer
    aspect = 2.0 ** ((numbers[:, 2:3] * 2 - 1) * _ASPECT / 2)
    return scale * tf.concat([aspect, 1 / aspect], axis=1)


def _describe(sizes: tf.Tensor, scales: tf.Tensor, offsets: tf.Tensor, fill: tf.Tensor) -> tf.Tensor:
    return tf.concat([scales, offsets, sizes, fill], axis=1)


def _move_boxes(pixels: tf.Tensor, scales: tf.Tensor, offsets: tf.Tensor, side: int) -> tf.Tensor:
    one, other = pixels[:, :2] * scales + offsets, pixels[:, 2:] * scales + offsets
    return tf.clip_by_value(tf.concat([tf.minimum(one, other), tf.maximum(one, other)], axis=1), 0.0, float(side))
