"""Cut a region out of a picture and resize it, as tensor operations that every export format has.

Each value of the result is the mean over a window of the picture: as wide as the step between two values where the
region shrinks (as OpenCV's INTER_AREA), one pixel wide where it grows (then that mean is linear interpolation). What
lies outside the picture is black. Means come from sums from the picture's edge up to each pixel, so a window of any
width takes two lookups along each axis. The sums are whole numbers, so that nothing is lost in large pictures and every
runtime gets the same; they stay below 2^31 in pictures of up to 32,000 pixels a side.
"""

from typing import NamedTuple

import tensorflow as tf

_FRACTIONS = 256  # a value between the two axes is a whole number of these parts, so that its sums are exact too


class Span(NamedTuple):
    """Along one axis, what part of a picture goes where in the result; float32 tensors (squares,), in pixels."""

    start: tf.Tensor  # of the part of the picture; it may be negative, or end behind the picture
    length: tf.Tensor
    target_start: tf.Tensor  # of that part in the result; what lies before and behind it is black
    target_length: tf.Tensor


class Sums(NamedTuple):
    """Values and their sums along the second axis: (1 or squares, length + 1, other, 3) int32 each."""

    values: tf.Tensor  # with one more place behind the last, for windows that end there
    sums: tf.Tensor  # of the values before each place


def sum_rows(picture: tf.Tensor) -> Sums:
    """What resample_squares takes of a picture, (height, width, 3) uint8: worth doing once for all of its squares."""
    return _sum(tf.cast(picture, tf.int32)[None])


def resample_squares(picture: Sums, rows: Span, columns: Span, side: int) -> tf.Tensor:
    """Squares of a picture.

    Args:
        picture: see sum_rows.
        rows, columns: what part of the picture goes where in each square.
        side: of the squares in pixels.

    Returns:
        (squares, side, side, 3) uint8.
    """
    low_squares = _average_windows(picture, rows, side)  # (squares, side, width of the picture, 3)
    parts = tf.cast(tf.round(low_squares * _FRACTIONS), tf.int32)
    turned = tf.transpose(parts, (0, 2, 1, 3))
    squares = _average_windows(_sum(turned), columns, side) / _FRACTIONS
    return tf.cast(tf.round(tf.transpose(squares, (0, 2, 1, 3))), tf.uint8)


def _sum(values: tf.Tensor) -> Sums:
    padded = tf.pad(values, ((0, 0), (0, 1), (0, 0), (0, 0)))
    return Sums(padded, tf.cumsum(padded, axis=1, exclusive=True))


def _average_windows(of: Sums, span: Span, side: int) -> tf.Tensor:
    """Means along the second axis: (squares, side, other, 3) float32."""
    length = tf.cast(tf.shape(of.values)[1] - 1, tf.float32)
    low, high, width = _place_windows(span, side)
    low, high = tf.clip_by_value(low, 0.0, length), tf.clip_by_value(high, 0.0, length)
    whole_low, whole_high = tf.floor(low), tf.floor(high)
    whole = _take(of.sums, whole_high) - _take(of.sums, whole_low)
    last = tf.cast(_take(of.values, whole_high), tf.float32) * _spread(high - whole_high)
    first = tf.cast(_take(of.values, whole_low), tf.float32) * _spread(low - whole_low)
    return (tf.cast(whole, tf.float32) + (last - first)) / _spread(width)


def _place_windows(span: Span, side: int) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The windows' ends and widths, (squares, side) float32 each; those of black values are empty."""
    places = tf.constant([place + 0.5 for place in range(side)], tf.float32)[None] - span.target_start[:, None]
    step = span.length / span.target_length
    width = tf.maximum(step, 1.0)[:, None]
    # At the part's edges windows are pushed inside: its outermost pixels go on, and its neighbours do not shine in.
    inside = tf.clip_by_value(places * step[:, None] - width / 2, 0.0, tf.maximum(span.length[:, None] - width, 0.0))
    low = span.start[:, None] + inside
    is_inside = tf.logical_and(places > 0, places < span.target_length[:, None])
    return low, low + width * tf.cast(is_inside, tf.float32), tf.broadcast_to(width, tf.shape(low))


def _take(values: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    """Rows at places (squares, side) of values (squares, rows, ..), or of the same values (1, rows, ..) for all."""
    rows = tf.shape(values)[1]
    squares = tf.shape(places)[0]
    own = tf.range(squares)[:, None] * (rows if values.shape[0] != 1 else 0)
    flat = tf.reshape(values, (-1, tf.shape(values)[2], 3))
    return tf.gather(flat, tf.cast(places, tf.int32) + own)


def _spread(values: tf.Tensor) -> tf.Tensor:
    return values[:, :, None, None]
