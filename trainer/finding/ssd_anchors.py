"""The anchors of MediaPipe's SSD: the boxes that its network moves and scales, in the order of the network's outputs.

The rules are those of MediaPipe's `ssd_anchors_calculator` with the options of its object detection graph. The method
is that of Liu et al., SSD: Single Shot MultiBox Detector, 2016.
"""

import math

import numpy as np

INPUT_SIDE = 300  # pixels

_STRIDES = (16, 32, 64, 128, 256, 512)  # pixels between the centres, one layer each
_LEAST_SCALE, _MOST_SCALE = 0.2, 0.95  # side of a square anchor, in sides of the picture; evenly spaced over the layers
_ASPECT_RATIOS = (1.0, 2.0, 0.5, 3.0, 1 / 3)  # width over height
# The lowest layer has fewer: MediaPipe's option reduce_boxes_in_lowest_layer.
_LOWEST_SHAPES = ((0.1, 1.0), (_LEAST_SCALE, 2.0), (_LEAST_SCALE, 0.5))  # scale, aspect ratio


def make_anchors() -> np.ndarray:
    """Make the anchors: (1917, 4) float32, y and x of the centre, height and width, as shares of the picture."""
    return np.concatenate([_make_layer(layer) for layer in range(len(_STRIDES))]).astype(np.float32)


def _make_layer(layer: int) -> np.ndarray:
    """The anchors of a layer, row by row, at each place all shapes."""
    places = math.ceil(INPUT_SIDE / _STRIDES[layer])
    centres = (np.arange(places) + 0.5) / places
    shapes = np.array(
        [(scale / math.sqrt(ratio), scale * math.sqrt(ratio)) for scale, ratio in _list_shapes(layer)]
    )  # height, width
    anchors = np.empty((places, places, len(shapes), 4))
    anchors[..., 0] = centres[:, None, None]
    anchors[..., 1] = centres[None, :, None]
    anchors[..., 2:] = shapes
    return anchors.reshape(-1, 4)


def _list_shapes(layer: int) -> list[tuple[float, float]]:
    """Scale and aspect ratio of each anchor; the last one is a square of a size between this layer's and the next's."""
    if layer == 0:
        return list(_LOWEST_SHAPES)
    scale = _find_scale(layer)
    between = math.sqrt(scale * _find_scale(layer + 1))
    return [*((scale, ratio) for ratio in _ASPECT_RATIOS), (between, 1.0)]


def _find_scale(layer: int) -> float:
    last = len(_STRIDES) - 1
    return 1.0 if layer > last else _LEAST_SCALE + (_MOST_SCALE - _LEAST_SCALE) * layer / last
