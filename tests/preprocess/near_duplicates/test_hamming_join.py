"""The join equals brute force on random, clustered and adversarial codes of 64 and 256 bits, at every distance."""

import subprocess
import sys
import textwrap
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocess.near_duplicates import hamming_join, hamming_join_loops, multi_index_hashing
from preprocess.near_duplicates.band_layout import Band, lay_out_bands, plan_bands
from preprocess.near_duplicates.hamming_join import (
    cluster_codes,
    cluster_within_videos,
    find_distinct,
    find_nearest,
    find_nearest_others,
    order_farthest_first,
    read_codes,
)
from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from preprocess.near_duplicates.matches import NO_MATCH
from shards.errors import CallError

BITS = [64, 256]


def measure(codes: np.ndarray, code: np.ndarray) -> np.ndarray:
    return np.bitwise_count(codes ^ code).sum(axis=1, dtype=int)


def cluster_by_force(codes: np.ndarray, distance: int) -> tuple[list[int], list[int]]:
    """Greedy leader clustering as it is defined: (nearest, distance) of each code."""
    nearest, bits, kept = [], [], []
    for i, code in enumerate(codes):
        near = measure(codes[kept], code)
        best = int(near.argmin()) if kept else NO_MATCH
        if kept and near[best] <= distance:
            nearest.append(kept[best])
            bits.append(near[best])
        else:
            kept.append(i)
            nearest.append(NO_MATCH)
            bits.append(0)
    return nearest, bits


