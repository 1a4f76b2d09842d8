"""From the network's heads to boxes, in keras.ops: peaks by max-pooling and top_k, without suppression afterwards.

Works on tensors, and on the symbolic ones of a functional model, so that it becomes part of a model file.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from trainer.finding.centre_network import STRIDE
from trainer.finding.found_pet import SPECIES

MOST_PETS = 16  # boxes for each picture; those with a score of 0 are none

_UNIT = 0.3  # a size of 0 is this share of the square's side
_LARGEST = math.log(2 / _UNIT)  # no box is twice as large as the square; a broken network must not overflow


class CentreBoxes(NamedTuple):
    """What is found in a batch of pictures, the highest score first."""

    boxes: Any  # float32 (batch, MOST_PETS, 4): ymin, xmin, ymax, xmax as fractions of the square, cut to 0..1
    species: Any  # int32 (batch, MOST_PETS), places in SPECIES
    scores: Any  # float32 (batch, MOST_PETS), 0..1


def decode_centres(heads: Any, resolution: int) -> CentreBoxes:
    """Find the peaks of the heat map and their boxes.

    Args:
        heads: float32 (batch, cells, cells, HEAD_VALUES) as the network gives them.
        resolution: of the network, pixels.
    """
    cells = resolution // STRIDE
    heat = ops.sigmoid(heads[..., : len(SPECIES)])
    hottest = ops.max(heat, axis=-1, keepdims=True)  # of all species: one pet is one peak
    around = ops.max_pool(hottest, 3, 1, "same", data_format="channels_last")
    peaks = hottest * ops.cast(ops.equal(hottest, around), "float32")
    scores, places = ops.top_k(ops.reshape(peaks, (-1, cells * cells)), MOST_PETS)
    box_grid = decode_box_grid(heads, resolution) / resolution
    # Of two species; argmax would need a bit operation that LiteRT does not have.
    species_grid = ops.cast(heat[..., 1:] > heat[..., :1], "float32")
    values = ops.reshape(ops.concatenate([box_grid, species_grid], axis=-1), (-1, cells * cells, 5))
    # A product with ones and zeros: gathering by place would be one more operation that some formats do not have.
    chosen = ops.matmul(ops.one_hot(places, cells * cells, dtype="float32"), values)
    species = ops.cast(ops.round(chosen[..., 4]), "int32")
    return CentreBoxes(ops.clip(chosen[..., :4], 0.0, 1.0), species, scores)


def decode_box_grid(heads: Any, resolution: int) -> Any:
    """The box that each cell states, (batch, cells, cells, 4): ymin, xmin, ymax, xmax in pixels of the square.

    A cell's size values are logs of height and width over _UNIT of the side; its offset, in cells, leads from the
    cell's middle to the box's.
    """
    first = len(SPECIES)
    sizes = ops.exp(ops.clip(heads[..., first : first + 2], -6.0, _LARGEST)) * (_UNIT * resolution)
    centres = (heads[..., first + 2 :] + make_cell_middles(resolution)) * STRIDE
    return ops.concatenate([centres - sizes / 2, centres + sizes / 2], axis=-1)


def make_cell_middles(resolution: int) -> np.ndarray:
    """The middles of the cells, y and x in cells: (1, cells, cells, 2) float32.

    An array of numpy's: a tensor in a model would become an input of its ONNX file.
    """
    cells = resolution // STRIDE
    return np.moveaxis(np.indices((cells, cells), np.float32), 0, -1)[None] + np.float32(0.5)
