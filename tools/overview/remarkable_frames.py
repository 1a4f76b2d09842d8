"""Kept frames to look at one by one: a random sample for the map, those of the smallest boxes, those of least detail.

They are gathered in one pass over the manifest, in memory that does not grow with the number of rows.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MAP_FRAMES = 800  # at most on the map: t-SNE then takes seconds, and their pictures some megabytes
SHOWN_OUTLIERS = 12  # of each kind
_LEAST_DETAILED = 200  # whose pictures are measured beside those of the map

REMARKABLE_COLUMNS = ("status", "box_width", "box_height", "detail")


class RemarkablePlaces(NamedTuple):
    """Places in the manifest, each list in the order of its measure."""

    sample: list[int]
    smallest: list[int]
    least_detailed: list[int]


class RemarkableFrames:
    """Gathers them from the manifest's rows; the sample depends on the seed and the manifest only."""

    def __init__(self, seed: int):
        self._rng = np.random.default_rng([seed, 1])
        self._sample = _Least(MAP_FRAMES)
        self._smallest = _Least(SHOWN_OUTLIERS)
        self._least_detailed = _Least(_LEAST_DETAILED)

    def add(self, rows: pa.Table, start: int) -> None:
        """Consider rows with REMARKABLE_COLUMNS, which begin at the place `start` of the manifest."""
        places = start + np.flatnonzero(pc.equal(rows["status"], "kept").to_numpy())
        self._sample.add(self._rng.random(len(rows))[places - start], places)
        sides = pc.max_element_wise(rows["box_width"], rows["box_height"], skip_nulls=False)
        for least, values in ((self._smallest, sides), (self._least_detailed, rows["detail"])):
            known = places[pc.is_valid(values).to_numpy()[places - start]]
            least.add(values.fill_null(0).to_numpy()[known - start], known)

    def list_places(self) -> RemarkablePlaces:
        return RemarkablePlaces(self._sample.list(), self._smallest.list(), self._least_detailed.list())


class _Least:
    """The places of the `count` least values that were added; of equal ones those that come first."""

    def __init__(self, count: int):
        self._count = count
        self._values, self._places = np.empty(0), np.empty(0, np.int64)

    def add(self, values: np.ndarray, places: np.ndarray) -> None:
        values, places = np.append(self._values, values), np.append(self._places, places)
        order = np.lexsort((places, values))[: self._count]
        self._values, self._places = values[order], places[order]

    def list(self) -> list[int]:
        return self._places.tolist()
