"""A picture as pixels -> its pets, each with the logits of its moods. Knows neither files nor printing.

Everything that answers a picture goes through a PetJudge: the command line, and a page that many use at once. Both
networks are loaded once. A caller that has pictures of several users gives them in one call, and gets a list for each.

    judge = open_pet_judge(Path("runs/pets/model.keras"), Path("finder.tflite"), min_pet=0.05)
    [pets] = judge.judge([picture])

A PetJudge is used by one thread at a time: with many callers, let one thread own it and take pictures from a queue.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from shards.crop_geometry import Box
from shards.emotions import EMOTIONS
from trainer.answer_flags import ANSWER_FLAGS
from trainer.answering.box_crop import crop_square
from trainer.finding.finder_file import open_finder
from trainer.finding.found_pet import Finder
from trainer.model.mood_json import Metadata, read_metadata
from trainer.model.mood_network import MoodNetwork, open_mood_network

_MIN_PET = ANSWER_FLAGS["min_pet"].default


class JudgedPet(NamedTuple):
    """A pet in a picture, or a whole picture that was judged without looking for pets."""

    box: Box  # in pixels of the upright picture
    species: Literal["dog", "cat"] | None  # as the finder says; None: no finder looked
    score: float | None  # 0..1, how sure the finder is; None: no finder looked
    logits: np.ndarray  # (6,) float32, for equal priors; see trainer.answering.answers.DecisionRule


class PetJudge:
    """The networks that find pets and tell their moods.

    Args:
        network: tells the moods, see trainer.model.mood_network.
        metadata: the model's.
        finder: finds the pets; None: whole pictures are judged.
        min_pet: the least longer side of a pet's box, as a share of the picture's shorter side, 0..1.
        batch_size: the most squares in one batch of the mood network.
    """

    def __init__(
        self,
        network: MoodNetwork,
        metadata: Metadata,
        finder: Finder | None = None,
        min_pet: float = _MIN_PET,
        batch_size: int = 32,
    ):
        self.metadata = metadata
        self._network, self._finder = network, finder
        self._min_pet, self._batch_size = min_pet, batch_size

    def judge(self, pictures: Sequence[np.ndarray]) -> list[list[JudgedPet]]:
        """The pets in each of the pictures, the largest first; an empty list where there is none.

        Args:
            pictures: upright RGB, (height, width, 3) uint8, of any sizes; they may belong to several callers.

        Without a finder, the only one is the whole picture, with neither species nor score.
        """
        if self._finder is None:
            logits = self.judge_whole(pictures)
            return [
                [JudgedPet(_frame(picture), None, None, row)] for picture, row in zip(pictures, logits, strict=True)
            ]
        found = [
            [pet for pet in pets if max(pet.box.width, pet.box.height) >= self._min_pet * min(picture.shape[:2])]
            for picture, pets in zip(pictures, self._finder.find(pictures), strict=True)
        ]
        squares = [self._crop(picture, pet.box) for picture, pets in zip(pictures, found, strict=True) for pet in pets]
        logits = iter(self._predict(squares))
        return [[JudgedPet(*pet, next(logits)) for pet in pets] for pets in found]

    def judge_whole(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """Logits (pictures, 6) float32 of the whole pictures, whatever is on them."""
        return self._predict([self._crop(picture, None) for picture in pictures])

    def _crop(self, picture: np.ndarray, box: Box | None) -> np.ndarray:
        return crop_square(picture, box, self.metadata.crop_grow, self.metadata.image_size)

    def _predict(self, squares: list[np.ndarray]) -> np.ndarray:
        batches = _cut_batches(squares, self._batch_size)
        logits = [self._network.predict_logits(np.stack(batch)) for batch in batches]
        return np.concatenate([np.empty((0, len(EMOTIONS)), np.float32), *logits])


def open_pet_judge(
    weight_path: Path, finder_path: Path | None, min_pet: float = _MIN_PET, batch_size: int = 32
) -> PetJudge:
    """Open a model and a finder (see open_finder); a model.keras starts TensorFlow.

    Args:
        weight_path: the model.keras of a run, or the model.onnx of an export.
        finder_path: see trainer.finding.finder_file.open_finder; None: whole pictures are judged.
        min_pet, batch_size: see PetJudge.

    Raises CallError where a file is not what it should be, DataError where it is damaged.
    """
    return make_pet_judge(weight_path, open_finder(finder_path) if finder_path else None, min_pet, batch_size)


def make_pet_judge(
    weight_path: Path, finder: Finder | None, min_pet: float = _MIN_PET, batch_size: int = 32
) -> PetJudge:
    """The same with a finder that is open already."""
    metadata = read_metadata(weight_path)
    return PetJudge(open_mood_network(weight_path), metadata, finder, min_pet, batch_size)


def _cut_batches(squares: list[np.ndarray], most: int) -> Iterator[list[np.ndarray]]:
    """Cut into batches of 1, 2, 4, 8 .. squares, the largest first: few shapes are compiled, and none is padded."""
    start = 0
    while start < len(squares):
        size = 1 << (min(most, len(squares) - start).bit_length() - 1)
        yield squares[start : start + size]
        start += size


def _frame(picture: np.ndarray) -> Box:
    height, width = picture.shape[:2]
    return Box(0, 0, width, height)
