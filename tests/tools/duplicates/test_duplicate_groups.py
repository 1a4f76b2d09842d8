import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shards.emotions import KOREAN
from shards.errors import DataError
from shards.manifest import MANIFEST_FILE, take_rows
from tests.tools.manifests import make_row, write_rows
from tools.duplicates import hashed_frames
from tools.duplicates.duplicate_groups import find_duplicate_groups, find_roots
from tools.duplicates.hashed_frames import ABSENT, check_hashes, measure_distance, read_hashed_frames


def duplicate(video, number, code, of, distance, reason="near_in_video", **changes):
    changes |= {"status": "duplicate", "reason": reason, "duplicate_of": of, "distance": distance}
    return make_row(video, number, code, **changes)


@pytest.fixture
def folder(tmp_path):
    """Two videos with names to stumble over; a representative in its video that is a duplicate across; a conflict."""
    fear = {"emotion_inspect": KOREAN[1], "label": 1}
    return write_rows(
        tmp_path / "데이터",
        [
            make_row('<b>&"한글/1', 5, 0b0, **fear),
            duplicate('<b>&"한글/1', 10, 0b1, '<b>&"한글/1/5', 1, **fear),
            make_row('<b>&"한글/1', 15, None, status="rejected", reason="box_missing", detail=None),
            duplicate("고양이\n1", -3, 0b110, '<b>&"한글/1/5', 2, "near_across_videos", species="CAT"),
            duplicate("고양이\n1", 0, 0b111, "고양이\n1/-3", 1, species="CAT"),
            make_row("고양이\n1", 7, 2**64 - 1, species=None, emotion_inspect="모름", label=None),
            make_row("끝", 0, 2**63, status="rejected", reason="label_conflict"),
            make_row("끝", 1, 2**62, status="unselected"),
            make_row("끝", 2, 1, status="rejected", reason="box_outside"),  # rejected for itself: never compared
        ],
    )


def test_frames_are_the_rows_with_a_hash(folder):
    frames, rows = read_hashed_frames(folder), pq.read_table(folder / MANIFEST_FILE).to_pylist()
    assert [rows[place] for place in frames.manifest_row] == [row for row in rows[:-1] if row["hash"]]
    assert [frames.key(i) for i in range(len(frames))] == [row["key"] for row in rows[:-1] if row["hash"]]
    assert frames.representative.tolist() == [ABSENT, 0, 0, 2, ABSENT, ABSENT, ABSENT]
    assert frames.distance.tolist() == [ABSENT, 1, 2, 1, ABSENT, ABSENT, ABSENT]
    assert frames.codes[:, 0].tolist() == [0, 1, 0b110, 0b111, 2**64 - 1, 2**63, 2**62] and frames.bits == 64
    assert frames.mood.tolist() == [1, 1, 3, 3, ABSENT, 3, 3] and frames.label.tolist() == [1, 1, 3, 3, ABSENT, 3, 3]
    assert [frames.species_names[kind] if kind != ABSENT else None for kind in frames.species] == [
        *("DOG", "DOG", "CAT", "CAT", None, "DOG", "DOG")
    ]
    outcomes = [hashed_frames.OUTCOMES[place] for place in hashed_frames.number_outcomes(frames)]
    assert outcomes == [
        *("kept", "near_in_video", "near_across_videos", "near_in_video", "kept", "label_conflict", "unselected")
    ]
    assert frames.stays_within_video.tolist() == [True, False, True, False, True, True, True]


def test_a_group_holds_the_duplicates_of_its_duplicates(folder):
    frames = read_hashed_frames(folder)
    found = find_duplicate_groups(frames)
    assert found.representative.tolist() == [0] and found.list_members(0).tolist() == [1, 2, 3]
    assert found.size.tolist() == [4] and found.widest.tolist() == [2]
    assert found.moods.tolist() == [[0, 2, 0, 2, 0, 0]] and found.disagreeing.tolist() == [2]
    assert measure_distance(frames, found.list_members(0), np.zeros(3, int)).tolist() == [1, 2, 3]


def test_row_groups_change_nothing(folder, tmp_path, monkeypatch):
    whole = read_hashed_frames(folder)
    pq.write_table(pq.read_table(folder / MANIFEST_FILE), folder / MANIFEST_FILE, row_group_size=2)
    parts = read_hashed_frames(folder)
    assert whole.video_names == parts.video_names
    for name in (
        "manifest_row",
        "video",
        "frame_number",
        "mood",
        "representative",
        "codes",
        "species",
        "status",
        "reason",
    ):
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name
    rows = pq.read_table(folder / MANIFEST_FILE).to_pylist()
    read = take_rows(folder, [6, 0, 3, 0], ["key", "video"])
    assert read == {place: {name: rows[place][name] for name in ("key", "video")} for place in (0, 3, 6)}
    assert take_rows(folder, [], ["key"]) == {}


