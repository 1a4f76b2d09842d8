"""What a finder finds, and what every finder can do."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np

from shards.crop_geometry import Box

SPECIES = ("dog", "cat")  # in the order of the outputs of our own finder


class FoundPet(NamedTuple):
    """A dog or a cat in a picture."""

    box: Box  # in pixels of the upright picture, never beyond its edges
    species: Literal["dog", "cat"]
    score: float  # 0..1, how sure the finder is; only comparable among answers of one finder


class Finder(Protocol):
    """A network that finds dogs and cats. One thread may use it at a time."""

    def find(self, pictures: Sequence[np.ndarray]) -> list[list[FoundPet]]:
        """The pets in each of the pictures, which are upright RGB, (height, width, 3) uint8, of any sizes.

        The largest comes first. One pet has one box, whether it may be a dog or a cat.
        """
        ...


def sort_by_size(pets: Sequence[FoundPet]) -> list[FoundPet]:
    """The largest box first; equally large ones from left to right, then downwards."""
    return sorted(pets, key=lambda pet: (-pet.box.width * pet.box.height, pet.box.x, pet.box.y))


def make_pixel_box(corners: np.ndarray, width: int, height: int) -> Box:
    """Corners as fractions of a picture -> whole pixels, at least one wide and high, inside the picture."""
    top, left, bottom, right = (float(value) for value in corners)
    x, y = min(round(left * width), width - 1), min(round(top * height), height - 1)
    return Box(x, y, max(1, round(right * width) - x), max(1, round(bottom * height) - y))
