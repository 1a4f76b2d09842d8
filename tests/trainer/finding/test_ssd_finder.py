"""MediaPipe's SSD: its outputs decoded, and what the real one finds on real photos and the real clip."""

import json
import re
from itertools import pairwise

import numpy as np
import pytest

from shards.crop_geometry import Box
from tests.trainer.finding.coloured_pets import find_box, paint
from trainer.answering.photo import read_upright_pixels
from trainer.answering.video_file import sample_video_frames
from trainer.finding.box_overlap import compute_overlaps, list_corners
from trainer.finding.finder_file import open_finder
from trainer.finding.found_pet import FoundPet
from trainer.finding.ssd_anchors import make_anchors
from trainer.finding.ssd_finder import decode_corners, decode_pets, make_ssd_input

ANCHORS = make_anchors()
CAT, DOG = 8, 20
WIDTH, HEIGHT = 1000, 600


def decode(logits: dict[tuple[int, int], float], encodings: dict[int, tuple] | None = None) -> list[FoundPet]:
    """Decode outputs in which only these (anchor, class) are not very unlikely."""
    raw, moved = np.full((len(ANCHORS), 24), -9, np.float32), np.zeros((len(ANCHORS), 4), np.float32)
    for place, logit in logits.items():
        raw[place] = logit
    for anchor, values in (encodings or {}).items():
        moved[anchor] = values
    return decode_pets(moved, raw, ANCHORS, WIDTH, HEIGHT)


def find_anchor(y: float, x: float, height: float, width: float) -> int:
    return int(np.abs(ANCHORS - (y, x, height, width)).sum(axis=1).argmin())


MIDDLE = find_anchor(0.5, 0.5, 0.5, 0.5)


def test_an_anchor_that_is_not_moved():
    [pet] = decode({(MIDDLE, DOG): 2.0})
    assert pet == FoundPet(Box(250, 150, 500, 300), "dog", pytest.approx(1 / (1 + np.exp(-2)), abs=1e-6))
    assert decode({(MIDDLE, CAT): 2.0})[0].species == "cat"


def test_boxes_are_moved_and_scaled():
    """By a tenth of the anchor's sides down and two tenths right, half as high, twice as wide."""
    moved = (1, 2, 5 * np.log(0.5), 5 * np.log(2))
    [pet] = decode({(MIDDLE, DOG): 2.0}, {MIDDLE: moved})
    assert pet.box == Box(100, 255, 900, 150)  # cut at the right edge: 1.1 of the width
    corners = decode_corners(np.array([[0, 0, 900, -900]], np.float32), ANCHORS[[MIDDLE]])
    assert np.isfinite(corners).all() and corners.min() >= 0 and corners.max() <= 1


def test_only_sure_dogs_and_cats_count():
    assert decode({(MIDDLE, 0): 9, (MIDDLE, 7): 9, (MIDDLE, 19): 9, (MIDDLE, 21): 9}) == []
    assert decode({(MIDDLE, DOG): np.log(0.34 / 0.66)}) == []
    assert len(decode({(MIDDLE, DOG): np.log(0.36 / 0.64)})) == 1


def test_one_pet_has_one_box_whatever_it_may_be():
    beside = find_anchor(0.5, 0.7, 0.5, 0.5)
    [pet] = decode({(MIDDLE, DOG): 1.0, (MIDDLE, CAT): 1.5, (beside, DOG): 0.5})
    assert pet.species == "cat" and pet.box == Box(250, 150, 500, 300)


def test_the_largest_comes_first():
    small, large = find_anchor(0.1, 0.1, 0.35, 0.35), find_anchor(0.7, 0.7, 0.5, 0.5)
    pets = decode({(small, DOG): 5.0, (large, CAT): 1.0})
    assert [pet.species for pet in pets] == ["cat", "dog"]
    assert pets[0].box.width > pets[1].box.width


def test_boxes_lie_inside_tiny_pictures():
    encodings, logits = np.zeros((len(ANCHORS), 4), np.float32), np.full((len(ANCHORS), 24), 3, np.float32)
    for width, height in ((1, 1), (2, 300), (3, 1)):
        pets = decode_pets(encodings, logits, ANCHORS, width, height)
        for box in (pet.box for pet in pets):
            assert box.width >= 1 and box.height >= 1 and box.x >= 0 and box.y >= 0
            assert box.x + box.width <= width and box.y + box.height <= height


def test_the_input_is_the_whole_picture_from_minus_one_to_one():
    picture = np.zeros((40, 900, 3), np.uint8)
    picture[:, 450:] = 255
    found = make_ssd_input(picture)
    assert found.shape == (1, 300, 300, 3) and found.dtype == np.float32
    np.testing.assert_allclose(found[0, :, :140], -1)
    np.testing.assert_allclose(found[0, :, 160:], 1)