@pytest.mark.parametrize("bits", [64, 256])
def test_many_groups_against_counting_one_by_one(tmp_path, bits):
    random = np.random.default_rng(bits)
    rows, of = [], {}
    for video in range(12):
        for number in range(9):
            moods = KOREAN[random.integers(6)]
            row = make_row(f"v{video:02}", number, int.from_bytes(random.bytes(bits // 8)), bits, emotion_inspect=moods)
            if rows and random.random() < 0.6:
                other = rows[random.integers(len(rows))]["key"]
                row |= {"status": "duplicate", "reason": "near_across_videos", "duplicate_of": of.get(other, other)}
                row["distance"] = int(random.integers(9))
                of[row["key"]] = row["duplicate_of"]
            rows.append(row)
    frames = read_hashed_frames(write_rows(tmp_path, rows, bits))
    assert [int.from_bytes(code.astype(">u8").tobytes()) for code in frames.codes] == [
        int.from_bytes(row["hash"]) for row in rows
    ]
    found = find_duplicate_groups(frames)
    expected = {}
    for row in rows:
        if row["duplicate_of"]:
            expected.setdefault(row["duplicate_of"], []).append(row)
    assert {frames.key(place) for place in found.representative} == set(expected)
    by_key = {row["key"]: row for row in rows}
    for group, place in enumerate(found.representative):
        members = expected[frames.key(place)]
        assert [frames.key(i) for i in found.list_members(group)] == [row["key"] for row in members]
        assert found.widest[group] == max(row["distance"] for row in members)
        moods = [row["emotion_inspect"] for row in [by_key[frames.key(place)], *members]]
        assert found.moods[group].tolist() == [moods.count(mood) for mood in KOREAN]
        assert found.disagreeing[group] == len(moods) - max(moods.count(mood) for mood in KOREAN)


def test_nothing_dropped(tmp_path):
    frames = read_hashed_frames(write_rows(tmp_path, [make_row("v", i, i) for i in range(3)]))
    found = find_duplicate_groups(frames)
    assert len(found.size) == len(found.widest) == len(found.disagreeing) == 0
    assert find_roots(frames).tolist() == [0, 1, 2]


def test_no_hashes(tmp_path):
    check_hashes(write_rows(tmp_path / "some", [make_row("v", 0, None), make_row("v", 1, 1)]))
    with pytest.raises(DataError, match=r"manifest\.parquet holds no hash at all.*; make the dataset again"):
        check_hashes(write_rows(tmp_path / "none", [make_row("v", 0, None, status="rejected", reason="box_empty")]))
    folder = write_rows(tmp_path / "old", [make_row("v", 1, 1)])
    pq.write_table(pq.read_table(folder / MANIFEST_FILE).drop_columns(["hash"]), folder / MANIFEST_FILE)
    with pytest.raises(DataError, match="has no column hash"):
        check_hashes(folder)


@pytest.mark.parametrize("key", ["v/9", "nobody/0", "v", "v/x"])
def test_a_duplicate_of_nothing_is_named(tmp_path, key):
    folder = write_rows(tmp_path, [make_row("v", 0, 0), duplicate("v", 1, 0, key, 0)])
    with pytest.raises(DataError, match=r"v/1 .*no frame with a hash; run python -m tools\.verify"):
        read_hashed_frames(folder)


def test_a_ring_is_an_error_and_no_endless_loop(tmp_path):
    folder = write_rows(tmp_path, [duplicate("v", 0, 0, "v/1", 0), duplicate("v", 1, 0, "v/0", 0)])
    with pytest.raises(DataError, match="ring"):
        find_roots(read_hashed_frames(folder))


def test_a_table_without_rows_of_a_row_group(tmp_path):
    """A row group of rejected rows only lies between others."""
    rows = [make_row("a", 0, 1), *(make_row("b", i, None, status="rejected") for i in range(3)), make_row("c", 0, 2)]
    folder = write_rows(tmp_path, rows)
    with pq.ParquetWriter(folder / MANIFEST_FILE, pq.read_schema(folder / MANIFEST_FILE)) as writer:
        for part in (rows[:1], rows[1:4], rows[4:]):
            writer.write_table(pa.Table.from_pylist(part, writer.schema))
    assert read_hashed_frames(folder).manifest_row.tolist() == [0, 4]