def flip(codes: np.ndarray, rng: np.random.Generator, most: int) -> np.ndarray:
    """The codes with 0 to `most` bits of each changed."""
    codes, n = codes.copy(), len(codes)
    for turn in rng.permutation(most):
        place = rng.integers(0, 64 * codes.shape[1], n)
        mask = np.uint64(1) << (place % 64).astype(np.uint64)
        codes[np.arange(n), place // 64] ^= np.where(rng.integers(0, most + 1, n) > turn, mask, np.uint64(0))
    return codes


def make_random(rng, n, words, distance):
    return rng.integers(0, 2**64, (n, words), dtype=np.uint64)


def make_clusters(rng, n, words, distance):
    """A few centres, and codes around them at up to twice the distance."""
    centres = make_random(rng, max(1, n // 20), words, distance)
    return flip(centres[rng.integers(0, len(centres), n)], rng, 2 * distance + 1)


def make_chain(rng, n, words, distance):
    """Each code differs a little from the one before: it is near its neighbours in rank and no other code."""
    changes = flip(np.zeros((n, words), np.uint64), rng, distance + 1)
    changes[0] = make_random(rng, 1, words, distance)[0]
    return np.bitwise_xor.accumulate(changes, axis=0)


def make_ball(rng, n, words, distance):
    """All codes are near one another: half of the pairs are within the distance, and each band has few values."""
    return flip(np.zeros((n, words), np.uint64), rng, distance)


def make_copies(rng, n, words, distance):
    """Thousands of equal codes, and a few that are near them."""
    return flip(np.zeros((n, words), np.uint64), rng, 1)[rng.integers(0, min(n, 9), n)]


def make_edges(rng, n, words, distance):
    """Pairs at exactly the distance and one bit more, all of it in few bands, so that a wrong radius is noticed."""
    codes = np.repeat(make_random(rng, -(-n // 8), words, distance), 8, axis=0)[:n]
    for i in range(n):
        start = int(rng.integers(0, 64 * words))
        for bit in range(start, start + (distance + i % 2 if i % 8 else 0)):
            codes[i, bit // 64 % words] ^= np.uint64(1) << np.uint64(bit % 64)
    return codes[rng.permutation(n)]


KINDS = [make_random, make_clusters, make_chain, make_ball, make_copies, make_edges]


@cache
def make_case(kind: Callable, size: int, words: int, distance: int) -> tuple[np.ndarray, list[int], list[int]]:
    """Codes and their clusters, which several layouts of bands have to find."""
    codes = kind(np.random.default_rng(distance), size, words, distance)
    return codes, *cluster_by_force(codes, distance)


# The number and width of the bands for a distance: with radii of one bit and of two, as for millions of codes, and with
# bands of one bit, whose buckets are long.
LAYOUTS = {
    "near": lambda distance: (distance // 2 + 1, 8),
    "far": lambda distance: (max(1, (distance + 1) // 3), 4),
    "long": lambda distance: (min(2, distance + 1), 1),
}


def make_layout(layout: str, bits: int, distance: int) -> list[Band]:
    return lay_out_bands(bits, distance, *LAYOUTS[layout](distance))


@pytest.fixture(params=["few codes", *LAYOUTS])
def size(request, monkeypatch):
    """A number of codes; for all but "few codes", they take the paths that only many codes take otherwise."""
    if request.param in LAYOUTS:
        monkeypatch.setattr(hamming_join, "_FEW_CODES", 20)
        monkeypatch.setattr(multi_index_hashing, "_FEW_QUERIES", 50)
        monkeypatch.setattr(
            multi_index_hashing, "plan_bands", lambda bits, distance, _: make_layout(request.param, bits, distance)
        )
    return 400


@pytest.mark.parametrize("distance", [3, 8, 11])
def test_each_layout_has_the_radii_that_it_is_for(distance):
    near, far, long = (make_layout(layout, 64, distance) for layout in LAYOUTS)
    assert max(band.radius for band in near) == 1 and max(band.radius for band in far) >= 2
    assert 400 >> long[0].width > hamming_join_loops._LONG_BUCKET
    assert max(band.radius for band in plan_bands(64, 7, 2_000_000)) == 1
    assert max(band.radius for band in plan_bands(64, 11, 20_000_000)) == 2


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("kind", KINDS)
def test_clusters_equal_brute_force(bits, kind, size):
    for distance in range(JOIN_LIMITS[bits] + 1) if bits == 64 else (0, 1, 5, 14, 15, 16, 17, 23, 30, 31):
        codes, nearest, differ = make_case(kind, size, bits // 64, distance)
        found = cluster_codes(codes.copy(), distance)
        assert found.nearest.tolist() == nearest and found.distance.tolist() == differ, distance


@pytest.mark.parametrize("kind", KINDS)
def test_codes_of_one_video_are_never_compared(kind, size):
    """Not even equal ones: both copies of a code in one video stay, and a copy in another video does not."""
    rng = np.random.default_rng(4)
    codes, videos = kind(rng, size, 1, 6), rng.integers(0, 40, size)
    kept, nearest, bits = [], [], []
    for i, code in enumerate(codes):
        near = np.where(videos[kept] == videos[i], 99, measure(codes[kept], code)) if kept else np.array([99])
        best = int(near.argmin())
        nearest.append(kept[best] if near[best] <= 6 else NO_MATCH)
        bits.append(near[best] if near[best] <= 6 else 0)
        kept += [i] if near[best] > 6 else []
    found = cluster_codes(codes, 6, videos)
    assert found.nearest.tolist() == nearest and found.distance.tolist() == bits


@pytest.mark.parametrize("kind", KINDS)
def test_many_clusters_equal_brute_force(kind):
    """More codes than are compared each with each, with all limits as they are."""
    codes = kind(np.random.default_rng(7), 5000, 1, 7)
    nearest, differ = cluster_by_force(codes, 7)
    found = cluster_codes(codes, 7)
    assert found.nearest.tolist() == nearest and found.distance.tolist() == differ


words = st.integers(0, 2**64 - 1)
few = st.integers(0, 2**6 - 1).map(lambda value: value * 0x0101010101010101)  # many near and equal codes, in all bands


@given(st.lists(st.one_of(words, few), max_size=60), st.integers(0, 11))
@settings(deadline=None)
def test_any_codes_equal_brute_force(values, distance):
    codes = np.array(values, np.uint64).reshape(-1, 1)
    nearest, differ = cluster_by_force(codes, distance)
    found = cluster_codes(codes, distance)
    assert found.nearest.tolist() == nearest and found.distance.tolist() == differ


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("kind", KINDS)
def test_nearest_equals_brute_force(bits, kind, size):
    rng, distance = np.random.default_rng(3), JOIN_LIMITS[bits]
    codes, queries = (kind(rng, n, bits // 64, distance) for n in (size, size // 2))
    queries[::3] = flip(codes[: len(queries[::3])], rng, distance)
    found = find_nearest(queries, codes, distance)
    others = find_nearest_others(codes, distance)
    for i, query in enumerate(queries):
        near = measure(codes, query)
        expected = (near.argmin(), near.min()) if near.min() <= distance else (NO_MATCH, 0)
        assert (found.nearest[i], found.distance[i]) == expected
    for i, code in enumerate(codes):
        near = measure(codes, code)
        near[i] = 999
        expected = (near.argmin(), near.min()) if near.min() <= distance else (NO_MATCH, 0)
        assert (others.nearest[i], others.distance[i]) == expected


@pytest.mark.parametrize("bits", BITS)
def test_clusters_within_videos_equal_brute_force(bits):
    rng = np.random.default_rng(5)
    codes = make_chain(rng, 600, bits // 64, 6)
    starts = np.array([0, 0, 1, 150, 150, 420, 600])
    for distance in (0, 6, 12, 20, bits // 2):
        found = cluster_within_videos(codes, starts, distance)
        for begin, end in pairwise(starts.tolist()):
            nearest, differ = cluster_by_force(codes[begin:end], distance)
            assert found.nearest[begin:end].tolist() == [
                NO_MATCH if place == NO_MATCH else begin + place for place in nearest
            ]
            assert found.distance[begin:end].tolist() == differ


def test_few_videos_are_compared_without_threads_and_many_with_the_same_result(monkeypatch):
    codes = make_chain(np.random.default_rng(8), 400, 1, 6)
    starts = np.arange(0, 401, 8)
    monkeypatch.setattr("preprocess.near_duplicates.hamming_join._MANY_VIDEOS", 50)
    by_threads = cluster_within_videos(codes, starts, 8), order_farthest_first(codes, starts)
    monkeypatch.setattr("preprocess.near_duplicates.hamming_join._MANY_VIDEOS", 51)
    monkeypatch.setattr("preprocess.near_duplicates.hamming_join.ThreadPoolExecutor", None)
    by_itself = cluster_within_videos(codes, starts, 8), order_farthest_first(codes, starts)
    for one, other in zip(by_threads, by_itself, strict=True):
        assert all(map(np.array_equal, one, other))
    assert (by_itself[0].nearest != NO_MATCH).any()


@pytest.mark.parametrize("bits", BITS)
def test_farthest_first_order_equals_brute_force(bits):
    rng = np.random.default_rng(6)
    codes = make_chain(rng, 90, bits // 64, 9)
    codes[40] = codes[3]
    starts = np.array([0, 30, 30, 90])
    order, radius = order_farthest_first(codes, starts)
    for begin, end in ((0, 30), (30, 90)):
        taken, left = [begin], list(range(begin + 1, end))
        expected = [bits]
        while left:
            near = [measure(codes[taken], codes[i]).min() for i in left]
            expected.append(max(near))
            taken.append(left.pop(int(np.argmax(near))))
        places = np.argsort(order[begin:end]) + begin
        assert places.tolist() == taken and radius[places].tolist() == expected


def test_the_order_of_queries_changes_no_answer():
    """Each query has the same answer, whatever the order of the queries and the timing of threads."""
    rng = np.random.default_rng(8)
    codes = make_clusters(rng, 30_000, 1, 7)
    queries = make_clusters(np.random.default_rng(8), 30_000, 1, 7)
    order = rng.permutation(len(queries))
    one, other = find_nearest(queries, codes, 7), find_nearest(queries[order], codes, 7)
    assert (one.nearest[order] == other.nearest).all() and (one.distance[order] == other.distance).all()
    assert (one.nearest != NO_MATCH).any()
    again = cluster_codes(codes, 7)
    assert all((cluster_codes(codes, 7).nearest == again.nearest).all() for _ in range(3))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux, which reports a process's own peak")
def test_memory_is_not_quadratic_in_equal_codes():
    """250,000 equal codes and as many near ones take less than 0.4 GB."""
    code = """
        import sys
        import numpy as np
        from preprocess.near_duplicates.hamming_join import cluster_codes, find_nearest_others

        def read_peak():  # KiB of this process alone: ru_maxrss starts at the parent's peak
            with open("/proc/self/status") as status:
                return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

        before = read_peak()
        codes = np.zeros((500_000, 1), np.uint64)
        rng = np.random.default_rng(0)
        for _ in range(3):
            codes[::2, 0] ^= np.uint64(1) << rng.integers(0, 64, 250_000).astype(np.uint64)
        found = cluster_codes(codes, 7)
        assert (found.nearest >= 0).sum() == len(codes) - 1 and find_nearest_others(codes, 7).distance.max() <= 2
        sys.exit(read_peak() - before > 400_000)
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False).returncode == 0


@pytest.mark.parametrize("bits", BITS)
def test_radii_and_bands_miss_no_pair(bits):
    for distance in range(JOIN_LIMITS[bits] + 1):
        for codes in (1, 100, 10_000, 2_000_000, 100_000_000):
            layout = plan_bands(bits, distance, codes)
            assert sum(band.radius + 1 for band in layout) == distance + 1
            taken = [(b.word, bit) for b in layout for bit in range(b.shift, b.shift + b.width)]
            assert len(set(taken)) == len(taken) and max(bit for _, bit in taken) < 64
            assert all(band.word < bits // 64 for band in layout)


def test_codes_are_read_as_the_manifest_has_them():
    assert read_codes(bytes(range(16)), 64).tolist() == [[0x0001020304050607], [0x08090A0B0C0D0E0F]]
    assert read_codes(bytes(range(32)), 256).shape == (1, 4)
    assert read_codes(b"", 64).shape == (0, 1)


def test_find_distinct():
    codes = np.array([5, 7, 5, 0, 7, 2**64 - 1], np.uint64).reshape(-1, 1)
    first, which = find_distinct(codes)
    assert first.tolist() == [0, 1, 3, 5] and which.tolist() == [0, 1, 0, 2, 1, 3]


@pytest.mark.parametrize(("bits", "distance"), [(64, 12), (64, -1), (256, 32)])
def test_a_distance_beyond_the_limit(bits, distance):
    codes = np.zeros((2, bits // 64), np.uint64)
    for join in (lambda: cluster_codes(codes, distance), lambda: find_nearest(codes, codes, distance)):
        with pytest.raises(CallError, match=rf"distance of {distance} bits is outside 0 to {JOIN_LIMITS[bits]}"):
            join()
    with pytest.raises(CallError, match="half of a"):
        cluster_within_videos(codes, np.array([0, 2]), bits // 2 + 1)
