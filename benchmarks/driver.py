"""Memory and time of the driver for millions of rows: python -m benchmarks.driver [--rows 2000000]

A separate process writes made-up rows as the video tasks of a run would leave them. This process then plans the shards
and writes the manifest as a run does.

Time: about two minutes for 2 million rows, most of it for writing the rows. Last line: rows, kept rows, peak memory and
memory of the imports in GB, seconds of plan and assembly, and the manifest's MB.
"""

import hashlib
import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.memory import read_peak_gb
from console.command import Parser, run_command
from preprocess.output_folder.publication import assemble_dataset
from preprocess.output_folder.work_folders import spill_folder, staging_folder
from preprocess.settings import PreprocessSettings
from preprocess.writing.final_rows import complete_rows
from preprocess.writing.finished_shard import FinishedShard
from preprocess.writing.finished_work import Origin, TaskSummary, VideoSummary
from preprocess.writing.shard_plan import make_plan
from preprocess.writing.spill import make_spill_schema
from shards.dataset import ShardFile
from shards.errors import CallError

_SCHEMA = make_spill_schema(64)
TASK_ROWS = 2000
VIDEO_ROWS = 100
WHOLE_FRAMES_PER_VIDEO = 4
KEPT_SHARE = 0.5  # of the rows
RECORD_BYTES = 12_000
# All that the plan reads. The other columns, mostly text, take most of the time of writing.
PLAN_COLUMNS = (
    *("label", "frame_number", "hash", "detail", "crop_size", "pixels", "shuffle_key"),
    *(f"{kind}spill_{part}" for kind in ("", "frame_") for part in ("offset", "length", "check")),
)


def write_task(folder: Path, number: int, is_narrow: bool = False) -> TaskSummary:
    """Write the rows of one task, with all columns filled as in a real run; returns the task's summary.

    A narrow task has only PLAN_COLUMNS: it can be planned with, but not assembled.
    """
    rng = np.random.default_rng(number)
    videos_a_task = TASK_ROWS // VIDEO_ROWS
    names = [f"20201028_cat-walkrun-{number * videos_a_task + i:06}.mp4" for i in range(videos_a_task)]
    frames = np.tile(np.arange(VIDEO_ROWS) * 6, len(names))
    kept = rng.random(TASK_ROWS) < KEPT_SHARE
    whole = kept & (np.cumsum(kept.reshape(-1, VIDEO_ROWS), 1).ravel() <= WHOLE_FRAMES_PER_VIDEO)
    numbers = pa.array(rng.integers(0, 1000, TASK_ROWS), pa.int32())
    text = pa.array(["코리안 숏헤어"] * TASK_ROWS)
    filled = {
        "frame_number": pa.array(frames, pa.int32()),
        "label": pa.array(np.full(TASK_ROWS, 3), pa.int8()),
        "hash": pa.array([value.tobytes() for value in rng.integers(0, 2**63, TASK_ROWS)], pa.binary(8)),
        "detail": pa.array(rng.integers(10_000, 50_000, TASK_ROWS), pa.int32()),
        "pixels": pa.nulls(TASK_ROWS, pa.binary(16)),
        "shuffle_key": pa.array(rng.integers(0, 2**63, TASK_ROWS, dtype=np.uint64), pa.uint64(), mask=~kept),
        "spill_offset": pa.array(np.arange(TASK_ROWS) * RECORD_BYTES, pa.int64(), mask=~kept),
        "spill_length": pa.array(np.full(TASK_ROWS, RECORD_BYTES), pa.int32(), mask=~kept),
        "frame_spill_offset": pa.array(np.arange(TASK_ROWS) * RECORD_BYTES, pa.int64(), mask=~whole),
        "frame_spill_length": pa.array(np.full(TASK_ROWS, RECORD_BYTES), pa.int32(), mask=~whole),
        "frame_spill_check": pa.array(np.zeros(TASK_ROWS), pa.uint32(), mask=~whole),
    }
    if not is_narrow:
        filled |= _fill_text(np.repeat(names, VIDEO_ROWS), frames, kept)
    fields = [field for field in _SCHEMA if not is_narrow or field.name in PLAN_COLUMNS]
    columns = [filled[f.name] if f.name in filled else (text if f.type == pa.string() else numbers) for f in fields]
    arrays = [column.cast(field.type) for column, field in zip(columns, fields, strict=True)]
    table = pa.table(arrays, schema=pa.schema(fields))
    path = folder / f"{number}.parquet"
    pq.write_table(table, path, compression="zstd")
    counts = kept.reshape(-1, VIDEO_ROWS).sum(1).tolist()
    summaries = [
        VideoSummary(n, None, i % 6, f"{number}/{i}", count)
        for i, (n, count) in enumerate(zip(names, counts, strict=True))
    ]
    found = {"kept": int(kept.sum()), "duplicate": int((~kept).sum())}
    return TaskSummary(
        name=str(number),
        origin=Origin("", ""),
        rows=TASK_ROWS,
        counts=found,
        reasons={},
        record_bytes=sum(counts) * RECORD_BYTES,
        unannotated_frames=0,
        videos=summaries,
        rows_digest=hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest(),
    )


