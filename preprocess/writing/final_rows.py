"""The manifest's final rows: those of the tasks, with what the shard plan and the finished shards add to them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preprocess.near_duplicates.across_videos import REASON_CODES
from preprocess.near_duplicates.matches import NO_MATCH
from preprocess.writing.finished_shard import FinishedShard
from preprocess.writing.finished_work import TaskSummary
from preprocess.writing.shard_plan import ShardPlan
from preprocess.writing.spill import read_task_rows
from shards.manifest import SCHEMA, SPLITS, make_schema
from shards.record_fields import CROPS, RECORD_KINDS, WHOLE_FRAMES, RecordKind
from shards.storage.places import read_in_order
from shards.storage.stores.remote_path import AnyPlace


def complete_rows(
    plan: ShardPlan, tasks: Sequence[TaskSummary], shards: Sequence[FinishedShard], spills: AnyPlace
) -> Iterator[pa.Table]:
    """The manifest's rows, one table for each task, with their split, final status and place in the shards.

    `spills` is the folder of the tasks' spills. In a dry run there are no shards, and no row has a place.
    """
    entries, whole = plan.frames.entries, plan.frames.whole
    crops = _locate_records(plan, shards, CROPS, plan.order, len(entries))
    whole_frames = _locate_records(plan, shards, WHOLE_FRAMES, plan.whole_order, len(whole.frames))
    shard_names = pa.array([shard.name for shard in plan.shards], pa.string())
    splits = {video.name: SPLITS[val] for video, val in zip(plan.videos, plan.is_val.tolist(), strict=True)}
    found = read_in_order(lambda task: read_task_rows(spills, task.name, task.rows_digest), tasks, spills)
    for number, rows in enumerate(found):
        start, stop = plan.frames.starts[number : number + 2]
        frames = np.arange(start, stop)
        columns = {name: rows[name] for name in SCHEMA.names}
        columns |= _apply_deduplication(rows, plan, frames)
        is_written = crops.is_written[start:stop]
        numbers = {name: entries[name] for name in ("video_index", "video_count")}
        for name, values in (crops.columns | numbers).items():
            columns[name] = _spread_over_rows(values[start:stop], is_written, rows)
        first, last = np.searchsorted(whole.frames, (start, stop))
        here = whole.frames[first:last] - start
        is_written = _spread_over_frames(whole_frames.is_written[first:last], here, stop - start)
        for name, values in whole_frames.columns.items():
            spread = _spread_over_frames(values[first:last], here, stop - start)
            columns[name] = _spread_over_rows(spread, is_written, rows)
        for kind in RECORD_KINDS:
            columns[kind.place[0]] = shard_names.take(columns[kind.place[0]])
        columns["split"] = pa.array([splits.get(video) for video in rows["video"].to_pylist()], pa.string())
        yield pa.table(columns).cast(make_schema(8 * rows.schema.field("hash").type.byte_width))


class _Places(NamedTuple):
    """Where the records of one kind are."""

    columns: dict[str, np.ndarray]  # by the names of RecordKind.place, each (records,) int64; the shard as its number
    is_written: np.ndarray  # (records,) bool: whether the record is in a shard


def _locate_records(
    plan: ShardPlan, shards: Sequence[FinishedShard], kind: RecordKind, order: np.ndarray, count: int
) -> _Places:
    """The places of `count` records of a kind, whose planned shards are ranges of `order`."""
    places = _Places({name: np.zeros(count, np.int64) for name in kind.place}, np.zeros(count, bool))
    shard_column, index, offset, length = (places.columns[name] for name in kind.place)
    for number, (planned, shard) in enumerate(zip(plan.shards, shards, strict=False)):
        if planned.kind is kind:
            here = order[planned.start : planned.stop]
            lengths = np.array(shard.lengths, np.int64)
            places.is_written[here] = True
            shard_column[here], index[here] = number, np.arange(len(here))
            length[here], offset[here] = lengths, np.cumsum(lengths) - lengths
    return places


def _spread_over_frames(values: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """`count` values, of which those at `places` are given; the others are 0 or False."""
    spread = np.zeros(count, values.dtype)
    spread[places] = values
    return spread


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
        reason, of = REASON_CODES[outcomes.reason[frame]], int(outcomes.representative[frame])
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
