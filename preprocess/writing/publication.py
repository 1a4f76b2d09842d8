"""The last stage: rows get their places, the small files are written, and all of it is moved into OUT, index last."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preprocess.near_duplicates.across_videos import REASON_CODES
from preprocess.near_duplicates.matches import NO_MATCH
from preprocess.settings import PreprocessSettings
from preprocess.writing.output_folder import stage_folder
from preprocess.writing.shard_plan import ShardPlan
from preprocess.writing.spill import TaskSummary, blame_work, read_note, read_task_rows
from shards import dataset as index
from shards import manifest
from shards.errors import DataError
from shards.storage.files import hash_file, sync_directory, write_atomically
from shards.storage.seal import seal_json

_PLACE = ("shard", "index", "offset", "length", "video_index", "video_count")


class FinishedShard(msgspec.Struct):
    """A written shard; `identity` (inode, size, ns of change) tells it from another of its name."""

    shard: index.ShardFile
    identity: tuple[int, int, int]
    lengths: list[int]  # bytes of each frame, framing included
    digest: str = ""  # of this note
    damage: str = ""  # what was found damaged, so that the shard was made again; not in the file


def assemble_dataset(
    plan: ShardPlan,
    tasks: Sequence[TaskSummary],
    finished: Sequence[FinishedShard],
    settings: PreprocessSettings,
    spills: Path,
) -> index.Dataset:
    """Write manifest, tfds files and index beside the finished shards."""
    stage = stage_folder(settings)
    with write_atomically(stage / manifest.MANIFEST_FILE) as file:
        counts = manifest.write_manifest(file, place_rows(plan, tasks, finished, spills), settings.hash.bits)
    shards = {split: [done.shard for done in finished if f"-{split}." in done.shard.file] for split in manifest.SPLITS}
    others = [manifest.MANIFEST_FILE, *index.write_tfds_files(stage, settings.crop.size, shards)]
    files = {name: index.describe_file(stage / name) for name in others}
    made = index.Dataset(settings=settings.content, counts=counts, shards=shards, files=files)
    index.write_dataset(stage, made)
    return index.read_dataset(stage)


def write_finished(path: Path, done: FinishedShard) -> None:
    """Leave a note of a shard's work for a run that goes on."""
    with write_atomically(path) as file:
        file.write(seal_json(done))


def find_finished(path: Path, places: Sequence[Path]) -> FinishedShard | None:
    """A shard's work as a note tells of it, where its file lies in one of the folders (waiting, or already moved) just
    as its task wrote it; None where it has to be made.

    Raises DamagedWork where the note, or the file that it tells of, is not what was written.
    """
    done = read_note(path, FinishedShard)
    for folder in places if done else ():
        file = folder / done.shard.file
        if done.identity == identify_file(file):
            if hash_file(file) != done.shard.sha256:
                raise blame_work(file, "differs from what was written")
            return done
    return None


