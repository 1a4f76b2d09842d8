"""What a shard task is told, and what it gathers from the spills."""

from pathlib import Path
from types import SimpleNamespace

import google_crc32c
import numpy as np
import pytest

from preprocess.ray_tasks import ShardCalls
from preprocess.settings import PreprocessSettings
from preprocess.writing.finished_shard import find_finished_shard, keep_lengths_small
from preprocess.writing.kept_frames import SHARD_ENTRY
from preprocess.writing.shard_plan import PlannedShard, ShardPlan
from preprocess.writing.shard_task import run_shard_task
from shards.record import decode_record, encode_record
from shards.record_fields import CROPS
from shards.tfrecord import iterate_records

SHARD = "pet_mood-train.tfrecord-00000-of-00001"
TASKS = 7  # of which those of odd numbers have no record in the shard


@pytest.fixture
def entries(tmp_path):
    """The entries of 40 records whose tasks take no turns; their spills lie in tmp_path."""
    tasks = 2 * np.random.default_rng(0).integers(0, 4, 40)
    entries, spills = np.zeros(40, SHARD_ENTRY), [b""] * TASKS
    for place, task in enumerate(tasks.tolist()):
        record = encode_record({"image": b"x" * place, "key": f"v/{place}", "label": 0})
        entries[place] = (task, len(spills[task]), len(record), google_crc32c.value(record), place, 40, 3)
        spills[task] += record
    for task, data in enumerate(spills):
        (tmp_path / f"task{task}.records").write_bytes(data)
    return entries


def write_shard(folder: Path, entries: np.ndarray, names: list[str], spills: Path):
    folder.mkdir()
    return run_shard_task(SHARD, entries, names, spills, (folder,), folder / "note.json")


def list_calls(entries: np.ndarray, out: Path) -> ShardCalls:
    """The calls of a plan with this one shard, of whose parts only those that calls are made from are there."""
    plan = ShardPlan(
        [], np.zeros(0, bool), "", SimpleNamespace(entries=entries), None, np.arange(40), np.arange(0),
        [PlannedShard(SHARD, 0, 40, CROPS)],
    )  # fmt: skip
    tasks = [SimpleNamespace(name=f"task{number}", rows_digest="") for number in range(TASKS)]
    return ShardCalls(plan, tasks, PreprocessSettings(source=["a"], out=str(out)))


def test_records_come_in_the_order_of_the_entries(tmp_path, entries):
    done = write_shard(tmp_path / "out", entries, [f"task{n}" for n in range(TASKS)], tmp_path)
    with open(tmp_path / "out" / SHARD, "rb") as file:
        records = [decode_record(found.record) for found in iterate_records(file)]
    assert [record["key"] for record in records] == [f"v/{place}" for place in range(40)]
    assert [record["video_index"] for record in records] == list(range(40))
    assert done.shard.records == len(done.lengths) == 40


def test_a_call_names_only_the_tasks_of_its_shard_and_gives_the_same_bytes(tmp_path, entries):
    before = entries.copy()
    calls = list_calls(entries, tmp_path / "data")
    name, told, names, *_, note = calls[0]
    assert len(calls) == 1 and name == SHARD
    assert names == ["task0", "task2", "task4", "task6"]
    assert (entries == before).all()  # the plan's own are as they were
    assert note == list_calls(entries, tmp_path / "data")[0][-1]
    whole = write_shard(tmp_path / "whole", entries, [f"task{n}" for n in range(TASKS)], tmp_path)
    assert write_shard(tmp_path / "told", told, names, tmp_path).shard == whole.shard


def test_small_lengths_are_the_same_numbers(tmp_path, entries):
    done = write_shard(tmp_path / "out", entries, [f"task{n}" for n in range(TASKS)], tmp_path)
    small = keep_lengths_small(done)
    assert list(small.lengths) == done.lengths and small.lengths.itemsize == 4
    found = find_finished_shard(tmp_path / "out" / "note.json", (tmp_path / "out",))
    assert keep_lengths_small(found).lengths == small.lengths
