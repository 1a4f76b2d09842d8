"""Every dropped frame as a line of CSV: whose copy it is, how far from it, and whether their labels agree."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from shards.emotions import EMOTIONS
from shards.manifest import SPLITS
from shards.storage.atomic_write import write_atomically
from tools.duplicates.groups import find_roots
from tools.duplicates.hashed_frames import ABSENT, KEPT, OUTCOMES, HashedFrames, number_outcomes

DROPPED_COLUMNS = (
    "representative",
    "direct_representative",
    "key",
    "distance",
    "reason",
    "representative_mood",
    "mood",
)
DROPPED_COLUMNS += ("representative_species", "species", "representative_split", "split")
_CHUNK = 100_000  # lines at a time


def write_dropped(path: Path, frames: HashedFrames) -> None:
    """One line for each frame that was dropped, in the manifest's order; columns: COLUMNS."""
    roots = find_roots(frames)
    dropped = np.flatnonzero(frames.status != KEPT)
    schema = pa.schema([(name, pa.int16() if name == "distance" else pa.string()) for name in DROPPED_COLUMNS])
    with write_atomically(path) as file, csv.CSVWriter(file, schema) as writer:
        for first in range(0, len(dropped), _CHUNK):
            writer.write_table(_list_dropped(frames, roots, dropped[first : first + _CHUNK], schema))


def _list_dropped(frames: HashedFrames, roots: np.ndarray, places: np.ndarray, schema: pa.Schema) -> pa.Table:
    """Lines of the CSV; unselected and conflicting frames have no representative."""
    direct = frames.of[places]
    alone = direct == ABSENT
    root = roots[places]
    outcomes = pa.array(OUTCOMES).take(pa.array(number_outcomes(frames)[places]))
    moods = [emotion.korean for emotion in EMOTIONS]
    columns = [
        _join_keys(frames, root, alone),
        _join_keys(frames, direct, alone),
        _join_keys(frames, places, np.zeros(len(places), bool)),
        pa.array(frames.distance[places], mask=alone),
        outcomes,
    ]
    for numbers, names in ((frames.mood, moods), (frames.species, frames.kinds), (frames.split, SPLITS)):
        columns += [_name(numbers[root], names, alone), _name(numbers[places], names)]
    return pa.table(columns, schema=schema)


def _join_keys(frames: HashedFrames, places: np.ndarray, absent: np.ndarray) -> pa.Array:
    videos = pa.array(frames.videos, pa.string()).take(pa.array(frames.video[places], mask=absent))
    return pc.binary_join_element_wise(videos, pa.array(frames.number[places]).cast(pa.string()), "/")


def _name(numbers: np.ndarray, names: Sequence[str], absent: np.ndarray | bool = False) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(numbers, mask=(numbers == ABSENT) | absent))
