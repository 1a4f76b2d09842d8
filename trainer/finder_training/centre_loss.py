"""The finder's loss: focal loss of the heat map and generalized IoU of the boxes around each centre, in keras.ops.

Targets are Gaussians in the shape of the box, as in TTFNet (Liu et al. 2020, "Training-Time-Friendly Network"): cells
near a centre are punished less for their heat, and they learn the box too, in the measure in which they are near.
Generalized IoU: Rezatofighi et al. 2019.
"""

from collections.abc import Callable
from typing import Any

from keras import ops

from trainer.finding.centre_decoding import decode_box_grid, make_cell_middles
from trainer.finding.centre_network import STRIDE
from trainer.finding.found_pet import SPECIES

_DEVIATION = 0.54 / 6  # of the Gaussian, as a share of the box's side
_LEAST_DEVIATION = 0.4  # cells
_BOX_WEIGHT = 5.0  # of the boxes' part of the loss
_SURROUNDINGS = 0.5  # how far around the box, as a share of its sides, heat is punished where there are more animals


def make_centre_loss(resolution: int) -> Callable[[Any, Any], Any]:
    """A loss of (targets (batch, TARGET_VALUES), heads (batch, cells, cells, HEAD_VALUES)) -> (batch,) float32.

    See trainer.input.frame_batches for the targets. Where a frame shows more animals than that of the box, heat far
    from the box is not punished: it may be one of the others.
    """

    def centre_loss(targets: Any, heads: Any) -> Any:
        targets, heads = ops.cast(targets, "float32"), ops.cast(heads, "float32")
        nearness, is_centre = draw_gaussians(targets, resolution)
        heat = _focal_loss(targets, heads, nearness, is_centre, resolution)
        return heat + _BOX_WEIGHT * _box_loss(targets, heads, nearness, resolution)

    return centre_loss


def draw_gaussians(targets: Any, resolution: int) -> tuple[Any, Any]:
    """How near each cell is to that of the box's centre, (batch, cells, cells) in 0..1, and whether it is that cell.

    The nearness is 1 at the cell of the centre and falls as a Gaussian whose deviations follow from the box's sides.
    """
    boxes = targets[:, None, None, :4] / STRIDE
    centres = (boxes[..., :2] + boxes[..., 2:]) / 2
    last = resolution // STRIDE - 1
    home = ops.clip(ops.floor(centres), 0, last) + 0.5
    deviations = ops.maximum((boxes[..., 2:] - boxes[..., :2]) * _DEVIATION, _LEAST_DEVIATION)
    away = make_cell_middles(resolution) - home
    nearness = ops.exp(-ops.sum(ops.square(away / deviations), axis=-1) / 2)
    return nearness, ops.cast(ops.max(ops.abs(away), axis=-1) < 0.5, "float32")


def _focal_loss(targets: Any, heads: Any, nearness: Any, is_centre: Any, resolution: int) -> Any:
    """CenterNet's: of the species' map at the centre, and of both maps elsewhere. (batch,)."""
    logits = heads[..., : len(SPECIES)]
    hot, cold = ops.log_sigmoid(logits), ops.log_sigmoid(-logits)
    # A species that is not known is the one that the network thinks likelier: any animal is to be found.
    at_centre = ops.sum(logits * is_centre[..., None], axis=(1, 2))
    species = ops.where(targets[:, 4] < 0, ops.argmax(at_centre, axis=-1), ops.cast(targets[:, 4], "int32"))
    is_species = ops.one_hot(species, len(SPECIES), dtype="float32")[:, None, None]
    wanted = is_centre[..., None] * is_species
    tolerated = (1 - nearness[..., None] * is_species) ** 4
    punished = _find_punished(targets, resolution)[..., None] * (1 - wanted)
    found = wanted * ops.square(1 - ops.sigmoid(logits)) * hot
    false = punished * tolerated * ops.square(ops.sigmoid(logits)) * cold
    return -ops.sum(found + false, axis=(1, 2, 3))


def _find_punished(targets: Any, resolution: int) -> Any:
    """Which cells are punished for heat, (batch, cells, cells) of 0 or 1: all, or those in the box's surroundings."""
    boxes = targets[:, None, None, :4] / STRIDE
    margins = (boxes[..., 2:] - boxes[..., :2]) * _SURROUNDINGS
    middles = make_cell_middles(resolution)
    inside = ops.logical_and(middles >= boxes[..., :2] - margins, middles <= boxes[..., 2:] + margins)
    alone = targets[:, 5][:, None, None]
    return ops.maximum(ops.cast(ops.all(inside, axis=-1), "float32"), alone)


def _box_loss(targets: Any, heads: Any, nearness: Any, resolution: int) -> Any:
    """1 - generalized IoU of the cells' boxes, as a mean that weighs cells by their nearness. (batch,)."""
    boxes, others = decode_box_grid(heads, resolution), targets[:, None, None, :4]
    shared = _measure_area(ops.maximum(boxes[..., :2], others[..., :2]), ops.minimum(boxes[..., 2:], others[..., 2:]))
    union = _measure_area(boxes[..., :2], boxes[..., 2:]) + _measure_area(others[..., :2], others[..., 2:]) - shared
    hull = _measure_area(ops.minimum(boxes[..., :2], others[..., :2]), ops.maximum(boxes[..., 2:], others[..., 2:]))
    overlap = shared / ops.maximum(union, 1.0)
    losses = 1 - overlap + (hull - union) / ops.maximum(hull, 1.0)
    # Cells far away would have to say where a box is that they do not see.
    weights = nearness * ops.cast(nearness > 0.1, "float32")
    return ops.sum(losses * weights, axis=(1, 2)) / ops.sum(weights, axis=(1, 2))


def _measure_area(low: Any, high: Any) -> Any:
    return ops.prod(ops.maximum(high - low, 0.0), axis=-1)