def test_a_network_through_litert(colour_finder):
    pets = [[("dog", 2, 3), ("cat", 7, 7)], [], [("cat", 1, 1)]]
    sizes = [(320, 240), (100, 300), (1500, 700)]
    pictures = [paint(on, *size) for on, size in zip(pets, sizes, strict=True)]
    finder = open_finder(colour_finder)
    found = finder.find(pictures)
    assert [[pet.species for pet in on] for on in found] == [["dog", "cat"], [], ["cat"]]
    for on, expected, size in zip(found, pets, sizes, strict=True):
        for pet, (_, row, column) in zip(on, expected, strict=True):
            box = find_box(row, column, *size)
            assert compute_overlaps(list_corners([pet.box]), list_corners([box])) > 0.95
    assert finder.find([pictures[2], pictures[0]]) == [found[2], found[0]]  # each picture for itself
    assert finder.find([]) == []


@pytest.fixture(scope="module")
def real_finder(real_files):
    return open_finder(real_files / "finders/ssd_mobilenetv2_oidv4_fp16.tflite")


def test_real_cats_and_dogs(real_files, real_finder):
    """The boxes of these photos are around heads: each has to lie in the box of the right species, for four of five."""
    folder = real_files / "boxes/oxford_pets_5"
    right = 0
    for path in sorted((folder / "images").glob("*.jpg")):
        text = next(folder.rglob(f"{path.stem}.xml")).read_text()
        head = [int(re.search(f"<{name}>(\\d+)<", text)[1]) for name in ("ymin", "xmin", "ymax", "xmax")]
        for pet in real_finder.find([read_upright_pixels(path)])[0]:
            shown = "cat" if path.name[0].isupper() else "dog"  # so the data set names them
            corners = list_corners([pet.box])[0]
            inside = [
                max(head[0], corners[0]),
                max(head[1], corners[1]),
                min(head[2], corners[2]),
                min(head[3], corners[3]),
            ]
            share = (inside[2] - inside[0]) * (inside[3] - inside[1]) / ((head[2] - head[0]) * (head[3] - head[1]))
            right += pet.species == shown and share > 0.9
    assert right >= 4


def test_one_real_dog_is_one_dog(real_files, real_finder):
    """The pug's head lies in its body's box by 0.83, at an overlap of 0.38; two goats by 0.57 stay two."""
    pug, *goats = (
        real_finder.find([read_upright_pixels(real_files / "boxes" / name)])[0]
        for name in (
            "oxford_pets_5/images/pug_188.jpg",
            "coco_permissive/images/000000000491.jpg",
            "coco_permissive/images/000000008690.jpg",
        )
    )
    assert [pet.species for pet in pug] == ["dog"] and pug[0].score > 0.7
    assert list(map(len, goats)) == [2, 2]


def test_real_photos_without_a_pet(real_files, real_finder):
    """Goats and a toy dog may be taken for dogs, and a dog of 90 pixels is not seen."""
    folder = real_files / "boxes/coco_permissive/images"
    pictures = [read_upright_pixels(path) for path in sorted(folder.glob("*.jpg"))[:20]]
    found = real_finder.find(pictures)
    assert sum(map(bool, found)) <= 1


def test_the_real_clip(real_files, real_finder):
    """Boxes read by eye, linear in between: the dog is found at an overlap of a half in most frames."""
    boxes = json.loads((real_files / "dog_boxes.json").read_text())["boxes"]
    known = sorted((int(number), box) for number, box in boxes.items())
    overlaps, empty = [], []
    for seconds, pixels in sample_video_frames(real_files / "clips/01_dog.mp4"):
        pets = real_finder.find([pixels])[0]
        if 2.4 <= seconds <= 3.3:  # nobody is there
            empty.append(len(pets))
        if box := _read_box(known, round(seconds * 30)):
            found = compute_overlaps(list_corners([box]), list_corners([pet.box for pet in pets]))
            overlaps.append(found.max(initial=0))
    assert len(overlaps) == 41 and len(empty) == 5
    assert np.mean(np.array(overlaps) >= 0.5) > 0.9 and np.mean(overlaps) > 0.65
    assert sum(empty) == 0


def _read_box(known: list[tuple[int, list[int] | None]], number: int) -> Box | None:
    for (first, start), (last, end) in pairwise(known):
        if first <= number <= last and start and end:
            share = (number - first) / (last - first)
            return Box(*(round(a + (b - a) * share) for a, b in zip(start, end, strict=True)))
    return None
