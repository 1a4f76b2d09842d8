"""How well boxes are found: average precision, and the overlap of the best box.

Each frame has one annotated animal; a finder gives several boxes with scores. A box counts as found at an IoU t if it
is the first of its frame, by score, that overlaps the annotated one by at least t; any other is a false find, unless
the frame shows more animals than are annotated: there it is left out, since it may be one of the others.
"""

from typing import NamedTuple

import numpy as np

OVERLAPS = tuple(np.arange(50, 100, 5) / 100)  # at which AP is averaged, as COCO does
_LEAST_SCORE = 0.01  # boxes below are left out: they are many, and change nothing


class FoundBoxes(NamedTuple):
    """A finder's answers to frames, as overlaps with the annotated boxes."""

    overlaps: np.ndarray  # (frames, k) IoU with the frame's annotated box, the highest score first
    scores: np.ndarray  # (frames, k), 0..1, descending
    species_right: np.ndarray  # bool (frames, k): the species is that of the frame
    several: np.ndarray  # bool (frames,): the frame shows more animals than are annotated

    def select(self, frames: np.ndarray) -> "FoundBoxes":
        return FoundBoxes(*(column[frames] for column in self))

    @property
    def best_overlaps(self) -> np.ndarray:
        """(frames,) IoU of the box with the highest score."""
        return np.where(self.scores[:, 0] > 0, self.overlaps[:, 0], 0.0)


class _RankedBoxes(NamedTuple):
    """All boxes of all frames, the highest score first; one column for each overlap of OVERLAPS."""

    frames: np.ndarray  # (boxes,)
    found: np.ndarray  # bool (boxes, overlaps)
    false: np.ndarray  # bool (boxes, overlaps)
    last_of_score: np.ndarray  # bool (boxes,): the next box has another score


def compare_boxes(boxes: np.ndarray, annotated: np.ndarray) -> np.ndarray:
    """IoU (frames, k) of boxes (frames, k, 4) with each frame's annotated one (frames, 4); ymin, xmin, ymax, xmax."""
    annotated = annotated[:, None]
    low, high = np.maximum(boxes[..., :2], annotated[..., :2]), np.minimum(boxes[..., 2:], annotated[..., 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=-1)
    areas = [np.prod(np.maximum(each[..., 2:] - each[..., :2], 0), axis=-1) for each in (boxes, annotated)]
    union = areas[0] + areas[1] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def compute_average_precision(answers: FoundBoxes, weights: np.ndarray | None = None) -> np.ndarray:
    """Average precision at each of OVERLAPS: the area under precision over recall, made to fall.

    Boxes of equal scores are taken together, so that their order does not matter.

    Args:
        answers: to the frames.
        weights: (resamples, frames), how often each frame counts; once where not given.

    Returns:
        (resamples, overlaps); (1, overlaps) without weights. NaN where no frame counts.
    """
    ranked = _rank_boxes(answers)
    weights = np.ones((1, len(answers.scores))) if weights is None else weights
    return np.stack([_measure_areas(ranked, row) for row in weights])


def choose_least_score(answers: FoundBoxes, overlap: float = 0.5) -> float:
    """The score at which F1, of frames found and boxes false at an IoU, is highest; boxes below it are not told."""
    ranked = _rank_boxes(answers)
    if not len(ranked.frames):
        return 0.5
    column = OVERLAPS.index(overlap)
    found, false = np.cumsum(ranked.found[:, column]), np.cumsum(ranked.false[:, column])
    f1 = 2 * found / (found + false + len(answers.scores))
    scores = _list_scores(answers)
    ends = np.flatnonzero(ranked.last_of_score)
    return float(scores[ends[np.argmax(f1[ends])]])


def _rank_boxes(answers: FoundBoxes) -> _RankedBoxes:
    frames, scores = answers.scores.shape
    frame_of_box = np.repeat(np.arange(frames), scores)
    hits = answers.overlaps.reshape(frames, scores, 1) >= np.array(OVERLAPS)
    hits &= (answers.scores >= _LEAST_SCORE)[..., None]
    found = hits & (np.cumsum(hits, axis=1) == 1)
    false = ~found & ~answers.several[:, None, None]
    order, kept = _order_boxes(answers), answers.scores.ravel() >= _LEAST_SCORE
    order = order[kept[order]]
    sorted_scores = answers.scores.ravel()[order]
    last = np.append(sorted_scores[1:] != sorted_scores[:-1], True) if len(order) else np.zeros(0, bool)
    columns = len(OVERLAPS)
    return _RankedBoxes(frame_of_box[order], found.reshape(-1, columns)[order], false.reshape(-1, columns)[order], last)


def _order_boxes(answers: FoundBoxes) -> np.ndarray:
    return np.argsort(-answers.scores.ravel(), kind="stable")


def _list_scores(answers: FoundBoxes) -> np.ndarray:
    scores = answers.scores.ravel()[_order_boxes(answers)]
    return scores[scores >= _LEAST_SCORE]


def _measure_areas(ranked: _RankedBoxes, weights: np.ndarray) -> np.ndarray:
    """AP at each overlap, of frames that count `weights` (frames,) times."""
    total = weights.sum()
    if not total:
        return np.full(len(OVERLAPS), np.nan)
    if not len(ranked.frames):
        return np.zeros(len(OVERLAPS))
    of_box = weights[ranked.frames][:, None]
    found = np.cumsum(ranked.found * of_box, axis=0)[ranked.last_of_score]
    false = np.cumsum(ranked.false * of_box, axis=0)[ranked.last_of_score]
    precision = found / np.maximum(found + false, 1e-9)
    falling = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    steps = np.diff(found / total, axis=0, prepend=0)
    return (falling * steps).sum(axis=0)
