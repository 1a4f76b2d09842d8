"""Our own finder at work: pictures of any size in squares, through the network, and boxes back in their pixels."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from trainer.finding.box_overlap import suppress_overlapping
from trainer.finding.finder_json import FinderMetadata, read_finder_metadata
from trainer.finding.found_pet import SPECIES, FoundPet, make_pixel_box, sort_by_size
from trainer.finding.letterbox import Letterbox, plan_letterbox
from trainer.model.onnx_network import ONNX_SUFFIX, OnnxNetwork
from trainer.tensorflow_startup import without_notes

MOST_OVERLAP = 0.5  # two peaks in one large pet are one pet
_BATCH = 8  # pictures that go through the network together, at most


class CentreFinder:
    """Our own finder (see trainer.finding.found_pet.Finder). One thread may use it at a time.

    Args:
        predict: squares (batch, image_size, image_size, 3) uint8 -> the outputs of a finder.keras, by name.
        metadata: the file's.
    """

    def __init__(self, predict: Callable[[np.ndarray], dict[str, Any]], metadata: FinderMetadata):
        self._predict, self.metadata = predict, metadata

    def find(self, pictures: Sequence[np.ndarray]) -> list[list[FoundPet]]:
        side, found = self.metadata.image_size, []
        start = 0
        while start < len(pictures):
            # Batches of 1, 2, 4 or 8: few shapes are compiled.
            count = min(_BATCH, 1 << (len(pictures) - start).bit_length() - 1)
            batch = pictures[start : start + count]
            outputs = self._predict(np.stack([letterbox_picture(picture, side) for picture in batch]))
            found += [
                self._list_pets(picture, {name: np.asarray(value[i]) for name, value in outputs.items()})
                for i, picture in enumerate(batch)
            ]
            start += count
        return found

    def _list_pets(self, picture: np.ndarray, outputs: dict[str, Any]) -> list[FoundPet]:
        height, width = picture.shape[:2]
        corners = leave_letterbox(outputs["boxes"], height, width, self.metadata.image_size)
        scores = outputs["scores"]
        sure = scores >= self.metadata.min_score
        corners, scores, species = corners[sure], scores[sure], outputs["species"][sure]
        pets = [
            FoundPet(make_pixel_box(corners[i], width, height), SPECIES[species[i]], float(scores[i]))
            for i in suppress_overlapping(corners, scores, species, MOST_OVERLAP)
        ]
        return sort_by_size(pets)


def open_centre_finder(path: Path) -> CentreFinder:
    """Open a finder.keras, which starts TensorFlow, or the model.onnx of its export.

    Raises CallError where the file is no finder of this project, DataError where it is damaged.
    """
    if path.suffix == ONNX_SUFFIX:
        return CentreFinder(OnnxNetwork(path).predict, read_finder_metadata(path))
    with without_notes():
        from trainer.finding.centre_file import read_finder

        model, metadata = read_finder(path)
    return CentreFinder(model.predict_on_batch, metadata)


def letterbox_picture(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture (height, width, 3) uint8 in a square (side, side, 3), see trainer.finding.letterbox."""
    height, width = picture.shape[:2]
    placed, (rows, columns) = _plan(height, width, side)
    shrinks = placed.scale_y < 1 or placed.scale_x < 1
    resized = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    square = np.zeros((side, side, 3), np.uint8)
    top, left = int(placed.offset_y), int(placed.offset_x)
    square[top : top + rows, left : left + columns] = resized
    return square


def leave_letterbox(boxes: np.ndarray, heights: Any, widths: Any, side: int) -> np.ndarray:
    """Boxes (.., 4) as fractions of the square, as fractions of the pictures (height and width in pixels), cut to 0..1.

    Heights and widths are numbers, or arrays whose shapes fit in front of the 4.
    """
    heights, widths = np.asarray(heights, np.float64), np.asarray(widths, np.float64)
    placed = plan_letterbox(heights, widths, side)
    offsets = np.stack([placed.offset_y, placed.offset_x] * 2, axis=-1)
    lengths = np.stack([placed.scale_y * heights, placed.scale_x * widths] * 2, axis=-1)
    return np.clip((boxes * side - offsets) / lengths, 0, 1)


def _plan(height: int, width: int, side: int) -> tuple[Letterbox, tuple[int, int]]:
    placed = plan_letterbox(float(height), float(width), side)
    return placed, (round(placed.scale_y * height), round(placed.scale_x * width))
