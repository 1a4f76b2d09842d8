"""Chooses the kept frames whose crops are shown: one by its key, or some of each mood at random."""

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shards.emotions import EMOTIONS
from shards.errors import CallError
from shards.manifest import read_manifest
from shards.storage.stores.remote_path import AnyPlace

_COLUMNS = ["key", "label", "split", "status", "reason", "note", "duplicate_of", "shard", "offset", "species", "video"]


def find_kept_row(folder: AnyPlace, key: str) -> dict[str, Any]:
    """The manifest's row of a kept frame.

    Raises CallError where the key is unknown or its frame is not kept, and says why.
    """
    for rows in read_manifest(folder, _COLUMNS):
        found = rows.filter(pc.equal(rows["key"], key)).to_pylist()
        for row in sorted(found, key=lambda row: row["status"] != "kept"):  # of a frame annotated twice, the kept row
            if row["status"] == "kept":
                return row
            why = (
                f"a duplicate of {row['duplicate_of']}" if row["duplicate_of"] else f"{row['status']}: {row['reason']}"
            )
            raise CallError(f"{key} is not in the shards, it is {why}")
    raise CallError(f"{folder}: no frame has the key {key}; keys are video/frame_number, see its manifest.parquet")


def choose_rows_by_mood(folder: AnyPlace, split: str | None, columns: int, seed: int) -> list[list[dict[str, Any]]]:
    """For each mood up to `columns` rows of kept frames at random, from different videos as far as possible."""
    kept = pa.concat_tables(rows.filter(pc.equal(rows["status"], "kept")) for rows in read_manifest(folder, _COLUMNS))
    if split:
        kept = kept.filter(pc.equal(kept["split"], split))
    rng, grid = random.Random(seed), []
    for label in range(len(EMOTIONS)):
        places = np.flatnonzero(pc.equal(kept["label"], label).to_numpy())
        places = rng.sample(places.tolist(), min(len(places), 50 * columns))
        rows = kept.take(pa.array(places, pa.int64())).to_pylist()
        seen: dict[str, int] = {}
        for row in rows:
            row["turn"] = seen[row["video"]] = seen.get(row["video"], -1) + 1  # 0 for a video's first row, then 1, ..
        grid.append(sorted(rows, key=lambda row: row["turn"])[:columns])
    return grid
