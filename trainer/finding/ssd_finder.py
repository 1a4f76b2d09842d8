"""The general finder: MediaPipe's SSD-MobileNetV2 for 24 kinds of things of Open Images, as a LiteRT file.

Its input is the whole picture, squeezed to 300 x 300 pixels of -1..1; its outputs are, for each of 1,917 anchors, how
to move and scale it, and the logits of 24 classes, of which dogs and cats are read here. The graph of that file is for
one picture at a time, so pictures go through it one after the other.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from console.calls.extras import explain_missing_packages
from shards.errors import CallError, DataError, describe_error
from trainer.finding.box_overlap import suppress_overlapping
from trainer.finding.found_pet import FoundPet, make_pixel_box, sort_by_size
from trainer.finding.ssd_anchors import INPUT_SIDE, make_anchors
from trainer.tensorflow_startup import without_notes

LITERT_IDENTIFIER = b"TFL3"  # bytes 4 to 8 of a LiteRT file

_CLASSES = {"cat": 8, "dog": 20}  # species -> place among the classes
_CLASS_COUNT = 24
_BOX_SCALES = np.float32([10, 10, 5, 5])  # by which the network's y, x, height, width are larger
_LEAST_SCORE = 0.35  # of 52 photos without a pet, goats and a toy dog score 0.65, and all others 0.25 or less
_MOST_OVERLAP = 0.4  # as MediaPipe sets it
_MOST_CANDIDATES = 200  # before suppression, so that no picture takes longer than others


class SsdFinder:
    """A finder (see trainer.finding.found_pet.Finder) from MediaPipe's SSD. One thread may use it at a time."""

    def __init__(self, path: Path, content: bytes, threads: int = 1):
        """Load the network.

        Args:
            path: of the file, for messages.
            content: the file.
            threads: of the CPU that one picture may use.

        Raises CallError where ai_edge_litert is not installed or the file is another network, DataError where it is
        damaged.
        """
        self._interpreter = _load_interpreter(path, content, threads)
        self._input, self._outputs = _find_tensors(path, self._interpreter)
        self._anchors = make_anchors()

    def find(self, pictures: Sequence[np.ndarray]) -> list[list[FoundPet]]:
        return [self._find_in_one(picture) for picture in pictures]

    def _find_in_one(self, picture: np.ndarray) -> list[FoundPet]:
        height, width = picture.shape[:2]
        self._interpreter.set_tensor(self._input, make_ssd_input(picture))
        self._interpreter.invoke()
        encodings, logits = (self._interpreter.get_tensor(output)[0] for output in self._outputs)
        return decode_pets(encodings, logits, self._anchors, width, height)


def make_ssd_input(picture: np.ndarray) -> np.ndarray:
    """A picture (height, width, 3) uint8 as the network takes it: (1, 300, 300, 3) float32 of -1..1."""
    shrinks = max(picture.shape[:2]) > INPUT_SIDE
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    squeezed = cv2.resize(picture, (INPUT_SIDE, INPUT_SIDE), interpolation=interpolation)
    return (squeezed.astype(np.float32) / 127.5 - 1)[None]


def decode_pets(
    encodings: np.ndarray, logits: np.ndarray, anchors: np.ndarray, width: int, height: int
) -> list[FoundPet]:
    """Turn the network's outputs into pets, the largest first.

    Args:
        encodings: (anchors, 4) float32, how to move and scale each anchor.
        logits: (anchors, 24) float32.
        anchors: see make_anchors.
        width, height: of the picture in pixels.
    """
    of_species = logits[:, list(_CLASSES.values())]
    best = of_species.max(axis=1)
    candidates = np.argsort(-best, kind="stable")[:_MOST_CANDIDATES]
    scores = 1 / (1 + np.exp(-best[candidates].astype(np.float64)))
    candidates, scores = candidates[scores >= _LEAST_SCORE], scores[scores >= _LEAST_SCORE]
    corners = decode_corners(encodings[candidates], anchors[candidates])
    species = np.array(list(_CLASSES))[of_species[candidates].argmax(axis=1)]
    pets = [
        FoundPet(make_pixel_box(corners[i], width, height), str(species[i]), float(scores[i]))
        for i in suppress_overlapping(corners, scores, species, _MOST_OVERLAP)
    ]
    return sort_by_size(pets)


def decode_corners(encodings: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Move and scale anchors: both (n, 4) as y, x, height, width -> (n, 4) ymin, xmin, ymax, xmax, cut to 0..1."""
    scaled = encodings / _BOX_SCALES
    centres = anchors[:, :2] + scaled[:, :2] * anchors[:, 2:]
    # No pet is larger than the picture by e^2; a broken network must not overflow.
    sizes = anchors[:, 2:] * np.exp(np.minimum(scaled[:, 2:], 2))
    return np.clip(np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1), 0, 1)


def _load_interpreter(path: Path, content: bytes, threads: int) -> Any:
    try:
        with without_notes():
            from ai_edge_litert.interpreter import Interpreter

            interpreter = Interpreter(model_content=content, num_threads=threads)
            interpreter.allocate_tensors()
            return interpreter
    except ImportError as error:
        raise CallError(f"--finder {path}: {explain_missing_packages('ai_edge_litert')}") from error
    except (ValueError, RuntimeError) as error:
        raise DataError(
            f"--finder {path}: LiteRT cannot load it: {describe_error(error)}; get the file anew"
        ) from error


def _find_tensors(path: Path, interpreter: Any) -> tuple[int, list[int]]:
    """The numbers of the input, and of the outputs: boxes, classes. Raises CallError for another network."""
    anchor_count = len(make_anchors())
    wanted = [(1, anchor_count, 4), (1, anchor_count, _CLASS_COUNT)]
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    numbers = {tuple(map(int, output["shape"])): output["index"] for output in outputs}
    takes = [(tuple(map(int, details["shape"])), details["dtype"]) for details in inputs]
    if takes != [((1, INPUT_SIDE, INPUT_SIDE, 3), np.float32)] or set(numbers) != set(wanted):
        raise CallError(
            f"--finder {path}: is another network: it takes {', '.join(str(shape) for shape, _ in takes)} and gives "
            f"{', '.join(map(str, numbers))}; MediaPipe's SSD-MobileNetV2 takes (1, {INPUT_SIDE}, {INPUT_SIDE}, 3) and "
            f"gives {wanted[0]}, {wanted[1]}"
        )
    return inputs[0]["index"], [numbers[shape] for shape in wanted]
