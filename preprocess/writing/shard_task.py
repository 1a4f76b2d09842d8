"""One Ray task: one shard, gathered by one forward read from each spill, sorted in memory, written once."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from preprocess.writing.publication import FinishedShard, find_finished, identify_file, write_finished
from preprocess.writing.spill import DamagedWork, read_records
from shards.dataset import ShardFile
from shards.record import decode_record, encode_record
from shards.storage.atomic_write import write_atomically
from shards.tfrecord import pack_record


def run_shard_task(
    name: str, entries: np.ndarray, spills: Sequence[str], folder: Path, places: Sequence[Path], note: Path
) -> FinishedShard:
    """Write a shard from the entries' records, or find that it is there as an earlier run wrote it.

    Args:
        name: its file's.
        spills: the tasks' names; their spills lie in `folder`.
        places: folders where it may lie by now; it is written into the first.
        note: the file in which its finished work is noted.
    """
    damage = ""
    try:
        if done := find_finished(note, places):
            return done
    except DamagedWork as error:
        damage = str(error)
    out = places[0]
    records: list[bytes] = [b""] * len(entries)
    for task in np.unique(entries["task"]):
        # Both a spill and a shard are in the order of the shuffle key, so these offsets ascend.
        at = np.flatnonzero(entries["task"] == task)
        mine = entries[at]
        found = read_records(folder, spills[task], mine["offset"], mine["length"], mine["check"])
        for place, record in zip(at.tolist(), found, strict=True):
            records[place] = record
    state, lengths = hashlib.sha256(), []
    with write_atomically(out / name) as file:
        for place, record in enumerate(records):
            frame = pack_record(_finish_record(record, entries[place]))
            records[place] = b""
            state.update(frame)
            file.write(frame)
            lengths.append(len(frame))
    shard = ShardFile(name, len(entries), sum(lengths), state.hexdigest())
    done = FinishedShard(shard, identify_file(out / name), lengths)
    write_finished(note, done)
    return msgspec.structs.replace(done, damage=damage)


def _finish_record(record: bytes, entry: np.void) -> bytes:
    places = {name: int(entry[name]) for name in ("video_index", "video_count", "label")}
    return encode_record(decode_record(record) | places)