def identify_file(path: Path) -> tuple[int, int, int] | None:
    """What a renamed file keeps and another file of its name has not; None where there is no file."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


def publish_dataset(dataset: index.Dataset, finished: Sequence[FinishedShard], settings: PreprocessSettings) -> None:
    """Rename into OUT, so that a dataset is there as a whole or not at all: an older one's index goes first.

    A run that is killed in here is finished by the next: shards are known by what a rename does not change.
    """
    stage, out = stage_folder(settings), Path(settings.out)
    (out / index.DATASET_FILE).unlink(missing_ok=True)
    sync_directory(out)
    ours = {done.shard.file: done.identity for done in finished}
    for path in index.list_shards(out):
        if identify_file(path) != ours.get(path.name):
            path.unlink()
    for name, identity in ours.items():
        if identify_file(out / name) != identity:  # else it was moved by a run that was killed in here
            if identify_file(stage / name) != identity:
                raise DataError(f"{stage / name} is gone or was changed; run the same command again to make it anew")
            _move(stage / name, out)
    for name in dataset.files:
        _move(stage / name, out)
    sync_directory(out)
    _move(stage / index.DATASET_FILE, out)
    sync_directory(out)


def _move(path: Path, folder: Path) -> None:
    os.replace(path, folder / path.name)


def place_rows(
    plan: ShardPlan, tasks: Sequence[TaskSummary], finished: Sequence[FinishedShard], spills: Path
) -> Iterator[pa.Table]:
    """Each task's rows, which together are in the manifest's order, with their split, their fate and their place.

    Of a dry run no shard is finished, and no row has a place.
    """
    places, has_place = _find_places(plan, finished)
    names = pa.array([shard.name for shard in plan.shards], pa.string())
    splits = {video.name: manifest.SPLITS[val] for video, val in zip(plan.videos, plan.is_val.tolist(), strict=True)}
    for number, task in enumerate(tasks):
        rows = read_task_rows(spills, task.name, task.rows_digest)
        mine = slice(plan.first[number], plan.first[number + 1])
        columns: dict[str, Any] = {name: rows[name] for name in manifest.SCHEMA.names}
        columns |= _judge(rows, plan, np.arange(mine.start, mine.stop))
        columns |= _spread({name: places[name][mine] for name in _PLACE}, rows, has_place[mine])
        columns["shard"] = names.take(columns["shard"])
        columns["split"] = pa.array([splits.get(video) for video in rows["video"].to_pylist()], pa.string())
        yield pa.table(columns).cast(manifest.make_schema(8 * rows.schema.field("hash").type.byte_width))


def _find_places(plan: ShardPlan, finished: Sequence[FinishedShard]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """For each frame that its video keeps the columns of its place in the shards, and whether it has one."""
    count = len(plan.entries)
    places, has_place = {name: np.zeros(count, np.int64) for name in _PLACE}, np.zeros(count, bool)
    places["video_index"][:], places["video_count"][:] = plan.entries["video_index"], plan.entries["video_count"]
    for number, (shard, done) in enumerate(zip(plan.shards, finished, strict=False)):
        mine = plan.order[shard.start : shard.stop]
        lengths = np.array(done.lengths, np.int64)
        has_place[mine], places["shard"][mine], places["index"][mine] = True, number, np.arange(len(mine))
        places["length"][mine], places["offset"][mine] = lengths, np.cumsum(lengths) - lengths
    return places, has_place


def _spread(values: dict[str, np.ndarray], rows: pa.Table, has: np.ndarray) -> dict[str, pa.Array]:
    """Columns of all rows from values of those that their video keeps, null but where `has`."""
    kept = pc.is_valid(rows["shuffle_key"]).to_numpy()
    columns = {}
    for name, some in values.items():
        spread, mask = np.zeros(len(rows), some.dtype), np.ones(len(rows), bool)
        spread[kept], mask[kept] = some, ~has
        columns[name] = pa.array(spread, mask=mask)
    return columns


def _judge(rows: pa.Table, plan: ShardPlan, frames: np.ndarray) -> dict[str, pa.Array]:
    """The columns that near-copies across videos, or labels that contradict one another, change."""
    kept = np.flatnonzero(pc.is_valid(rows["shuffle_key"]).to_numpy())
    fate, names = plan.fate, ("status", "reason", "note", "label", "duplicate_of", "distance")
    changed = np.flatnonzero(~fate.is_kept[frames] | (fate.votes[frames] > 0))
    columns = {name: rows[name].to_pylist() for name in names} if len(changed) else {}
    for row, frame in zip(kept[changed].tolist(), frames[changed].tolist(), strict=True):
        reason, of = REASON_CODES[fate.reason[frame]], int(fate.representative[frame])
        columns["reason"][row] = reason
        if of != NO_MATCH:
            columns["status"][row] = "duplicate"
            columns["duplicate_of"][row], columns["distance"][row] = plan.name_key(of), int(fate.distance[frame])
        elif reason:
            columns["status"][row] = "rejected"
        else:
            columns["label"][row] = int(fate.label[frame])
            note = f"mood by the majority of the {fate.votes[frame]} videos with near-copies"
            columns["note"][row] = "; ".join(filter(None, (columns["note"][row], note)))
    return {name: pa.array(values, rows.schema.field(name).type) for name, values in columns.items()}
