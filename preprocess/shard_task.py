"""One Ray task: one shard, gathered by one forward read from each spill, sorted in memory, written once."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from preprocess.assembly import FinishedShard, identify_file
from preprocess.spill import read_records
from shards.dataset import ShardFile
from shards.files import write_atomically
from shards.record import decode_record, encode_record
from shards.tfrecord import frame_record


def run_shard_task(name: str, entries: np.ndarray, spills: Sequence[str], folder: Path, out: Path) -> FinishedShard:
    """Write `out`/`name` from the entries' records; `spills` are the tasks' names, the spills lie in `folder`."""
    records: list[bytes] = [b""] * len(entries)
    for task in np.unique(entries["task"]):
        # Both a spill and a shard are in the order of the shuffle key, so these offsets ascend.
        places = np.flatnonzero(entries["task"] == task)
        mine = entries[places]
        found = read_records(folder, spills[task], mine["offset"], mine["length"])
        for place, record in zip(places.tolist(), found, strict=True):
            records[place] = record
    state, lengths = hashlib.sha256(), []
    with write_atomically(out / name) as file:
        for place, record in enumerate(records):
            frame = frame_record(_finish_record(record, entries[place]))
            records[place] = b""
            state.update(frame)
            file.write(frame)
            lengths.append(len(frame))
    shard = ShardFile(name, len(entries), sum(lengths), state.hexdigest())
    return FinishedShard(shard, identify_file(out / name), lengths)


def _finish_record(record: bytes, entry: np.void) -> bytes:
    places = {name: int(entry[name]) for name in ("video_index", "video_count", "label")}
    return encode_record(decode_record(record) | places)
