"""One pass over a manifest, a row group at a time, whatever the number of rows.

Everything that a label says is the same for all frames of its video, so that a row group shrinks to some rows a video
before anything is counted; boxes become histograms at once, and of rows to look at some are remembered.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shards.emotions import EMOTIONS
from shards.errors import DataError
from shards.manifest import MANIFEST_FILE, REJECTIONS, SPLITS, explain_manifest_errors, read_manifest
from tools.overview.box_histograms import BOX_COLUMNS, Boxes

_SHARED = ("video", "label", "split", "species", "action", "breed", "emotion_inspect", "emotion_owner")
_SHARED += ("status", "reason")
_SAMPLED = 400  # rows of a kind that are remembered, to choose frames of different videos from


class Read(NamedTuple):
    """One pass over a manifest."""

    videos: pa.Table  # the columns of _SHARED and `rows`: one row for each combination that there is
    boxes: Boxes  # of kept frames
    samples: "RowSamples"


def summarise_rows(folder: Path, size: int, seed: int, tell: Callable[[int], Any] = lambda rows: None) -> Read:
    """Read a manifest once. `size` is the stored side in pixels; `tell` hears of rows as they are read.

    Raises DataError where the manifest is damaged.
    """
    read, start = Read(pa.table({}), Boxes(size), RowSamples(seed)), 0
    counted = []
    with explain_manifest_errors(folder):
        for rows in read_manifest(folder, [*_SHARED, *BOX_COLUMNS]):
            counted.append(rows.group_by(list(_SHARED)).aggregate([([], "count_all")]))
            read.boxes.add(rows.filter(pc.equal(rows["status"], "kept")))
            read.samples.add(_name_kinds(rows), rows["video"], start)
            start += len(rows)
            tell(len(rows))
    if not counted:
        raise DataError(f"{folder / MANIFEST_FILE}: has no rows, so there is nothing to report; make the dataset again")
    together = pa.concat_tables(counted).group_by(list(_SHARED)).aggregate([("count_all", "sum")])
    return read._replace(videos=together.rename_columns([*_SHARED, "rows"]))


def kind_of(split: str, label: int) -> int:
    """The number of kept frames of a split and a mood, for Samples."""
    return SPLITS.index(split) * len(EMOTIONS) + label


def _name_kinds(rows: pa.Table) -> np.ndarray:
    """For each row what it is a sample of: kind_of, a text's place for reasons behind them, -1 for no sample."""
    split, label = (pc.fill_null(_number(rows[name], known), -1) for name, known in _KINDS)
    kept = pc.equal(rows["status"], "kept").to_numpy()
    kinds = np.where(kept & (label.to_numpy() >= 0), split.to_numpy() * len(EMOTIONS) + label.to_numpy(), -1)
    reasons = pc.fill_null(_number(rows["reason"], REJECTIONS), -1).to_numpy()
    rejected = pc.equal(rows["status"], "rejected").to_numpy() & (reasons >= 0)
    return np.where(rejected, FIRST_REASON + reasons, kinds)


def _number(column: pa.ChunkedArray, known: tuple) -> pa.ChunkedArray:
    return pc.index_in(column, pa.array(known, column.type))


FIRST_REASON = len(SPLITS) * len(EMOTIONS)
_KINDS = (("split", SPLITS), ("label", tuple(range(len(EMOTIONS)))))


class RowSamples:
    """Some rows of each kind at random, the same for the same seed and manifest."""

    def __init__(self, seed: int):
        self._chance = np.random.default_rng(seed)
        self._found: dict[int, list[tuple[float, int, str]]] = {}

    def add(self, kinds: np.ndarray, videos: pa.ChunkedArray, start: int) -> None:
        """Consider rows from place `start` on; kinds (n,) are numbers, negative for rows that are no sample."""
        turns = self._chance.random(len(kinds))
        for kind in np.unique(kinds[kinds >= 0]).tolist():
            places = np.flatnonzero(kinds == kind)
            places = places[np.argsort(turns[places])[:_SAMPLED]]
            names = videos.take(pa.array(places)).to_pylist()
            new = zip(turns[places].tolist(), (start + places).tolist(), names, strict=True)
            self._found[kind] = sorted([*self._found.get(kind, []), *new])[:_SAMPLED]

    def choose(self, kind: int, count: int) -> list[int]:
        """Places in the manifest of up to `count` rows, of different videos as far as there are any."""
        seen: Counter[str] = Counter()
        ranked = []
        for turn, place, video in self._found.get(kind, []):
            ranked.append((seen[video], turn, place))
            seen[video] += 1
        return [place for _, _, place in sorted(ranked)[:count]]
