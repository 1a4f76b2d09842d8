import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocess.near_duplicates.within_video import Candidate, Duplicate, find_duplicates, select_frames
from preprocess.settings import DedupeSettings

SETTINGS = DedupeSettings(distance=3, min_detail=10)


def frame(code: int, detail: int = 100, crop_size: int = 50, pixels: bytes = b"") -> Candidate:
    return Candidate(code.to_bytes(8), detail, crop_size, pixels or str((code, detail, crop_size)).encode())


@pytest.mark.parametrize(
    ("frames", "found"),
    [
        ([], []),
        ([frame(0)], [None]),
        ([frame(0), frame(0b111)], [None, Duplicate(0, 3)]),
        ([frame(0), frame(0b1111)], [None, None]),  # one bit too far
        ([frame(0), frame(0b111, detail=200)], [Duplicate(1, 3), None]),  # the sharper one stays
        ([frame(0), frame(1, crop_size=60)], [Duplicate(1, 1), None]),  # then the larger
        # no chain: the third is near the second only, and the second is gone
        ([frame(0, 300), frame(0b111, 200), frame(0b111111, 100)], [None, Duplicate(0, 3), None]),
        # the nearest representative, not the first
        ([frame(0, 300), frame(0b11111, 200), frame(0b1111, 100)], [None, None, Duplicate(1, 1)]),
        # equally near: the higher ranked
        ([frame(0, 200), frame(0b1111, 300), frame(0b11, 100)], [None, None, Duplicate(1, 2)]),
        # featureless frames: equal pixels only, and never with those that have detail
        ([frame(0, 5, pixels=b"a"), frame(0, 5, pixels=b"b"), frame(0, 50)], [None, None, None]),
        ([frame(0, 5, 50, b"a"), frame(0, 5, 60, b"a")], [Duplicate(1, 0), None]),
    ],
)
def test_ranks_and_distances(frames, found):
    assert find_duplicates(frames, SETTINGS) == found


def test_a_video_without_a_usable_frame():
    """Without a frame the length of the hash is not known."""
    for distance in (3, 62):
        assert find_duplicates([], DedupeSettings(distance=distance)) == []
    assert select_frames([], 3, SETTINGS) == set()


def test_disabled():
    assert find_duplicates([frame(0), frame(0)], DedupeSettings(enabled=False)) == [None, None]


def differ(one: Candidate, other: Candidate) -> int:
    return (int.from_bytes(one.code) ^ int.from_bytes(other.code)).bit_count()


def brute_force(frames, settings):
    """Greedy leader clustering as it is defined."""
    order = sorted(range(len(frames)), key=lambda i: (-frames[i].detail, -frames[i].crop_size, i))
    kept, found = [], {}
    for i in order:
        near = [(differ(frames[i], frames[j]), place) for place, j in enumerate(kept)]
        best = min(near, default=(99, 0))
        found[i] = Duplicate(kept[best[1]], best[0]) if best[0] <= settings.distance else None
        kept += [] if found[i] else [i]
    return [found[i] for i in range(len(frames))]


candidates = st.builds(frame, st.integers(0, 2**9 - 1), st.integers(10, 14), st.integers(1, 3))


@given(st.lists(candidates, max_size=40), st.integers(0, 4))
def test_equals_brute_force(frames, distance):
    settings = DedupeSettings(distance=distance, min_detail=10)
    found = find_duplicates(frames, settings)
    assert found == brute_force(frames, settings)
    for i, duplicate in enumerate(found):
        if duplicate:
            assert found[duplicate.representative] is None
            assert duplicate.distance == differ(frames[i], frames[duplicate.representative]) <= distance


def choose(codes, count, **changes):
    frames = [frame(code, **changes) for code in codes]
    return select_frames(frames, count, SETTINGS)


def test_selection_takes_those_that_differ_most():
    codes = [0, 1, 0xFF, 0xFFFF, 0xFFFE]
    assert choose(codes, 1) == {0} and choose(codes, 2) == {0, 3}
    assert choose(codes, 3) == {0, 2, 3} and choose(codes, 9) == {0, 1, 2, 3, 4}
    first = [frame(0, 50), frame(1, 90), frame(0xFF, 60)]  # the highest ranked is the first to be taken
    assert select_frames(first, 2, SETTINGS) == {1, 2}


def test_selection_takes_featureless_frames_last():
    frames = [frame(2**64 - 1, 5), frame(0, 60), frame(1, 50), frame(2**63, 6)]
    assert select_frames(frames, 2, SETTINGS) == {1, 2}
    assert select_frames(frames, 3, SETTINGS) == {1, 2, 3}
    assert select_frames([], 3, SETTINGS) == set()


def test_high_bits_count():
    assert find_duplicates([frame(2**64 - 1), frame(2**63 - 1)], SETTINGS) == [None, Duplicate(0, 1)]
    assert np.uint64(2**64 - 1) == 2**64 - 1
