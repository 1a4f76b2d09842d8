import json
from itertools import combinations

import cv2
import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.distance import choose_smallest_distance, compute_precision, fit_tail, main, share_within
from benchmarks.known_copies.edits import (
    CROP_SIZE,
    REUPLOAD_EDITS,
    WITHIN_VIDEO_EDITS,
    CropHashes,
    compute_dhash,
    compute_hashes,
    cut_crop,
)
from benchmarks.known_copies.pairs import PairKind, compare_photos, count_bits, measure_distances
from console.command import run_command
from preprocess.cutting.phash import hash_crop
from shards.crop_geometry import Crop
from shards.errors import DataError
from tests.trees import make_image

FRAME, CROP = make_image(1, 640, 480), Crop(130, 70, 320)


def test_the_difference_hash_tells_rising_from_falling():
    rising = np.repeat(np.arange(CROP_SIZE, dtype=np.uint8)[None, :, None], CROP_SIZE, axis=0).repeat(3, axis=2)
    assert compute_dhash(rising) == 2**64 - 1
    assert compute_dhash(rising[:, ::-1].copy()) == compute_dhash(np.zeros_like(rising)) == 0
    half = np.concatenate([rising[: CROP_SIZE // 2], rising[CROP_SIZE // 2 :, ::-1]])
    assert compute_dhash(half) == 0xFFFFFFFF00000000


def test_bits_are_counted_hash_by_hash():
    one, other = make_image(1, CROP_SIZE, CROP_SIZE), make_image(2, CROP_SIZE, CROP_SIZE)
    expected = [
        (hash_crop(one).code ^ hash_crop(other).code).bit_count(),
        (hash_crop(one, 256).code ^ hash_crop(other, 256).code).bit_count(),
        (compute_dhash(one) ^ compute_dhash(other)).bit_count(),
    ]
    assert measure_distances([(compute_hashes(one), compute_hashes(other))]).tolist() == [expected]


@pytest.mark.parametrize("name", WITHIN_VIDEO_EDITS | REUPLOAD_EDITS)
def test_every_edit_changes_the_crop_and_its_hashes_little(name):
    plain, edited = cut_crop(FRAME, CROP), (WITHIN_VIDEO_EDITS | REUPLOAD_EDITS)[name](FRAME, CROP)
    assert edited.shape == plain.shape and edited.dtype == np.uint8 and np.any(edited != plain)
    bits = measure_distances([(compute_hashes(plain), compute_hashes(edited))])[0]
    assert np.all(bits <= [16, 80, 16])


def test_featureless_frames_make_no_pair():
    black, picture = (
        compute_hashes(np.zeros((CROP_SIZE, CROP_SIZE, 3), np.uint8)),
        compute_hashes(cut_crop(FRAME, CROP)),
    )
    assert measure_distances([(black, picture), (picture, black), (black, black)]).shape == (0, 3)
    assert measure_distances([(picture, picture)]).tolist() == [[0, 0, 0]]


def test_only_codes_of_different_owners_are_strangers():
    rng = np.random.default_rng(0)
    codes = [CropHashes(rng.integers(0, 2**64, 6, np.uint64), int(rng.integers(1000, 9000))) for _ in range(9)]
    owners = np.array([0, 0, 1, 2, 2, 2, 5, 5, 6])
    pairs = [(a, b) for a, b in combinations(range(9), 2) if owners[a] != owners[b]]
    kind = compare_photos(codes, owners)
    words = np.stack([codes[a].words ^ codes[b].words for a, b in pairs])
    assert kind.distances.tolist() == count_bits(words).tolist()
    assert kind.details.tolist() == [min(codes[a].detail, codes[b].detail) for a, b in pairs]


def test_a_kind_counts_once_however_many_pairs_it_has():
    few, many = PairKind("few", np.array([[1], [9]])), PairKind("many", np.full((1000, 1), 9))
    within = share_within([few, many], 0)
    assert [within(d) for d in (0, 1, 8, 9)] == [0, 0.25, 0.25, 1]


@pytest.mark.parametrize(("found", "wrong", "expected"), [(1, 0, 1), (0.5, 0.5, 0.5), (0.3, 0.1, 0.75), (0, 0, None)])
def test_precision(found, wrong, expected):
    assert compute_precision(found, wrong) == (expected and pytest.approx(expected))


def test_the_fit_foresees_the_tail_of_random_codes():
    """A million pairs show hardly one within 10 bits; the binomial distribution says how many there would be."""
    bits = np.random.default_rng(0).binomial(64, 0.5, 1_000_000)
    fitted = fit_tail(bits)
    assert np.sum(bits <= 10) < 10
    for distance in (6, 8, 10, 14, 20):
        assert 1 / 4 < fitted(distance) / binom.cdf(distance, 64, 0.5) < 4
    with pytest.raises(DataError, match="more --windows"):
        fit_tail(bits[:100])


@pytest.mark.parametrize(("safe", "expected"), [([0, 2, 4, 6], 4), ([0, 2], 2), ([4, 6], 4), ([], 0)])
def test_the_least_distance_that_finds_enough_is_suggested(safe, expected):
    assert choose_smallest_distance(lambda distance: {0: 0.1, 2: 0.9, 4: 0.95, 6: 1}[distance], safe) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--windows", "3"], "--windows 3: give a number from 20 to 200"), ([], "has no boxes; give the folder")],
)
def test_a_bad_call_is_one_line(arguments, message, tmp_path, capfd):
    for name in ("boxes", "neardup", "clips", "dog_boxes.json") if arguments else ():
        (tmp_path / name).mkdir()
    assert run_command("distance", main, ["--real", str(tmp_path), *arguments]) == 2
    output = capfd.readouterr()
    assert output.out == "" and output.err.count("\n") == 1 and message in output.err


def test_an_image_that_cannot_be_read_is_named(tmp_path, capfd):
    (tmp_path / "boxes").mkdir()
    cv2.imwrite(str(tmp_path / "boxes" / "frame.jpg"), FRAME)
    (tmp_path / "boxes" / "broken.jpg").write_bytes(b"no picture")
    for name in ("neardup", "clips", "dog_boxes.json"):
        (tmp_path / name).mkdir()
    assert run_command("distance", main, ["--real", str(tmp_path)]) == 1
    assert "broken.jpg cannot be read as an image" in capfd.readouterr().err


def test_on_the_real_files(real_files, capsys):
    """The table that the defaults rest on, with fewer strangers than it has by default."""
    assert main(["--real", str(real_files), "--windows", "20"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    for name, largest in (("pHash 64", 16), ("pHash 256", 80), ("dHash 64", 16)):
        found = figures[name]
        assert found["distances"][-1] == largest
        assert set(found["share_within"]["bridge, flipped, turned"]) == {0}
        assert found["share_within"]["clip, grey and colour"][-1] == found["share_within"]["JPEG quality 50"][-1] == 1
        for row in (*found["share_within"].values(), found["in_video"]["recall"], found["across"]["recall"]):
            assert row == sorted(row)
    assert figures["pHash 64"]["suggested"]["distance"] == 8
    assert figures["pHash 64"]["suggested"]["cross_distance"] in (4, 6)  # with so few strangers the fit wavers
    assert figures["pHash 256"]["suggested"] == {"distance": 62, "cross_distance": 30}
    false = {
        name: figures[name]["across"]["false pairs, fitted, detail 8,000 up"][2] for name in ("pHash 64", "dHash 64")
    }
    assert 10 * false["pHash 64"] < false["dHash 64"]
