"""What any number of frames would cost, computed from what was measured on one machine. Nothing here is measured.

The prices are those of the public lists of S3 Standard and of EC2's c7i in us-east-1 as of 2025, in US dollars.
"""

from typing import NamedTuple

from benchmarks.driver import KEPT_SHARE, RECORD_BYTES, TASK_ROWS, VIDEO_ROWS
from benchmarks.epoch.assumptions import ASSUMPTIONS

GET_DOLLARS = 0.4e-6  # a request
PUT_DOLLARS = 5e-6  # a request
CORE_HOUR_DOLLARS = 0.045
GB_MONTH_DOLLARS = 0.023

FRAMES_A_CORE = 400  # a second, of video tasks; 463 and 338 of the two sets of frames of benchmarks.side_by_side
FRAME_BYTES = 377_000  # a frame of 1080p
FRAMES_A_REQUEST = 80  # from zips in a store, see docs/storage.md
EPOCH_IMAGES = ASSUMPTIONS["step rate"].middle  # a second, of EfficientNetB0 on an RTX 3060
_SHARD_BYTES = 128_000_000
# The join of codes that are near none other: 100 million took 556 core seconds by benchmarks.join, which is N^1.38 from
# 10 million on. Beyond that the square is taken, since buckets get fuller.
_JOIN_GROWTH, _SQUARE_FROM = 1.38, 100_000_000


class UnitCosts(NamedTuple):
    """What was measured; seconds are those of one core."""

    driver_bytes: float  # a row
    plan_seconds: float  # a row, without the join
    join_seconds: float  # of `join_codes` codes
    join_codes: float
    manifest_bytes: float  # a row
    index_bytes: float  # a record of the trainer's split
    verify_bytes: float  # a second
    open_seconds: float  # a spill that a shard task opens in vain, on top of its records


class Cost(NamedTuple):
    what: str
    unit: str
    value: float


def count_opened_spills(records: float, tasks: float) -> float:
    """How many of `tasks` spills hold at least one of a shard's records, whose tasks are random."""
    return tasks * (1 - (1 - 1 / tasks) ** records) if tasks > 1 else tasks


def estimate_join_seconds(codes: float, unit: UnitCosts) -> float:
    """Seconds of one core for a join of so many codes."""
    below = min(codes, _SQUARE_FROM)
    return unit.join_seconds * (below / unit.join_codes) ** _JOIN_GROWTH * (codes / below) ** 2


def project(frames: float, unit: UnitCosts) -> list[Cost]:
    """What a run of so many frames costs with today's design, if nothing else stops it."""
    kept, tasks = frames * KEPT_SHARE, frames / TASK_ROWS
    shards, shard_records = kept * RECORD_BYTES / _SHARD_BYTES, _SHARD_BYTES / RECORD_BYTES
    reads = shards * count_opened_spills(shard_records, tasks)
    cut_hours = frames / FRAMES_A_CORE / 3600
    join_hours = estimate_join_seconds(kept, unit) / 3600
    puts = 3 * tasks + 2 * shards  # rows, records and note of a task; a shard and its note
    gets = frames / FRAMES_A_REQUEST + reads + 2 * tasks  # the rows are read for the plan and for the manifest
    dataset_bytes = kept * RECORD_BYTES + frames * unit.manifest_bytes
    return [
        Cost("videos", "", frames / VIDEO_ROWS),
        Cost("frames in the source", "TB", frames * FRAME_BYTES / 1e12),
        Cost("video tasks", "", tasks),
        Cost("shards", "", shards),
        Cost("cutting", "core hours", cut_hours),
        Cost("driver memory", "GB", frames * unit.driver_bytes / 1e9),
        Cost("plan without the join", "hours", frames * unit.plan_seconds / 3600),
        Cost("join", "core hours", join_hours),
        Cost("spills that a shard task opens", "", count_opened_spills(shard_records, tasks)),
        Cost("reads of spills", "", reads),
        Cost("opening spills", "core hours", reads * unit.open_seconds / 3600),
        Cost("requests that read", "", gets),
        Cost("requests that write", "", puts),
        Cost("requests", "dollars", gets * GET_DOLLARS + puts * PUT_DOLLARS),
        Cost("cores", "dollars", (cut_hours + join_hours) * CORE_HOUR_DOLLARS),
        Cost("dataset", "TB", dataset_bytes / 1e12),
        Cost("dataset, stored", "dollars a month", dataset_bytes / 1e9 * GB_MONTH_DOLLARS),
        Cost("manifest", "GB", frames * unit.manifest_bytes / 1e9),
        Cost("trainer's index", "GB", kept * unit.index_bytes / 1e9),
        Cost("verify", "core hours", dataset_bytes / unit.verify_bytes / 3600),
        Cost("an epoch", "GPU hours", kept / EPOCH_IMAGES / 3600),
    ]
