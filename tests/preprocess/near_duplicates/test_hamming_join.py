"""The join against brute force: random, clustered and adversarial codes, of 64 and 256 bits, at every distance."""

import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocess.near_duplicates import hamming_join, hamming_join_loops
from preprocess.near_duplicates.hamming_join import (
    LIMITS,
    collapse,
    find_groups,
    find_groups_within,
    find_nearest,
    find_nearest_others,
    order_farthest,
    read_codes,
)
from preprocess.near_duplicates.hamming_join_loops import NO_MATCH, plan_bands
from shards.errors import CallError

BITS = [64, 256]


def measure(codes: np.ndarray, code: np.ndarray) -> np.ndarray:
    return np.bitwise_count(codes ^ code).sum(axis=1, dtype=int)


def group_by_force(codes: np.ndarray, distance: int) -> tuple[list[int], list[int]]:
    """The rule, word by word."""
    of, bits, kept = [], [], []
    for i, code in enumerate(codes):
        near = measure(codes[kept], code)
        best = int(near.argmin()) if kept else NO_MATCH
        if kept and near[best] <= distance:
            of.append(kept[best])
            bits.append(near[best])
        else:
            kept.append(i)
            of.append(NO_MATCH)
            bits.append(0)
    return of, bits


def flip(codes: np.ndarray, rng: np.random.Generator, most: int) -> np.ndarray:
    """Copies of codes with 0 to `most` bits changed."""
    codes, n = codes.copy(), len(codes)
    for turn in rng.permutation(most):
        place = rng.integers(0, 64 * codes.shape[1], n)
        mask = np.uint64(1) << (place % 64).astype(np.uint64)
        codes[np.arange(n), place // 64] ^= np.where(rng.integers(0, most + 1, n) > turn, mask, np.uint64(0))
    return codes


def make_random(rng, n, words, distance):
    return rng.integers(0, 2**64, (n, words), dtype=np.uint64)


def make_clusters(rng, n, words, distance):
    """Some centres, and much about as far from them as the distance."""
    centres = make_random(rng, max(1, n // 20), words, distance)
    return flip(centres[rng.integers(0, len(centres), n)], rng, 2 * distance + 1)


def make_chain(rng, n, words, distance):
    """Each a step from the one before: near to its neighbours in rank and to nothing else."""
    codes = make_random(rng, n, words, distance)
    for i in range(1, n):
        codes[i] = flip(codes[i - 1 : i], rng, distance + 1)[0]
    return codes


def make_ball(rng, n, words, distance):
    """All near one another: half the pairs are within the distance, and each band has few values."""
    return flip(np.zeros((n, words), np.uint64), rng, distance)


def make_copies(rng, n, words, distance):
    """Thousands of equal codes, and some that are near them."""
    return flip(np.zeros((n, words), np.uint64), rng, 1)[rng.integers(0, min(n, 9), n)]


def make_edges(rng, n, words, distance):
    """Differences of exactly the distance and one more, all in few bands: no bits to spare for a wrong radius."""
    codes = np.repeat(make_random(rng, -(-n // 8), words, distance), 8, axis=0)[:n]
    for i in range(n):
        start = int(rng.integers(0, 64 * words))
        for bit in range(start, start + (distance + i % 2 if i % 8 else 0)):
            codes[i, bit // 64 % words] ^= np.uint64(1) << np.uint64(bit % 64)
    return codes[rng.permutation(n)]


KINDS = [make_random, make_clusters, make_chain, make_ball, make_copies, make_edges]


# How many bands of how many bits for a distance: with neighbours of one bit and of two, as millions of codes have them,
# and with buckets that are long, of one bit each.
LAYOUTS = {
    "near": lambda distance: (distance // 2 + 1, 8),
    "far": lambda distance: (max(1, (distance + 1) // 3), 4),
    "long": lambda distance: (min(2, distance + 1), 1),
}


def lay_bands(layout: str, bits: int, distance: int) -> list[hamming_join_loops.Band]:
    return hamming_join_loops._lay_bands(bits, distance, *LAYOUTS[layout](distance))


@pytest.fixture(params=["few codes", *LAYOUTS])
def size(request, monkeypatch):
    """The ways of many codes for few: no leaf of the recursion, threads, the layouts of bands."""
    if request.param in LAYOUTS:
        monkeypatch.setattr(hamming_join, "_LEAF", 20)
        monkeypatch.setattr(hamming_join_loops, "_SMALL", 50)
        monkeypatch.setattr(
            hamming_join_loops, "plan_bands", lambda bits, distance, _: lay_bands(request.param, bits, distance)
        )
    return 400


@pytest.mark.parametrize("distance", [3, 8, 11])
def test_layouts_are_what_they_are_for(distance):
    near, far, long = (lay_bands(layout, 64, distance) for layout in LAYOUTS)
    assert max(band.radius for band in near) == 1 and max(band.radius for band in far) >= 2
    assert 400 >> long[0].width > hamming_join_loops._LONG
    assert max(band.radius for band in plan_bands(64, 7, 2_000_000)) == 1
    assert max(band.radius for band in plan_bands(64, 11, 20_000_000)) == 2


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("kind", KINDS)
def test_groups_equal_brute_force(bits, kind, size):
    for distance in range(LIMITS[bits] + 1) if bits == 64 else (0, 1, 5, 14, 15, 16, 17, 23, 30, 31):
        codes = kind(np.random.default_rng(distance), size, bits // 64, distance)
        of, differ = group_by_force(codes, distance)
        found = find_groups(codes, distance)
        assert found.of.tolist() == of and found.distance.tolist() == differ, distance


@pytest.mark.parametrize("kind", KINDS)
def test_codes_of_one_owner_are_apart(kind, size):
    """Also equal ones: an owner's second code stays though a third's, that is the same, does not."""
    rng = np.random.default_rng(4)
    codes, owners = kind(rng, size, 1, 6), rng.integers(0, 40, size)
    kept, of, bits = [], [], []
    for i, code in enumerate(codes):
        near = np.where(owners[kept] == owners[i], 99, measure(codes[kept], code)) if kept else np.array([99])
        best = int(near.argmin())
        of.append(kept[best] if near[best] <= 6 else NO_MATCH)
        bits.append(near[best] if near[best] <= 6 else 0)
        kept += [i] if near[best] > 6 else []
    found = find_groups(codes, 6, owners)
    assert found.of.tolist() == of and found.distance.tolist() == bits


@pytest.mark.parametrize("kind", KINDS)
def test_many_groups_equal_brute_force(kind):
    """Above one leaf, with everything as it is set."""
    codes = kind(np.random.default_rng(7), 5000, 1, 7)
    of, differ = group_by_force(codes, 7)
    found = find_groups(codes, 7)
    assert found.of.tolist() == of and found.distance.tolist() == differ


words = st.integers(0, 2**64 - 1)
few = st.integers(0, 2**6 - 1).map(lambda value: value * 0x0101010101010101)  # many near and equal ones, in all bands


@given(st.lists(st.one_of(words, few), max_size=60), st.integers(0, 11))
@settings(deadline=None)
def test_any_codes_equal_brute_force(values, distance):
    codes = np.array(values, np.uint64).reshape(-1, 1)
    of, differ = group_by_force(codes, distance)
    found = find_groups(codes, distance)
    assert found.of.tolist() == of and found.distance.tolist() == differ


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("kind", KINDS)
def test_nearest_equals_brute_force(bits, kind, size):
    rng, distance = np.random.default_rng(3), LIMITS[bits]
    codes, queries = (kind(rng, n, bits // 64, distance) for n in (size, size // 2))
    queries[::3] = flip(codes[: len(queries[::3])], rng, distance)
    found = find_nearest(queries, codes, distance)
    others = find_nearest_others(codes, distance)
    for i, query in enumerate(queries):
        near = measure(codes, query)
        expected = (near.argmin(), near.min()) if near.min() <= distance else (NO_MATCH, 0)
        assert (found.of[i], found.distance[i]) == expected
    for i, code in enumerate(codes):
        near = measure(codes, code)
        near[i] = 999
        expected = (near.argmin(), near.min()) if near.min() <= distance else (NO_MATCH, 0)
        assert (others.of[i], others.distance[i]) == expected


@pytest.mark.parametrize("bits", BITS)
def test_videos_by_themselves(bits):
    rng = np.random.default_rng(5)
    codes = make_chain(rng, 600, bits // 64, 6)
    starts = np.array([0, 0, 1, 150, 150, 420, 600])
    for distance in (0, 6, 12, 20, bits // 2):
        found = find_groups_within(codes, starts, distance)
        for begin, end in pairwise(starts.tolist()):
            of, differ = group_by_force(codes[begin:end], distance)
            assert found.of[begin:end].tolist() == [NO_MATCH if place == NO_MATCH else begin + place for place in of]
            assert found.distance[begin:end].tolist() == differ


@pytest.mark.parametrize("bits", BITS)
def test_farthest_order(bits):
    rng = np.random.default_rng(6)
    codes = make_chain(rng, 90, bits // 64, 9)
    codes[40] = codes[3]
    starts = np.array([0, 30, 30, 90])
    order, radius = order_farthest(codes, starts)
    for begin, end in ((0, 30), (30, 90)):
        taken, left = [begin], list(range(begin + 1, end))
        expected = [bits]
        while left:
            near = [measure(codes[taken], codes[i]).min() for i in left]
            expected.append(max(near))
            taken.append(left.pop(int(np.argmax(near))))
        places = np.argsort(order[begin:end]) + begin
        assert places.tolist() == taken and radius[places].tolist() == expected


def test_the_order_of_equals_changes_nothing_but_their_names():
    """Whatever the order of the queries and whatever threads do: each has the same answer."""
    rng = np.random.default_rng(8)
    codes = make_clusters(rng, 30_000, 1, 7)
    queries = make_clusters(np.random.default_rng(8), 30_000, 1, 7)
    order = rng.permutation(len(queries))
    one, other = find_nearest(queries, codes, 7), find_nearest(queries[order], codes, 7)
    assert (one.of[order] == other.of).all() and (one.distance[order] == other.distance).all()
    assert (one.of != NO_MATCH).any()
    again = find_groups(codes, 7)
    assert all((find_groups(codes, 7).of == again.of).all() for _ in range(3))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux, which tells a program's own peak")
def test_a_field_of_black_frames_costs_no_quadratic_memory():
    """A quarter million copies and as many of one ball, in less than 0.4 GB."""
    code = """
        import sys
        import numpy as np
        from preprocess.near_duplicates.hamming_join import find_groups, find_nearest_others

        def read_peak():  # KiB of this program alone: ru_maxrss starts at what the parent's was
            with open("/proc/self/status") as status:
                return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

        before = read_peak()
        codes = np.zeros((500_000, 1), np.uint64)
        rng = np.random.default_rng(0)
        for _ in range(3):
            codes[::2, 0] ^= np.uint64(1) << rng.integers(0, 64, 250_000).astype(np.uint64)
        found = find_groups(codes, 7)
        assert (found.of >= 0).sum() == len(codes) - 1 and find_nearest_others(codes, 7).distance.max() <= 2
        sys.exit(read_peak() - before > 400_000)
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False).returncode == 0


@pytest.mark.parametrize("bits", BITS)
def test_bands_leave_no_pair_out(bits):
    for distance in range(LIMITS[bits] + 1):
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


def test_collapse():
    codes = np.array([5, 7, 5, 0, 7, 2**64 - 1], np.uint64).reshape(-1, 1)
    first, which = collapse(codes)
    assert first.tolist() == [0, 1, 3, 5] and which.tolist() == [0, 1, 0, 2, 1, 3]


@pytest.mark.parametrize(("bits", "distance"), [(64, 12), (64, -1), (256, 32)])
def test_a_distance_beyond_the_limit(bits, distance):
    codes = np.zeros((2, bits // 64), np.uint64)
    for join in (lambda: find_groups(codes, distance), lambda: find_nearest(codes, codes, distance)):
        with pytest.raises(CallError, match=rf"distance of {distance} bits is outside 0 to {LIMITS[bits]}"):
            join()
    with pytest.raises(CallError, match="half of a"):
        find_groups_within(codes, np.array([0, 2]), bits // 2 + 1)
