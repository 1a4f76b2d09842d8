"""What a finder finds, and what every finder can do."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np

from shards.crop_geometry import Box


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
