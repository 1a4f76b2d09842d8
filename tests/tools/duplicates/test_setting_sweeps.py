import cv2
import numpy as np
import pytest

from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from preprocess.near_duplicates.within_video import Candidate, find_duplicates
from preprocess.run import run
from preprocess.settings import DedupeSettings, PreprocessSettings, SelectSettings
from shards.dataset import read_dataset
from tests.tools.manifests import DEDUPE, make_row, write_rows
from tests.trees import HEIGHT, WIDTH, make_jpeg, write_video
from tools.duplicates.hashed_frames import DROP_REASONS, read_hashed_frames
from tools.duplicates.setting_sweeps import (
    sweep_distance_across_videos,
    sweep_distance_within_videos,
    sweep_frames_per_video,
)

VAL = {"split": "val"}


def walk(random, bits, frames=9, steps=4):
    """Codes of a video: each some flipped bits from the one before."""
    code = int.from_bytes(random.bytes(bits // 8))
    for _ in range(frames):
        for bit in random.integers(0, bits, random.integers(0, steps * bits // 64)):
            code ^= 1 << int(bit)
        yield code


def make_rows(seed, bits=64, videos=12):
    """Walks, every third of them a copy of the one before, some frames without detail; ranks with ties."""
    random, rows, codes = np.random.default_rng(seed), [], []
    for video in range(videos):
        codes = [code ^ 1 for code in codes] if video % 3 == 2 else list(walk(random, bits))
        split = VAL if video % 4 == 0 else {}
        for number, code in enumerate(codes):
            rank = {"detail": int(random.integers(5, 14)), "crop_size": int(random.integers(40, 43))}
            rows.append(make_row(f"v{video:02}", number, code, bits, **rank, **split))
    return rows


def find_in_videos(rows, distance):
    """What the stage within videos finds: the rows of each video, and its duplicates."""
    rule = DedupeSettings(distance=distance, min_detail=10)
    for video in sorted({row["video"] for row in rows}):
        mine = [row for row in rows if row["video"] == video]
        frames = [Candidate(row["hash"], row["detail"], row["crop_size"], row["key"].encode()) for row in mine]
        yield mine, find_duplicates(frames, rule)


def drop_in_videos(rows, distance):
    for mine, found in find_in_videos(rows, distance):
        for row, duplicate in zip(mine, found, strict=True):
            if duplicate:
                row |= {"status": "duplicate", "reason": "near_in_video", "distance": duplicate.distance}
                row["duplicate_of"] = mine[duplicate.representative]["key"]


def differ(a, b):
    return (int.from_bytes(a["hash"]) ^ int.from_bytes(b["hash"])).bit_count()


def stay(rows, distance):
    """The rule for near-duplicates across videos, written out frame by frame, for frames with detail."""
    kept = []
    for row in sorted(rows, key=lambda row: (row["split"] != "val", -row["detail"], -row["crop_size"])):
        if all(differ(row, other) > distance for other in kept if row["video"] != other["video"]):
            kept.append(row)
    return kept


def settings_of(**dedupe):
    return {"dedupe": DEDUPE | dedupe, "select": {"per_video": None}}


@pytest.mark.parametrize("bits", [64, 256])
def test_inside_videos_is_what_preprocess_would_keep(tmp_path, bits):
    rows = make_rows(1, bits)
    curve = sweep_distance_within_videos(read_hashed_frames(write_rows(tmp_path, rows, bits)), settings_of(distance=7))
    assert curve.own == 7
    assert curve.distances == (list(range(33)) if bits == 64 else sorted({7, *range(0, 129, 4)}))
    for distance, kept in zip(curve.distances, curve.kept, strict=True):
        expected = sum(found.count(None) for _, found in find_in_videos(rows, distance))
        assert kept == expected, distance


def test_featureless_frames_count_as_the_dataset_has_them(tmp_path):
    dark = {"detail": 3, "crop_size": 50}
    gone = {"status": "duplicate", "duplicate_of": "a/0", "distance": 0}
    rows = [
        make_row("a", 0, 0, **dark),
        make_row("a", 1, 0, **dark, **gone, reason="near_in_video"),
        make_row("a", 2, 1, **dark),
        make_row("b", 0, 0, **dark, **gone, reason="near_across_videos"),
        make_row("c", 0, 0, **dark, **gone, reason="near_validation"),
    ]
    frames = read_hashed_frames(write_rows(tmp_path, rows))
    assert set(sweep_distance_within_videos(frames, settings_of()).kept) == {4}
    across = sweep_distance_across_videos(frames, settings_of())
    assert set(across["all"].kept) == {2} and set(across["video"].kept) == {3}
    assert sweep_frames_per_video(frames, settings_of())[:3] == ([1, 2], [3, 4], [None, None])


@pytest.mark.parametrize("bits", [64, 256])
def test_across_videos_is_the_rule_among_representatives(tmp_path, bits):
    rows = make_rows(2, bits)
    drop_in_videos(rows, 3)
    for row in [row for row in rows if row["status"] == "kept"][3::10]:
        row |= {"status": "unselected"}
    frames = read_hashed_frames(write_rows(tmp_path, rows, bits))
    curves = sweep_distance_across_videos(frames, settings_of(scope="all", distance=3, cross_distance=5))
    given = [row for row in rows if row["status"] == "kept"]
    clear = [row for row in given if row["detail"] >= 10]
    assert curves["all"].own == 5 and curves["video"].own is None
    assert curves["all"].distances == list(range(JOIN_LIMITS[bits] + 1))
    validation = [row for row in clear if row["split"] == "val"]
    for distance in curves["all"].distances:
        featureless = len(given) - len(clear)
        assert curves["all"].kept[distance] == len(stay(clear, distance)) + featureless
        near = [r for r in clear if r["split"] == "train" and any(differ(r, v) <= distance for v in validation)]
        assert curves["video"].kept[distance] == len(given) - len(near)


@pytest.mark.parametrize(
    ("bits", "own", "tried"), [(64, 7, [0, 2, 4, 6, 7, 8, 10, 11]), (256, 22, [0, 4, 8, 12, 16, 20, 22, 24, 28, 31])]
)
def test_of_many_frames_not_every_distance_is_tried(tmp_path, monkeypatch, bits, own, tried):
    frames = read_hashed_frames(write_rows(tmp_path, make_rows(5, bits), bits))
    every = sweep_distance_across_videos(frames, settings_of(cross_distance=own))
    monkeypatch.setattr("tools.duplicates.setting_sweeps._MANY_FRAMES", {64: 10, 256: 10})
    some = sweep_distance_across_videos(frames, settings_of(cross_distance=own))
    for scope, curve in some.items():
        assert curve.distances == tried
        assert curve.kept == [every[scope].kept[distance] for distance in tried]


def test_a_switched_off_setting_is_on_no_curve(tmp_path):
    frames = read_hashed_frames(write_rows(tmp_path, make_rows(3)))
    old = {"enabled": True, "distance": 8, "min_detail": 10}  # as before there was a stage across videos
    across = sweep_distance_across_videos(frames, {"dedupe": old})
    assert across["all"].own is None and across["video"].own is None
    assert sweep_distance_within_videos(frames, settings_of(enabled=False)).own is None


def farthest(codes, count):
    """Places of the first `count` of the farthest-point order from the first on, and the others' distances to them."""
    chosen = [0]
    while len(chosen) < min(count, len(codes)):
        left = [i for i in range(len(codes)) if i not in chosen]
        chosen.append(max(left, key=lambda i: (min((codes[i] ^ codes[c]).bit_count() for c in chosen), -i)))
    left = [i for i in range(len(codes)) if i not in chosen]
    return chosen, [min((codes[i] ^ codes[c]).bit_count() for c in chosen) for i in left]


@pytest.mark.parametrize("bits", [64, 256])
def test_selection_and_what_it_leaves_uncovered(tmp_path, bits):
    rows = [row | {"detail": 1000 - place} for place, row in enumerate(make_rows(4, bits))]  # rank as listed
    rows = [row for row in rows if row["video"] != "v03"] + [make_row("w", 0, 1, bits)]  # a video of one frame
    rows[5]["status"] = "unselected"  # what was selected once, or dropped across videos, changes nothing
    rows[7] |= {"status": "duplicate", "reason": "near_across_videos", "duplicate_of": "w/0", "distance": 9}
    frames = read_hashed_frames(write_rows(tmp_path, rows, bits))
    found = sweep_frames_per_video(frames, settings_of() | {"select": {"per_video": 7}})
    assert found.own == 7 and found.counts == [1, 2, 3, 4, 5, 6, 7, 8]
    for count, kept, greatest, median in zip(*found[:4], strict=True):
        videos = [
            [int.from_bytes(r["hash"]) for r in rows if r["video"] == name] for name in {r["video"] for r in rows}
        ]
        picked = [farthest(codes, count) for codes in videos]
        left = sorted(distance for _, distances in picked for distance in distances)
        assert kept == sum(len(chosen) for chosen, _ in picked)
        assert greatest == left[-1] and median == left[(len(left) - 1) // 2]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Four videos of three pictures each, two of them at falling quality; two pictures are in two videos."""
    folder = tmp_path_factory.mktemp("curves") / "pets"
    for video in range(4):
        pictures = (video, 10 + video // 2, 20 + video)
        flags = [(1, 95 - 29 * turn) for turn in range(4)]  # JPEG quality
        images = {5 * n: make_jpeg(pictures[n // 4], flags=flags[n % 4 * (video % 2)]) for n in range(12)}
        images[60] = make_plain(90)  # without detail, equal in all videos
        write_video(folder, f"dog-sit-{video:06}", images, part="Validation" if video == 3 else "Training")
    return folder


def make_plain(grey):
    return cv2.imencode(".jpg", np.full((HEIGHT, WIDTH, 3), grey, np.uint8))[1].tobytes()


@pytest.fixture(scope="module")
def make(two_workers, source, tmp_path_factory):
    def run_preprocess(per_video=None, **dedupe):
        out = tmp_path_factory.mktemp("made") / "out"
        select = SelectSettings(per_video=per_video)
        run(PreprocessSettings(source=[str(source)], out=str(out), dedupe=DedupeSettings(**dedupe), select=select))
        return read_hashed_frames(out), read_dataset(out).settings

    return run_preprocess


def test_the_curves_are_what_real_runs_keep(make):
    """A dataset's curves at other distances are what runs with those distances keep, and at its own what it kept."""
    made = [make(distance=d, cross_distance=c) for d, c in ((0, 6), (8, 0), (8, 6))]
    kept = [int(np.count_nonzero(frames.stays_within_video)) for frames, _ in made]
    assert kept[0] > kept[1] == kept[2]
    for frames, settings in made:
        curve = sweep_distance_within_videos(frames, settings)
        assert [curve.kept[0], curve.kept[8]] == kept[:2]
        across = sweep_distance_across_videos(frames, settings)["all"]
        assert across.kept[across.own] == np.count_nonzero(frames.is_kept)
    finest, usual = (np.count_nonzero(frames.is_kept) for frames, _ in made[1:])
    for frames, settings in made[1:]:
        across = sweep_distance_across_videos(frames, settings)["all"].kept
        assert [across[0], across[6]] == [finest, usual] and finest > usual


@pytest.mark.parametrize("dedupe", [{"scope": "video"}, {"enabled": False}])
def test_other_scopes_are_what_real_runs_keep(make, dedupe):
    frames, settings = make(**dedupe)
    curve = sweep_distance_across_videos(frames, settings)["video"]
    assert curve.own == 6 and curve.kept[6] == np.count_nonzero(frames.is_kept)
    assert np.count_nonzero(frames.reason == DROP_REASONS.index("near_validation")) > 0


def test_selection_is_what_a_real_run_keeps(make):
    frames, settings = make(per_video=3, distance=2)
    found = sweep_frames_per_video(frames, settings)
    assert found.own == 3
    assert found.kept[found.counts.index(3)] == np.count_nonzero(frames.compared_across_videos) == 12
    across = sweep_distance_across_videos(frames, settings)["all"]
    assert across.kept[across.own] == np.count_nonzero(frames.is_kept)
