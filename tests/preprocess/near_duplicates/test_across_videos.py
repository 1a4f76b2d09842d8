"""Near-duplicates across videos: ranks, the separation of the splits, and conflicting labels."""

import numpy as np
import pytest

from preprocess.near_duplicates.across_videos import REASON_CODES, ComparedFrames, decide_outcomes
from preprocess.near_duplicates.matches import NO_MATCH
from preprocess.settings import DedupeSettings, HashSettings, PreprocessSettings
from shards.errors import CallError


def make_frames(*rows: tuple, bits: int = 64) -> ComparedFrames:
    """Frames from (code, detail, video, is_val, label) and, for a frame under the detail gate, its pixels."""
    columns = list(zip(*(row[:5] for row in rows), strict=True))
    words = [[code >> (bits - 64 * (w + 1)) & (2**64 - 1) for w in range(bits // 64)] for code in columns[0]]
    pixels = {place: row[5] for place, row in enumerate(rows) if len(row) > 5}
    sizes = np.full(len(rows), 100, np.int32)
    kinds = (np.int32, np.int32, bool, np.int8)
    detail, video, is_val, label = (np.array(c, kind) for c, kind in zip(columns[1:], kinds, strict=True))
    return ComparedFrames(np.array(words, np.uint64), detail, sizes, pixels, video, is_val, label)


def decide(*rows: tuple, **settings) -> list[tuple]:
    """(reason, representative, distance) of each frame."""
    settings = {"distance": 8, "cross_distance": 3, "min_detail": 10} | settings
    outcomes = decide_outcomes(make_frames(*rows), DedupeSettings(**settings))
    columns = outcomes.reason.tolist(), outcomes.representative.tolist(), outcomes.distance.tolist()
    return [(REASON_CODES[code], representative, bits) for code, representative, bits in zip(*columns, strict=True)]


KEPT = (None, NO_MATCH, 0)
FAR, FARTHER = 0xFFFF << 40, 0xFFFF << 20


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        # (code, detail, video, is_val, label)
        ([(0, 50, 0, False, 1), (0b111, 60, 1, False, 1)], [("near_across_videos", 1, 3), KEPT]),
        ([(0, 50, 0, False, 1), (0b1111, 60, 1, False, 1)], [KEPT, KEPT]),  # one bit too far
        # validation first, whatever its detail
        ([(0, 90, 0, False, 1), (1, 20, 1, True, 1)], [("near_validation", 1, 1), KEPT]),
        ([(0, 90, 0, True, 1), (1, 20, 1, True, 1)], [KEPT, ("near_across_videos", 0, 1)]),
        # the nearest is its representative, though a frame of validation is near too
        (
            [(0, 90, 0, False, 1), (1, 20, 1, False, 1), (0b1111, 50, 2, True, 1)],
            [KEPT, ("near_across_videos", 0, 1), KEPT],
        ),
        # no chains
        ([(0, 90, 0, False, 1), (0b111, 80, 1, False, 1), (0b111111, 70, 2, False, 1)],
         [KEPT, ("near_across_videos", 0, 3), KEPT]),
        # under the detail gate: equal pixels only
        ([(0, 5, 0, False, 1, b"a"), (0, 5, 1, False, 1, b"b"), (0, 50, 2, False, 1)], [KEPT, KEPT, KEPT]),
        ([(0, 5, 0, False, 1, b"a"), (9, 4, 1, True, 1, b"a")], [("near_validation", 1, 0), KEPT]),
        ([(0, 5, 0, False, 1, b"a"), (9, 4, 1, False, 1, b"a")], [KEPT, ("near_across_videos", 0, 0)]),
    ],
)  # fmt: skip
def test_ranks_and_distances(rows, found):
    assert decide(*rows) == found


@pytest.mark.parametrize("settings", [{"scope": "video"}, {"enabled": False}, {"enabled": False, "scope": "video"}])
def test_training_frames_near_validation_are_always_dropped(settings):
    rows = [
        (0, 90, 0, False, 1),
        (1, 90, 1, False, 1),  # near the first, in another video of training
        (FAR, 90, 2, True, 1),
        (FAR + 1, 90, 3, True, 1),  # near the last, in another video of validation
        (FAR + 3, 90, 4, False, 1),
        (7, 5, 5, False, 1, b"a"),
        (7, 5, 6, False, 1, b"a"),
        (7, 5, 7, True, 1, b"b"),
        (7, 5, 8, False, 1, b"b"),
    ]
    near = [KEPT, KEPT, KEPT, KEPT, ("near_validation", 3, 1), KEPT, KEPT, KEPT, ("near_validation", 7, 0)]
    assert decide(*rows, **settings) == near


def test_frames_of_one_video_are_not_compared_again():
    rows = [(0, 90, 0, False, 1), (0b11, 80, 0, False, 1), (0b111, 70, 1, False, 1)]
    assert decide(*rows, distance=1) == [KEPT, KEPT, ("near_across_videos", 1, 1)]
    assert decide(*rows, distance=8) == [KEPT, ("near_across_videos", 0, 2), ("near_across_videos", 0, 3)]


def brute_force(frames: ComparedFrames, distance: int) -> list[tuple[int, int]]:
    rows = range(len(frames.codes))
    order = sorted(rows, key=lambda i: (not frames.is_val[i], -frames.detail[i], -frames.crop_size[i], i))
    kept, found = [], {}
    for i in order:
        near = [int(np.bitwise_count(frames.codes[j] ^ frames.codes[i]).sum()) for j in kept]
        if near and min(near) <= distance:
            found[i] = (kept[near.index(min(near))], min(near))
        else:
            found[i] = (NO_MATCH, 0)
            kept.append(i)
    return [found[i] for i in rows]


@pytest.mark.parametrize("bits", [64, 256])
def test_many_frames_equal_brute_force_and_no_validation_frame_leaks(bits):
    rng = np.random.default_rng(1)
    n, distance = 800, 6
    codes = rng.integers(0, 2**64, (60, bits // 64), dtype=np.uint64)[rng.integers(0, 60, n)]
    for _ in range(5):
        place = rng.integers(0, bits, n)
        codes[np.arange(n), place // 64] ^= np.uint64(1) << (place % 64).astype(np.uint64)
    detail, video = rng.integers(10, 15, n).astype(np.int32), np.arange(n, dtype=np.int32)
    frames = ComparedFrames(
        codes, detail, rng.integers(50, 53, n).astype(np.int32), {}, video, rng.random(n) < 0.2, np.zeros(n, np.int8)
    )
    outcomes = decide_outcomes(frames, DedupeSettings(distance=8, cross_distance=distance, min_detail=10))
    found = zip(outcomes.representative.tolist(), outcomes.distance.tolist(), strict=True)
    assert list(found) == brute_force(frames, distance)
    for scope in ("all", "video"):
        settings = DedupeSettings(scope=scope, distance=8, cross_distance=distance, min_detail=10)
        outcomes = decide_outcomes(frames, settings)
        train, val = np.flatnonzero(outcomes.is_kept & ~frames.is_val), np.flatnonzero(outcomes.is_kept & frames.is_val)
        near = np.bitwise_count(codes[train][:, None] ^ codes[val][None]).sum(axis=2)
        assert len(train) and len(val) and near.min() > distance
        gone = outcomes.reason == REASON_CODES.index("near_validation")
        assert gone.any() and not frames.is_val[gone].any() and frames.is_val[outcomes.representative[gone]].all()


CONFLICT = [
    (0, 90, 0, False, 1),
    (1, 80, 1, False, 2),
    (2, 70, 2, False, 2),
    (FAR, 90, 3, False, 4),  # a cluster that agrees
    (FAR + 1, 80, 4, False, 4),
    (FARTHER, 90, 5, False, 5),  # by itself
]


def test_conflicts_are_kept_by_default():
    outcomes = decide_outcomes(make_frames(*CONFLICT), DedupeSettings(distance=8, cross_distance=3, min_detail=10))
    assert outcomes.is_kept.tolist() == [True, False, False, True, False, True]
    assert outcomes.label.tolist() == [1, 2, 2, 4, 4, 5] and not outcomes.votes.any()


def test_conflicts_may_be_dropped():
    found = decide(*CONFLICT, conflicts="drop")
    assert found[0] == ("label_conflict", NO_MATCH, 0) and found[1] == ("near_across_videos", 0, 1)
    assert found[3] == found[5] == KEPT


@pytest.mark.parametrize(
    ("rows", "label"),
    [
        (CONFLICT, 2),
        (CONFLICT[:2], 1),  # a tie: its own
        # two videos of one mood against three frames of one video
        ([(0, 90, 0, False, 1), (1, 80, 1, False, 1), *((2, 70, 2, False, 2) for _ in range(3))], 1),
        # labels of training have no vote on a frame of validation
        ([(0, 90, 0, True, 1), (1, 80, 1, False, 2), (2, 70, 2, False, 2)], 1),
        ([(0, 90, 0, True, 1), (1, 80, 1, True, 2), (2, 70, 2, True, 2), (3, 60, 3, False, 1)], 2),
        # a tie of two others
        ([(0, 90, 0, False, 5), *((1, 80, v, False, 4) for v in (1, 2)), *((2, 80, v, False, 3) for v in (3, 4))], 3),
    ],
)  # fmt: skip
def test_conflicts_may_go_to_the_majority_of_the_videos(rows, label):
    settings = DedupeSettings(distance=8, cross_distance=3, min_detail=10, conflicts="majority")
    outcomes = decide_outcomes(make_frames(*rows), settings)
    assert outcomes.is_kept[0] and outcomes.label[0] == label
    assert (outcomes.votes[0] > 0) == (label != rows[0][4])


def test_default_distances_and_limits_depend_on_the_hash():
    plain = {"source": ["a"], "out": "b"}
    assert PreprocessSettings(**plain).dedupe.distance == 8 and PreprocessSettings(**plain).dedupe.cross_distance == 6
    wide = PreprocessSettings(**plain, hash=HashSettings(256))
    assert wide.dedupe.distance == 62 and wide.dedupe.cross_distance == 30
    for bits, given, limit in (
        (64, {"cross_distance": 12}, 11),
        (256, {"cross_distance": 32}, 31),
        (64, {"distance": 33}, 32),
    ):
        with pytest.raises(CallError, match=f"more than the {limit} that {bits}-bit hashes allow"):
            PreprocessSettings(**plain, hash=HashSettings(bits), dedupe=DedupeSettings(**given))
