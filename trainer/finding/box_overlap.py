"""How far boxes overlap, and which of several boxes around one pet stays."""

from collections.abc import Sequence

import numpy as np

from shards.crop_geometry import Box


def list_corners(boxes: Sequence[Box]) -> np.ndarray:
    """Boxes as (boxes, 4) float64: ymin, xmin, ymax, xmax."""
    rows = [(box.y, box.x, box.y + box.height, box.x + box.width) for box in boxes]
    return np.array(rows, np.float64).reshape(-1, 4)


def compute_overlaps(corners: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of each box with each other one.

    Args:
        corners: (n, 4), ymin, xmin, ymax, xmax, in any unit.
        others: (m, 4), in the same unit.

    Returns:
        (n, m), 0..1; 0 for two boxes without an area.
    """
    low = np.maximum(corners[:, None, :2], others[None, :, :2])
    high = np.minimum(corners[:, None, 2:], others[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=-1)
    union = _compute_areas(corners)[:, None] + _compute_areas(others)[None] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def suppress_overlapping(corners: np.ndarray, scores: np.ndarray, most_overlap: float) -> np.ndarray:
    """Greedy non-maximum suppression: the best box stays, those that overlap it go, and so on with what is left.

    Args:
        corners: (n, 4), see compute_overlaps.
        scores: (n,).
        most_overlap: two boxes that stay overlap by no more than this.

    Returns:
        Indices of the boxes that stay, the highest score first.
    """
    waiting = np.argsort(-scores, kind="stable")
    kept = []
    while len(waiting):
        best, waiting = waiting[0], waiting[1:]
        kept.append(best)
        waiting = waiting[compute_overlaps(corners[[best]], corners[waiting])[0] <= most_overlap]
    return np.array(kept, np.intp)


def _compute_areas(corners: np.ndarray) -> np.ndarray:
    return np.prod(np.maximum(corners[:, 2:] - corners[:, :2], 0), axis=-1)
