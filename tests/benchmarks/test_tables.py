"""What the tables of `make bench` check of their ways, and the arithmetic of their limits."""

from importlib import import_module

import numpy as np
import pytest

from benchmarks.join import make_random_walks
from benchmarks.side_by_side.__main__ import main
from benchmarks.side_by_side.jobs import JOBS
from benchmarks.side_by_side.tables.near_copies import find_wrong_neighbours
from benchmarks.side_by_side.tables.shell import find_failed_calls
from benchmarks.side_by_side.tables.training_step import find_lost_training
from benchmarks.side_by_side.tables.verification import find_unverified, repeat_dataset
from benchmarks.ways.near_copies.our_join import count_bucket_pairs, count_wrong_groups
from benchmarks.ways.near_copies.sampled_queries import find_least
from preprocess.near_duplicates.band_layout import plan_bands
from preprocess.near_duplicates.hamming_join import cluster_codes
from shards.dataset import read_dataset
from shards.errors import CallError
from shards.verification import verify_dataset

CODES = make_random_walks(600, np.random.default_rng(1))


def test_each_job_has_its_tables():
    for job in JOBS:
        module, _, function = job.tables.partition(":")
        assert callable(getattr(import_module(f"benchmarks.side_by_side.tables.{module}"), function))


def test_a_call_is_checked_before_peers_are_installed(tmp_path):
    assert main(["hashing", "--dry_run", "--out", str(tmp_path / "page.md")]) == 0
    with pytest.raises(CallError, match="hashin: no such job; give some of crops, loaders"):
        main(["hashin", "--dry_run"])
    assert not list(tmp_path.iterdir())


def test_the_nearest_is_another_code_than_the_query():
    assert find_least(4, [(3, 5), (4, 0), (9, 7)]) == 5


def test_a_code_without_neighbours_has_none():
    assert find_least(3, [(3, 0)]) == -1


def test_other_neighbours_than_ours_are_a_fault():
    right, wrong = {"least": [-1, 2, 4]}, {"least": [-1, 3, 4]}
    assert find_wrong_neighbours({"pet mood": right | {"wrong": 0}, "faiss": right, "comparing": {}}) == {}
    faults = find_wrong_neighbours({"pet mood": right | {"wrong": 0}, "faiss": wrong})
    assert faults == {"faiss": "1 of 3 checked codes have another nearest neighbour"}
    assert find_wrong_neighbours({"pet mood": right | {"wrong": 2}}).keys() == {"pet mood"}


def test_groups_that_are_not_what_they_state_are_counted():
    codes = CODES.reshape(-1, 1)
    groups = cluster_codes(codes, 7)
    copies = np.flatnonzero(groups.nearest >= 0)
    assert len(copies) > 10 and count_wrong_groups(codes, groups, 7) == 0
    groups.distance[copies[0]] += 1
    groups.nearest[copies[1]] = copies[0]  # no representative
    assert count_wrong_groups(codes, groups, 7) == 2


def test_the_pairs_of_buckets_are_those_that_differ_little_in_a_band():
    bands = plan_bands(64, 7, len(CODES))
    pairs = 0
    for band in bands:
        values = (CODES >> np.uint64(band.shift)) & np.uint64((1 << band.width) - 1)
        near = np.bitwise_count(values[:, None] ^ values) <= band.radius
        pairs += (int(near.sum()) - len(CODES)) // 2
    assert count_bucket_pairs(CODES, bands) == pairs > 0


def test_a_repeated_dataset_is_whole_and_as_large_as_asked(odd_dataset, tmp_path):
    repeat_dataset(odd_dataset, tmp_path / "large", 1_000_000)
    assert sum(shard.bytes for shard in read_dataset(tmp_path / "large").all_shards) >= 1_000_000
    assert list(verify_dataset(tmp_path / "large")) == []


def test_a_verification_that_finds_faults_or_reads_less_is_a_fault():
    whole = {"count": 400, "faults": 0}
    assert find_unverified({"limit": whole, "pet mood": whole}) == {}
    assert find_unverified({"limit": whole, "pet mood": whole | {"faults": 2}}) == {"pet mood": "finds 2 faults"}
    assert find_unverified({"limit": whole | {"count": 300}, "pet mood": whole}).keys() == {"pet mood"}


def test_a_call_that_fails_or_says_nothing_is_a_fault():
    said, silent, failed = ({"status": 0, "said": "help"}, {"status": 0, "said": ""}, {"status": 2, "said": "no"})
    found = find_failed_calls({"start": silent, "help": said, "other": silent, "wrong": failed}, {"start"})
    assert found == {"other": "says nothing", "wrong": "status 2: no"}


def test_training_without_a_loss_is_a_fault():
    found = find_lost_training({"ours": {"loss": 1.8}, "peer": {"loss": float("nan")}})
    assert found == {"peer": "its loss is nan"}
