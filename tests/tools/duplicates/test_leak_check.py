import cv2
import numpy as np
import pytest

from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from preprocess.run import run
from preprocess.settings import DedupeSettings, PreprocessSettings
from shards.dataset import list_shards
from shards.emotions import KOREAN
from shards.errors import DataError
from tests.tools.manifests import change_rows, make_row, write_rows
from tests.trees import HEIGHT, WIDTH, make_jpeg, make_label, write_video
from tools.duplicates.hashed_frames import read_hashed_frames
from tools.duplicates.leak_check import check_leaks

SETTINGS = {"dedupe": {"min_detail": 10}}


def check(folder, promised=3):
    return check_leaks(folder, read_hashed_frames(folder), SETTINGS, promised)


@pytest.mark.parametrize("bits", [64, 256])
def test_every_frame_against_every_other(tmp_path, bits):
    random, rows = np.random.default_rng(bits), []
    centres = [int.from_bytes(random.bytes(bits // 8)) for _ in range(6)]
    for number in range(150):
        code = centres[random.integers(6)]
        for bit in random.integers(0, bits, random.integers(0, bits // 8)):
            code ^= 1 << int(bit)
        split = "val" if number % 10 < 3 else "train"
        dropped = {"status": "unselected"} if number % 7 == 0 else {}
        row = make_row(split, number, code, bits, split=split, detail=int(random.integers(8, 40)), **dropped)
        rows.append(row)
    rows.sort(key=lambda row: row["video"])
    folder = write_rows(tmp_path, rows, bits)
    frames, limit = read_hashed_frames(folder), JOIN_LIMITS[bits]
    found = check_leaks(folder, frames, SETTINGS, promised=limit // 2)
    kept = [row for row in rows if row["status"] == "kept" and row["detail"] >= 10]
    codes = {row["key"]: int.from_bytes(row["hash"]) for row in kept}
    validation = [row["key"] for row in kept if row["split"] == "val"]
    training = [key for key in codes if key not in validation]
    nearest = {key: min((codes[key] ^ codes[other]).bit_count() for other in validation) for key in training}
    assert found.histogram == [list(nearest.values()).count(bits) for bits in range(limit + 1)]
    assert found.beyond == sum(bits > limit for bits in nearest.values()) and sum(found.histogram) > 10
    assert found.near == sum(bits <= limit // 2 for bits in nearest.values()) == found.found > 0
    pairs = [(frames.key(train), frames.key(val), bits) for train, val, bits in found.pairs.tolist()]
    assert {train: bits for train, _, bits in pairs} == {key: bits for key, bits in nearest.items() if bits <= limit}
    assert all((codes[train] ^ codes[val]).bit_count() == bits for train, val, bits in pairs)
    assert [bits for *_, bits in pairs] == sorted(bits for *_, bits in pairs)


def test_a_video_in_both_splits(tmp_path):
    rows = [make_row("a", 0, 0), make_row("b", 0, 2**40 - 1), make_row("b", 1, 2**63 - 1, split="val")]
    found = check(write_rows(tmp_path, rows))
    assert found.videos == ["b"] and found.near == 0 and found.found == 1


def test_without_validation_there_is_nothing_to_leak(tmp_path):
    found = check(write_rows(tmp_path, [make_row("a", 0, 0), make_row("a", 1, 2**40)]))
    assert (found.train, found.val, found.found, found.beyond, sum(found.histogram)) == (2, 0, 0, 2, 0)


@pytest.fixture(scope="module")
def dataset(two_workers, tmp_path_factory):
    """Three videos, each with a grey frame: two equal, one of another grey; and pictures of their own."""
    folder = tmp_path_factory.mktemp("leaks")
    for video, grey in enumerate((90, 90, 120)):
        images = {0: plain(grey), 5: make_jpeg(video), 10: make_jpeg(9 + video)}
        write_video(
            folder / "pets", f"dog-sit-{video:06}", images, label=make_label(inspect={"emotion": KOREAN[video]})
        )
    kept = DedupeSettings(enabled=False)
    run(PreprocessSettings(source=[str(folder / "pets")], out=str(folder / "out"), dedupe=kept))
    return folder / "out"


def plain(grey):
    return cv2.imencode(".jpg", np.full((HEIGHT, WIDTH, 3), grey, np.uint8))[1].tobytes()


def into_validation(*videos):
    def change(row):
        row["split"] = "val" if row["video"] in videos else "train"

    return change


def test_featureless_frames_are_compared_by_their_pictures(dataset, tmp_path):
    leaking = change_rows(dataset, tmp_path / "leak", into_validation("dog-sit-000001"))
    frames, found = read_hashed_frames(leaking), check(leaking)
    assert [(frames.key(a), frames.key(b)) for a, b in found.equal] == [("dog-sit-000000/0", "dog-sit-000001/0")]
    assert found.found == 1 and found.near == 0 and found.featureless == 2 and found.unread == 0
    # the grey one has the same code and as little detail, and yet is another picture
    codes = {frames.key(i): (frames.codes[i, 0], frames.detail[i]) for i in range(len(frames))}
    assert codes["dog-sit-000000/0"] == codes["dog-sit-000002/0"]
    other = change_rows(dataset, tmp_path / "other", into_validation("dog-sit-000002"))
    assert check(other).equal == [] and check(other).found == 0


def test_without_stored_pictures_it_says_how_many_are_left(dataset, tmp_path):
    def change(row):
        into_validation("dog-sit-000001")(row)
        row |= {"shard": None, "offset": None}

    found = check(change_rows(dataset, tmp_path / "dry", change))
    assert found.unread == 3 and found.equal == [] and found.found == 0


def test_a_damaged_record_is_named(dataset, tmp_path):
    leaking = change_rows(dataset, tmp_path / "bad", into_validation("dog-sit-000001"))
    for shard in list_shards(leaking):
        data = bytearray(shard.read_bytes())
        data[20:] = bytes(len(data) - 20)
        shard.write_bytes(data)
    with pytest.raises(DataError, match=r"tfrecord.*: offset .*; run python -m tools\.verify"):
        check(leaking)


def test_a_record_beyond_the_shards_end_is_named(dataset, tmp_path):
    def change(row):
        into_validation("dog-sit-000001")(row)
        row["offset"] = row["offset"] and 10**6

    with pytest.raises(DataError, match=r"tfrecord.*: offset 1000000: the file ends before.*; run python -m tools"):
        check(change_rows(dataset, tmp_path / "short", change))