def _fill_text(videos: np.ndarray, frames: np.ndarray, kept: np.ndarray) -> dict[str, pa.Array]:
    """The columns of text that differ from row to row; and of moods' names, which are filled in with the manifest."""
    keys = [f"{video}/{frame}" for video, frame in zip(videos, frames, strict=True)]
    files = [
        f"Training/원천데이터/CAT/WALKRUN/{video}/frame_{f}_timestamp_{f * 33}.jpg"
        for video, f in zip(videos, frames, strict=True)
    ]
    return {
        "key": pa.array(keys),
        "video": pa.array(videos),
        "image_file": pa.array(files),
        "label_file": pa.array(files),
        "status": pa.array(np.where(kept, "kept", "duplicate")),
        "reason": pa.array(np.where(kept, None, "near_in_video"), pa.string()),
        "duplicate_of": pa.array(np.where(kept, None, np.array(keys, object)), pa.string()),
        "mood_korean": pa.nulls(TASK_ROWS, _SCHEMA.field("mood_korean").type),
        "mood_english": pa.nulls(TASK_ROWS, _SCHEMA.field("mood_english").type),
    }


def write_tasks(folder: Path, tasks: int) -> None:
    summaries = [write_task(folder, number) for number in range(tasks)]
    (folder / "summaries").write_bytes(msgspec.json.encode(summaries))


def main(arguments: list[str]) -> int:
    parser = Parser("benchmarks.driver", __doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    rows = parser.parse_args(arguments).rows
    if rows < TASK_ROWS:
        raise CallError(f"--rows {rows}: give at least {TASK_ROWS}, the rows of one task")
    with tempfile.TemporaryDirectory() as folder:
        settings = PreprocessSettings(source=["made-up"], out=folder)
        spills = spill_folder(settings)
        for place in (spills, staging_folder(settings)):
            place.mkdir(parents=True)
        writer = multiprocessing.get_context("spawn").Process(target=write_tasks, args=(spills, rows // TASK_ROWS))
        writer.start()
        writer.join()
        tasks = msgspec.json.decode((spills / "summaries").read_bytes(), type=list[TaskSummary])
        at_start, start = read_peak_gb(), time.perf_counter()
        plan = make_plan(tasks, spills, settings)
        planned = time.perf_counter()
        finished = [
            FinishedShard(
                ShardFile(shard.name, shard.stop - shard.start, (shard.stop - shard.start) * RECORD_BYTES, ""),
                (0, 0, 0),
                [RECORD_BYTES] * (shard.stop - shard.start),
            )
            for shard in plan.shards
        ]
        dataset = assemble_dataset(complete_rows(plan, tasks, finished, spills), finished, settings)
        figures = {
            "rows": dataset.counts["rows"],
            "kept": dataset.counts["kept"],
            "peak_gb": round(read_peak_gb(), 2),
            "imports_gb": round(at_start, 2),
            "plan_seconds": round(planned - start, 1),
            "assemble_seconds": round(time.perf_counter() - planned, 1),
            "manifest_mb": round(dataset.files["manifest.parquet"].bytes / 1e6),
        }
    for name, value in figures.items():
        print(f"{name:<18}{value:>12}")
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("driver", main, sys.argv[1:]))
