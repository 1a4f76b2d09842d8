"""Writes a CSV of all dropped frames, each with its representative, their distance and both their labels."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from shards.emotions import EMOTIONS
from shards.manifest import SPLITS
from shards.storage.atomic_write import write_atomically
from tools.duplicates.duplicate_groups import find_roots
from tools.duplicates.hashed_frames import ABSENT, KEPT, OUTCOMES, HashedFrames, number_outcomes

_COLUMNS = ("representative", "direct_representative", "key", "distance", "reason", "representative_mood", "mood")
_COLUMNS += ("representative_species", "species", "representative_split", "split")
_CHUNK = 100_000  # lines that are written at a time


def write_dropped_csv(path: Path, frames: HashedFrames) -> None:
    """Write one line for each frame that was not kept, in the manifest's order.

    `representative` is the key of the group's representative, `direct_representative` that of the frame's own. Both and
    their columns are empty for frames that are no duplicates: unselected ones and label conflicts.
    """
    roots = find_roots(frames)
    dropped = np.flatnonzero(frames.status != KEPT)
    schema = pa.schema([(name, pa.int16() if name == "distance" else pa.string()) for name in _COLUMNS])
    with write_atomically(path) as file, csv.CSVWriter(file, schema) as writer:
        for first in range(0, len(dropped), _CHUNK):
            writer.write_table(_make_lines(frames, roots, dropped[first : first + _CHUNK], schema))


def _make_lines(frames: HashedFrames, roots: np.ndarray, places: np.ndarray, schema: pa.Schema) -> pa.Table:
    direct = frames.representative[places]
    not_represented = direct == ABSENT
    root = roots[places]
    outcomes = pa.array(OUTCOMES).take(pa.array(number_outcomes(frames)[places]))
    moods = [emotion.korean for emotion in EMOTIONS]
    columns = [
        _make_keys(frames, root, not_represented),
        _make_keys(frames, direct, not_represented),
        _make_keys(frames, places, np.zeros(len(places), bool)),
        pa.array(frames.distance[places], mask=not_represented),
        outcomes,
    ]
    for numbers, names in ((frames.mood, moods), (frames.species, frames.species_names), (frames.split, SPLITS)):
        columns += [_decode(numbers[root], names, not_represented), _decode(numbers[places], names)]
    return pa.table(columns, schema=schema)


def _make_keys(frames: HashedFrames, places: np.ndarray, absent: np.ndarray) -> pa.Array:
    videos = pa.array(frames.video_names, pa.string()).take(pa.array(frames.video[places], mask=absent))
    return pc.binary_join_element_wise(videos, pa.array(frames.frame_number[places]).cast(pa.string()), "/")


def _decode(numbers: np.ndarray, names: Sequence[str], absent: np.ndarray | bool = False) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(numbers, mask=(numbers == ABSENT) | absent))
