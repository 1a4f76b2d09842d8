"""Random rows of a manifest, stratified by split and mood for kept frames and by reason for rejected rows."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shards.emotions import EMOTIONS
from shards.manifest import REJECTIONS, SPLITS

_MOST_REMEMBERED = 400  # rows of a stratum, enough to choose frames of different videos from


def number_kept_stratum(split: str, label: int) -> int:
    """The number of the stratum of kept frames with a split and a mood."""
    return SPLITS.index(split) * len(EMOTIONS) + label


def number_rejected_stratum(reason: str) -> int:
    """The number of the stratum of rows that were rejected for a reason."""
    return len(SPLITS) * len(EMOTIONS) + REJECTIONS.index(reason)


class RowSamples:
    """A random sample of each stratum's rows, gathered in one pass; it depends on the seed and the manifest only."""

    def __init__(self, seed: int):
        self._rng = np.random.default_rng(seed)
        self._remembered: dict[int, list[tuple[float, int, str]]] = {}  # (random number, place, video), ascending

    def add(self, strata: np.ndarray, videos: pa.ChunkedArray, start: int) -> None:
        """Consider the manifest's rows from the place `start` on.

        `strata`, (n,) int, and `videos` are those of the rows; rows of negative strata are never sampled.
        """
        keys = self._rng.random(len(strata))
        for stratum in np.unique(strata[strata >= 0]).tolist():
            places = np.flatnonzero(strata == stratum)
            places = places[np.argsort(keys[places])[:_MOST_REMEMBERED]]
            names = videos.take(pa.array(places)).to_pylist()
            new = zip(keys[places].tolist(), (start + places).tolist(), names, strict=True)
            self._remembered[stratum] = sorted([*self._remembered.get(stratum, []), *new])[:_MOST_REMEMBERED]

    def choose(self, stratum: int, count: int) -> list[int]:
        """Places in the manifest of up to `count` rows, from different videos as far as possible."""
        seen: Counter[str] = Counter()
        ranked = []
        for key, place, video in self._remembered.get(stratum, []):
            ranked.append((seen[video], key, place))
            seen[video] += 1
        return [place for _, _, place in sorted(ranked)[:count]]


def number_strata(rows: pa.Table) -> np.ndarray:
    """The stratum of each row by its split, label, status and reason, (n,) int; -1 for a row of none."""
    split, label = _encode(rows["split"], SPLITS), _encode(rows["label"], range(len(EMOTIONS)))
    kept = pc.equal(rows["status"], "kept").to_numpy() & (label >= 0)
    strata = np.where(kept, split * len(EMOTIONS) + label, -1)
    reason = _encode(rows["reason"], REJECTIONS)
    rejected = pc.equal(rows["status"], "rejected").to_numpy() & (reason >= 0)
    return np.where(rejected, number_rejected_stratum(REJECTIONS[0]) + reason, strata)


def _encode(column: pa.ChunkedArray, values: Sequence) -> np.ndarray:
    """The place of each entry among `values`, (n,) int; -1 for null and for other entries."""
    return pc.fill_null(pc.index_in(column, pa.array(list(values), column.type)), -1).to_numpy()
