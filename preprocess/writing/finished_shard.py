"""Notes of finished shards, by which a run that is started again finds the shards that it need not write."""

from array import array
from collections.abc import Sequence

import msgspec

from preprocess.writing.finished_work import DamagedWork, read_note
from shards.dataset import ShardFile
from shards.storage.places import hash_place
from shards.storage.stores.remote_files import read_remote_state
from shards.storage.stores.remote_path import AnyPlace, RemotePath


class FinishedShard(msgspec.Struct):
    """A shard that is written."""

    shard: ShardFile
    identity: tuple[int | str, ...]  # see read_identity
    lengths: Sequence[int]  # bytes of each record with its TFRecord header and checksums
    digest: str = ""  # of this note
    damage: str = ""  # why an earlier shard was found damaged and made again; not in the file


def keep_lengths_small(shard: FinishedShard) -> FinishedShard:
    """The same shard with its records' lengths in 4 bytes each: as Python's numbers, all shards' would take 40."""
    return msgspec.structs.replace(shard, lengths=array("i", shard.lengths))


def find_finished_shard(note: AnyPlace, folders: Sequence[AnyPlace]) -> FinishedShard | None:
    """The finished shard that a note describes, if its file still lies in one of the folders; else None.

    Raises DamagedWork where the note or the file is not what was written.
    """
    finished = read_note(note, FinishedShard)
    for folder in folders if finished else ():
        path = folder / finished.shard.file
        if finished.identity == read_identity(path):
            if hash_place(path) != finished.shard.sha256:
                raise DamagedWork.of_file(path, "differs from what was written")
            return finished
    return None


def is_whole_shard(path: AnyPlace, done: FinishedShard) -> bool:
    """Whether a file is what was written, by this task or by a second one that did the same work meanwhile."""
    identity = read_identity(path)
    return identity == done.identity or (identity is not None and hash_place(path) == done.shard.sha256)


def identify_shard(done: FinishedShard, path: AnyPlace) -> FinishedShard:
    """The same shard in another file."""
    return msgspec.structs.replace(done, identity=read_identity(path))


def read_identity(path: AnyPlace) -> tuple[int | str, ...] | None:
    """(inode, size in bytes, time of change in ns) of a file, (size, version) of one in a store; None where none is.

    A renamed file keeps these, and another file of the same name has others.
    """
    try:
        if isinstance(path, RemotePath):
            return tuple(read_remote_state(path))
        state = path.stat()
    except FileNotFoundError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns
