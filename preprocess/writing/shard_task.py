"""One Ray task: one shard. Its records are gathered by one forward read of each spill and written in their order."""

import hashlib
from collections.abc import Sequence

import msgspec
import numpy as np

from preprocess.writing.finished_shard import FinishedShard, find_finished_shard, read_identity
from preprocess.writing.finished_work import DamagedWork, write_note
from preprocess.writing.spill import read_records
from shards.dataset import ShardFile, find_record_kind
from shards.record import decode_record, encode_record
from shards.record_fields import RecordKind
from shards.storage.places import read_in_order, write_place
from shards.storage.stores.remote_path import AnyPlace
from shards.tfrecord import pack_record


def run_shard_task(
    name: str,
    entries: np.ndarray,
    tasks: Sequence[str],
    spills: AnyPlace,
    folders: Sequence[AnyPlace],
    note: AnyPlace,
) -> FinishedShard:
    """Write a shard, or find that an earlier run has written it.

    Args:
        name: of its file, which says the kind of its records.
        entries: its records, (records,) SHARD_ENTRY.
        tasks: the names of the video tasks that the entries count; their spills lie in the folder `spills`.
        spills: the folder of the spills.
        folders: where an earlier run may have left the shard; a new one is written into the first.
        note: the file that describes the finished shard.
    """
    damage = ""
    try:
        if finished := find_finished_shard(note, folders):
            return finished
    except DamagedWork as error:
        damage = str(error)
    finished = _write_shard(folders[0] / name, entries, _gather_records(entries, tasks, spills))
    write_note(note, finished)
    return msgspec.structs.replace(finished, damage=damage)


def _gather_records(entries: np.ndarray, tasks: Sequence[str], spills: AnyPlace) -> list[bytes]:
    """The records as the video tasks wrote them, in the order of the entries; of a disk one spill is open at a time."""
    records: list[bytes] = [b""] * len(entries)
    by_task = np.argsort(entries["task"], kind="stable")
    places = np.split(by_task, np.flatnonzero(np.diff(entries["task"][by_task])) + 1)

    def read(here: np.ndarray) -> list[bytes]:
        mine = entries[here]  # offsets ascend: spills and shards are both sorted by shuffle key
        return read_records(spills, tasks[mine["task"][0]], mine["offset"], mine["length"], mine["check"])

    for here, found in zip(places, read_in_order(read, places, spills), strict=True):
        for place, record in zip(here.tolist(), found, strict=True):
            records[place] = record
    return records


def _write_shard(path: AnyPlace, entries: np.ndarray, records: list[bytes]) -> FinishedShard:
    """Write the completed records. The list is emptied on the way to save memory."""
    state, lengths, kind = hashlib.sha256(), [], find_record_kind(path.name)
    with write_place(path) as file:
        for place, record in enumerate(records):
            framed = pack_record(_complete_record(record, entries[place], kind))
            records[place] = b""
            state.update(framed)
            file.write(framed)
            lengths.append(len(framed))
    shard = ShardFile(path.name, len(entries), sum(lengths), state.hexdigest())
    return FinishedShard(shard, read_identity(path), lengths)


def _complete_record(record: bytes, entry: np.void, kind: RecordKind) -> bytes:
    """Add the fields that the shard plan decides."""
    names = ("video_index", "video_count", "label")
    decided = {name: int(entry[name]) for name in names if name in kind.fields}
    return encode_record(decode_record(record, kind.fields) | decided, kind.fields)
