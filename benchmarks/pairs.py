"""Pairs of real frames of which it is known whether they are copies, and how far apart their hashes are.

Photos are edited; the bridge and the pattern clip are delivered as copies of themselves; the dog and the pattern clip
show what time does. Frames below the detail gate make no pair, as they are never compared by their codes.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, product
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.edits import COPIED, HASHES, MIN_DETAIL, SIZE, STILL, Code, cut, hash_all
from shards.crop_geometry import Box, Crop, place_crop
from shards.errors import DataError

INSET = 0.1  # of a photo's short side, left around the square so that it can move
WINDOW_STEP = 6  # frames of 30 a second: the dataset has 5 a second
SECOND = 30
GREY, SMALL_LOGO_CLIP, LARGE = (
    f"pattern-sd-{name}.mp4" for name in ("grey-bar", "with-small-logo-bar", "with-large-logo-bar")
)  # one clip three times, frame by frame; 480 x 720 with black bars left and right of 32..447
WITH_LOGOS, WITHOUT_LOGOS = Crop(32, 0, 416), Crop(52, 344, 376)  # both logos lie in rows 145..337
STILL_FRAMES = 36  # of the pattern clip: so long the camera tries to hold still
DOOR = Crop(280, 0, 720)


class PairKind(NamedTuple):
    """Pairs of one kind: bits between them, (pairs, hashes) int; whether such are copies, None where it isn't asked."""

    name: str
    distances: np.ndarray
    in_video: bool | None = None
    across: bool | None = None
    details: np.ndarray | None = None  # (pairs,), the lower one's, where it was kept


def measure_distances(pairs: Iterable[tuple[Code, Code]]) -> np.ndarray:
    """Bits between the two of each pair that the gate lets through, (pairs, hashes) int."""
    kept = [(a.words, b.words) for a, b in pairs if min(a.detail, b.detail) >= MIN_DETAIL]
    words = np.array(kept, np.uint64).reshape(-1, 2, 6)
    return count_bits(words[:, 0] ^ words[:, 1])


def count_bits(words: np.ndarray) -> np.ndarray:
    """(n, 6) uint64 to (n, hashes) int, a column for each hash."""
    bits = np.bitwise_count(words)
    return np.stack([bits[:, place].sum(axis=1, dtype=np.int64) for place in HASHES.values()], axis=1)


def read_photos(folder: Path) -> Iterator[np.ndarray]:
    for path in sorted(folder.rglob("*.jpg")):
        image = cv2.imread(str(path))
        if image is None:
            raise DataError(f"{path} cannot be read as an image")
        yield image


