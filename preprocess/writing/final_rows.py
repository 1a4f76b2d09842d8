"""The manifest's final rows: those of the tasks, with what the shard plan and the finished shards add to them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preprocess.near_duplicates.across_videos import REASON_CODES
from preprocess.near_duplicates.hamming_join_loops import NO_MATCH
from preprocess.writing.finished_shard import FinishedShard
from preprocess.writing.finished_work import TaskSummary
from preprocess.writing.shard_plan import ShardPlan
from preprocess.writing.spill import read_task_rows
from shards.manifest import SCHEMA, SPLITS, make_schema

_PLACE_COLUMNS = ("shard", "index", "offset", "length", "video_index", "video_count")


def complete_rows(
    plan: ShardPlan, tasks: Sequence[TaskSummary], shards: Sequence[FinishedShard], spills: Path
) -> Iterator[pa.Table]:
    """The manifest's rows, one table for each task, with their split, final status and place in the shards.

    `spills` is the folder of the tasks' spills. In a dry run there are no shards, and no row has a place.
    """
    places, has_place = _locate_records(plan, shards)
    shard_names = pa.array([shard.name for shard in plan.shards], pa.string())
    splits = {video.name: SPLITS[val] for video, val in zip(plan.videos, plan.is_val.tolist(), strict=True)}
    for number, task in enumerate(tasks):
        rows = read_task_rows(spills, task.name, task.rows_digest)
        frames = np.arange(plan.frames.starts[number], plan.frames.starts[number + 1])
        columns = {name: rows[name] for name in SCHEMA.names}
        columns |= _apply_deduplication(rows, plan, frames)
        columns |= {name: _spread_over_rows(values[frames], has_place[frames], rows) for name, values in places.items()}
        columns["shard"] = shard_names.take(columns["shard"])
        columns["split"] = pa.array([splits.get(video) for video in rows["video"].to_pylist()], pa.string())
        yield pa.table(columns).cast(make_schema(8 * rows.schema.field("hash").type.byte_width))


def _locate_records(plan: ShardPlan, shards: Sequence[FinishedShard]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """For each frame of the plan: the columns of its record's place, each (n,) int64, and whether it has a record."""
    entries = plan.frames.entries
    places = {name: np.zeros(len(entries), np.int64) for name in _PLACE_COLUMNS}
    has_place = np.zeros(len(entries), bool)
    places["video_index"][:], places["video_count"][:] = entries["video_index"], entries["video_count"]
    for number, (planned, shard) in enumerate(zip(plan.shards, shards, strict=False)):
        frames = plan.order[planned.start : planned.stop]
        lengths = np.array(shard.lengths, np.int64)
        has_place[frames] = True
        places["shard"][frames], places["index"][frames] = number, np.arange(len(frames))
        places["length"][frames], places["offset"][frames] = lengths, np.cumsum(lengths) - lengths
    return places, has_place


def _spread_over_rows(values: np.ndarray, is_valid: np.ndarray, rows: pa.Table) -> pa.Array:
    """A column for all rows from the values of those that their video keeps, null for others and where not valid."""
    kept = _is_kept_by_video(rows)
    column, is_null = np.zeros(len(rows), values.dtype), np.ones(len(rows), bool)
    column[kept], is_null[kept] = values, ~is_valid
    return pa.array(column, mask=is_null)


def _is_kept_by_video(rows: pa.Table) -> np.ndarray:
    return pc.is_valid(rows["shuffle_key"]).to_numpy()


def _apply_deduplication(rows: pa.Table, plan: ShardPlan, frames: np.ndarray) -> dict[str, pa.Array]:
    """The columns that deduplication across videos changes. `frames` are the plan's frames among these rows."""
    kept, outcomes = np.flatnonzero(_is_kept_by_video(rows)), plan.outcomes
    changed = np.flatnonzero(~outcomes.is_kept[frames] | (outcomes.votes[frames] > 0))
    if not len(changed):
        return {}
    names = ("status", "reason", "note", "label", "duplicate_of", "distance")
    columns = {name: rows[name].to_pylist() for name in names}
    for row, frame in zip(kept[changed].tolist(), frames[changed].tolist(), strict=True):
        reason, of = REASON_CODES[outcomes.reason[frame]], int(outcomes.of[frame])
        columns["reason"][row] = reason
        if of != NO_MATCH:
            columns["status"][row] = "duplicate"
            columns["duplicate_of"][row], columns["distance"][row] = plan.name_key(of), int(outcomes.distance[frame])
        elif reason:
            columns["status"][row] = "rejected"
        else:
            columns["label"][row] = int(outcomes.label[frame])
            # "near-copies", unlike elsewhere: the text is part of the bytes of datasets.
            note = f"mood by the majority of the {outcomes.votes[frame]} videos with near-copies"
            columns["note"][row] = "; ".join(filter(None, (columns["note"][row], note)))
    return {name: pa.array(values, rows.schema.field(name).type) for name, values in columns.items()}
