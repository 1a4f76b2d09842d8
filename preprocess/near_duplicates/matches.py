"""The result of a Hamming join."""

from typing import NamedTuple

import numpy as np

NO_MATCH = -1  # in place of a position


class Matches(NamedTuple):
    """The nearest match of each of n codes.

    nearest: int64 (n,), the position of the nearest match, NO_MATCH where there is none.
    distance: int16 (n,), the bits in which the two differ, 0 where there is none.
    """

    nearest: np.ndarray
    distance: np.ndarray

    def select(self, rows: np.ndarray) -> "Matches":
        return Matches(self.nearest[rows], self.distance[rows])