def place_square(image: np.ndarray) -> Crop:
    height, width = image.shape[:2]
    size = round((1 - 2 * INSET) * min(width, height))
    return Crop((width - size) // 2, (height - size) // 2, size)


def measure_photos(folder: Path) -> list[PairKind]:
    """A photo's square against itself after each edit, and squares of different photos."""
    edits = STILL | COPIED
    codes, edited = [], {name: [] for name in edits}
    for image in read_photos(folder):
        crop = place_square(image)
        codes.append(hash_all(cut(image, crop)))
        for name, edit in edits.items():
            edited[name].append(hash_all(edit(image, crop)))
    kinds = [
        PairKind(name, measure_distances(zip(codes, found, strict=True)), in_video=name in STILL or None, across=True)
        for name, found in edited.items()
    ]
    return [*kinds, PairKind("different photos", measure_distances(combinations(codes, 2)), across=False)]


def measure_windows(folder: Path, count: int) -> PairKind:
    """Squares at random, `count` of each photo, against those of other photos: hundreds of pairs for each of them."""
    chance = np.random.default_rng(0)
    codes, owners = [], []
    for owner, image in enumerate(read_photos(folder)):
        height, width = image.shape[:2]
        for size in (chance.uniform(0.3, 0.9, count) * min(height, width)).astype(int):
            crop = Crop(int(chance.integers(width - size + 1)), int(chance.integers(height - size + 1)), int(size))
            code = hash_all(cut(image, crop))
            if code.detail >= MIN_DETAIL:
                codes.append(code)
                owners.append(owner)
    return compare_owners(codes, np.array(owners))


def compare_owners(codes: list[Code], owners: np.ndarray) -> PairKind:
    """All pairs of codes whose owners differ; owners (n,) in ascending order."""
    words, details = np.stack([code.words for code in codes]), np.array([code.detail for code in codes])
    distances, lower = [], []
    for place, owner in enumerate(owners):
        others = np.searchsorted(owners, owner, side="right")
        distances.append(count_bits(words[place] ^ words[others:]).astype(np.int16))
        lower.append(np.minimum(details[place], details[others:]).astype(np.int32))
    found, details = np.concatenate(distances), np.concatenate(lower)
    return PairKind("windows of different photos", found, across=False, details=details)


def measure_bridge(folder: Path) -> list[PairKind]:
    """One photo's edits; whole and squashed to a square, as three of them are delivered."""

    def read(path: Path) -> Code:
        whole = cv2.resize(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        return hash_all(whole)

    def compare(original: Path) -> np.ndarray:
        others = [path for path in sorted(original.parent.glob("*.jpg")) if path != original]
        return measure_distances((read(original), read(path)) for path in others)

    return [
        PairKind("bridge, edited", compare(folder / "bridge-mods" / "aaa-orig.jpg"), across=True),
        PairKind("bridge, flipped, turned", compare(folder / "reg-test-input" / "dih" / "bridge-1-original.jpg")),
    ]


def read_clip(path: Path, place: Callable[[int, int, int], Crop | None]) -> dict[int, Code]:
    """The codes of a clip's frames by their numbers; `place` gives the crop from number, width and height, or none."""
    clip, codes = cv2.VideoCapture(str(path)), {}
    while (read := clip.read())[0]:
        number = int(clip.get(cv2.CAP_PROP_POS_FRAMES)) - 1
        height, width = read[1].shape[:2]
        if crop := place(number, width, height):
            codes[number] = hash_all(cut(read[1], crop))
    if not codes:
        raise DataError(f"{path}: no frame could be read")
    return codes


def read_dog(folder: Path) -> dict[int, Code]:
    """Crops of the dog, by boxes read by eye, as the pipeline places them."""
    sys.path.insert(0, str(folder))
    from make_aihub_tree import box_at

    spec = json.loads((folder / "dog_boxes.json").read_text())
    keys = {int(number): box for number, box in spec["boxes"].items()}

    def place(number: int, width: int, height: int) -> Crop | None:
        box = box_at(keys, number)
        return place_crop(Box(*box), width, height, 1.1) if box else None

    return read_clip(folder / spec["clip"], place)


def pair_apart(codes: dict[int, Code], gaps: Iterable[int]) -> np.ndarray:
    return measure_distances((code, codes[n + gap]) for gap in gaps for n, code in codes.items() if n + gap in codes)


def pair_copies(one: dict[int, Code], *others: dict[int, Code]) -> np.ndarray:
    """A clip's frames against the frames of the same numbers in copies of it."""
    return measure_distances((one[n], other[n]) for other in others for n in list(one)[::WINDOW_STEP])


def pair_strangers(*clips: dict[int, Code]) -> np.ndarray:
    """Each frame of a clip against each of the others'."""
    frames = [list(clip.values())[::WINDOW_STEP] for clip in clips]
    return measure_distances(pair for one, other in combinations(frames, 2) for pair in product(one, other))


def measure_clips(folder: Path) -> list[PairKind]:
    """Copies of one clip at equal times, and frames of different clips; then what time does within a clip."""
    clips = folder / "clips"
    grey, small, large = (read_clip(clips / name, lambda *_: WITH_LOGOS) for name in (GREY, SMALL_LOGO_CLIP, LARGE))
    clean = (read_clip(clips / name, lambda *_: WITHOUT_LOGOS) for name in (GREY, SMALL_LOGO_CLIP, LARGE))
    door, dog = read_clip(clips / "doorknob-hd-no-bar.mp4", lambda *_: DOOR), read_dog(folder)
    still = {number: code for number, code in grey.items() if number <= STILL_FRAMES}
    return [
        PairKind("clip, grey and colour", pair_copies(*clean), across=True),
        PairKind("clip, small logo", pair_copies(grey, small), across=True),
        PairKind("clip, large logo", pair_copies(grey, large), across=True),
        PairKind("different clips", pair_strangers(dog, door, grey), across=False),
        PairKind("camera held still, 0.2 s", pair_apart(still, [WINDOW_STEP]), in_video=True),
        *(PairKind(f"dog, {gap / SECOND:.2f} s apart", pair_apart(dog, [gap])) for gap in (1, 2, 3, WINDOW_STEP, 12)),
        PairKind("dog, over 1 s apart", pair_apart(dog, range(SECOND + 1, 10 * SECOND)), in_video=False),
    ]
