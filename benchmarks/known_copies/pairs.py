"""Pairs of real frames of which it is known whether they are copies, and the distances between their hashes.

Copies are made from photos by edits, or come as such: a photo of a bridge and a clip of a test pattern exist in several
versions. The clips of a dog and of the pattern show how hashes change with time. Frames with less detail than
dedupe.min_detail make no pair, because they are never compared by their hashes.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, product
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.known_copies.edits import (
    CROP_SIZE,
    HASH_WORDS,
    MIN_DETAIL,
    REUPLOAD_EDITS,
    WITHIN_VIDEO_EDITS,
    CropHashes,
    compute_hashes,
    cut_crop,
)
from shards.crop_geometry import Box, Crop, place_crop
from shards.errors import DataError

MARGIN = 0.1  # around a photo's square, in short sides, so that edits can move it
FRAME_STEP = 6  # every 6th of 30 frames a second: the dataset has 5 a second
FRAMES_PER_SECOND = 30
GREY, SMALL_LOGO_CLIP, LARGE = (
    f"pattern-sd-{name}.mp4" for name in ("grey-bar", "with-small-logo-bar", "with-large-logo-bar")
)  # the same clip three times; 480 x 720 pixels, black left and right of columns 32..447
WITH_LOGOS, WITHOUT_LOGOS = Crop(32, 0, 416), Crop(52, 344, 376)  # both logos lie in rows 145..337
STILL_FRAMES = 36  # at the start of the pattern clip, in which the camera is held still
DOOR_CROP = Crop(280, 0, 720)


class PairKind(NamedTuple):
    """Pairs of one kind."""

    name: str
    distances: np.ndarray  # (pairs, hashes) int, bits
    in_video: bool | None = None  # whether they are copies within a video; None: not used for that
    across: bool | None = None  # whether they are copies across videos; None: not used for that
    details: np.ndarray | None = None  # (pairs,) the lower detail of the two, where it is needed


def measure_distances(pairs: Iterable[tuple[CropHashes, CropHashes]]) -> np.ndarray:
    """The distances of all pairs with enough detail, (pairs, hashes) int."""
    kept = [(a.words, b.words) for a, b in pairs if min(a.detail, b.detail) >= MIN_DETAIL]
    words = np.array(kept, np.uint64).reshape(-1, 2, 6)
    return count_bits(words[:, 0] ^ words[:, 1])


def count_bits(words: np.ndarray) -> np.ndarray:
    """The set bits of words, (n, 6) uint64, by hash: (n, hashes) int."""
    bits = np.bitwise_count(words)
    return np.stack([bits[:, place].sum(axis=1, dtype=np.int64) for place in HASH_WORDS.values()], axis=1)


def read_photos(folder: Path) -> Iterator[np.ndarray]:
    for path in sorted(folder.rglob("*.jpg")):
        image = cv2.imread(str(path))
        if image is None:
            raise DataError(f"{path} cannot be read as an image")
        yield image


def place_square(image: np.ndarray) -> Crop:
    height, width = image.shape[:2]
    size = round((1 - 2 * MARGIN) * min(width, height))
    return Crop((width - size) // 2, (height - size) // 2, size)


def measure_photos(folder: Path) -> list[PairKind]:
    """Squares of photos, each compared with itself after each edit and with those of the other photos."""
    edits = WITHIN_VIDEO_EDITS | REUPLOAD_EDITS
    codes, edited = [], {name: [] for name in edits}
    for image in read_photos(folder):
        crop = place_square(image)
        codes.append(compute_hashes(cut_crop(image, crop)))
        for name, edit in edits.items():
            edited[name].append(compute_hashes(edit(image, crop)))
    kinds = [
        PairKind(
            name,
            measure_distances(zip(codes, found, strict=True)),
            in_video=name in WITHIN_VIDEO_EDITS or None,
            across=True,
        )
        for name, found in edited.items()
    ]
    return [*kinds, PairKind("different photos", measure_distances(combinations(codes, 2)), across=False)]


def measure_windows(folder: Path, count: int) -> PairKind:
    """Random squares, `count` of each photo, compared with the random squares of all other photos."""
    rng = np.random.default_rng(0)
    codes, owners = [], []
    for owner, image in enumerate(read_photos(folder)):
        height, width = image.shape[:2]
        for size in (rng.uniform(0.3, 0.9, count) * min(height, width)).astype(int):
            crop = Crop(int(rng.integers(width - size + 1)), int(rng.integers(height - size + 1)), int(size))
            code = compute_hashes(cut_crop(image, crop))
            if code.detail >= MIN_DETAIL:
                codes.append(code)
                owners.append(owner)
    return compare_photos(codes, np.array(owners))


def compare_photos(codes: list[CropHashes], owners: np.ndarray) -> PairKind:
    """All pairs of squares of different photos; owners, (n,), are the photos' numbers in ascending order."""
    words, details = np.stack([code.words for code in codes]), np.array([code.detail for code in codes])
    distances, lower = [], []
    for place, owner in enumerate(owners):
        others = np.searchsorted(owners, owner, side="right")
        distances.append(count_bits(words[place] ^ words[others:]).astype(np.int16))
        lower.append(np.minimum(details[place], details[others:]).astype(np.int32))
    found, details = np.concatenate(distances), np.concatenate(lower)
    return PairKind("windows of different photos", found, across=False, details=details)


def measure_bridge_copies(folder: Path) -> list[PairKind]:
    """Copies of one photo. Whole images are hashed, squeezed to a square, because some of the copies are squares."""

    def read(path: Path) -> CropHashes:
        whole = cv2.resize(
            cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_AREA
        )
        return compute_hashes(whole)

    def compare(original: Path) -> np.ndarray:
        others = [path for path in sorted(original.parent.glob("*.jpg")) if path != original]
        return measure_distances((read(original), read(path)) for path in others)

    return [
        PairKind("bridge, edited", compare(folder / "bridge-mods" / "aaa-orig.jpg"), across=True),
        PairKind("bridge, flipped, turned", compare(folder / "reg-test-input" / "dih" / "bridge-1-original.jpg")),
    ]


def read_clip(path: Path, place: Callable[[int, int, int], Crop | None]) -> dict[int, CropHashes]:
    """The hashes of a clip's frames by frame number.

    `place` returns the crop of a frame, or None, from its number, width and height.
    """
    clip, codes = cv2.VideoCapture(str(path)), {}
    while (read := clip.read())[0]:
        number = int(clip.get(cv2.CAP_PROP_POS_FRAMES)) - 1
        height, width = read[1].shape[:2]
        if crop := place(number, width, height):
            codes[number] = compute_hashes(cut_crop(read[1], crop))
    if not codes:
        raise DataError(f"{path}: no frame could be read")
    return codes


def read_dog_clip(folder: Path) -> dict[int, CropHashes]:
    """The hashes of a running dog, cut as preprocess cuts it, from boxes that were drawn by hand."""
    sys.path.insert(0, str(folder))
    from make_aihub_tree import box_at

    spec = json.loads((folder / "dog_boxes.json").read_text())
    keys = {int(number): box for number, box in spec["boxes"].items()}

    def place(number: int, width: int, height: int) -> Crop | None:
        box = box_at(keys, number)
        return place_crop(Box(*box), width, height, 1.1) if box else None

    return read_clip(folder / spec["clip"], place)


def compare_over_time(codes: dict[int, CropHashes], gaps: Iterable[int]) -> np.ndarray:
    """Frames of a clip compared with the frames that follow after each of the gaps, in frames."""
    return measure_distances((code, codes[n + gap]) for gap in gaps for n, code in codes.items() if n + gap in codes)


def compare_copies(one: dict[int, CropHashes], *others: dict[int, CropHashes]) -> np.ndarray:
    """Frames of a clip compared with the frames of the same numbers in copies of the clip."""
    return measure_distances((one[n], other[n]) for other in others for n in list(one)[::FRAME_STEP])


def compare_clips(*clips: dict[int, CropHashes]) -> np.ndarray:
    """Frames of each clip compared with all frames of the other clips."""
    frames = [list(clip.values())[::FRAME_STEP] for clip in clips]
    return measure_distances(pair for one, other in combinations(frames, 2) for pair in product(one, other))


def measure_clips(folder: Path) -> list[PairKind]:
    """Copies of a clip, frames of different clips, and frames of one clip at different times."""
    clips = folder / "clips"
    grey, small, large = (read_clip(clips / name, lambda *_: WITH_LOGOS) for name in (GREY, SMALL_LOGO_CLIP, LARGE))
    clean = (read_clip(clips / name, lambda *_: WITHOUT_LOGOS) for name in (GREY, SMALL_LOGO_CLIP, LARGE))
    door, dog = read_clip(clips / "doorknob-hd-no-bar.mp4", lambda *_: DOOR_CROP), read_dog_clip(folder)
    still = {number: code for number, code in grey.items() if number <= STILL_FRAMES}
    return [
        PairKind("clip, grey and colour", compare_copies(*clean), across=True),
        PairKind("clip, small logo", compare_copies(grey, small), across=True),
        PairKind("clip, large logo", compare_copies(grey, large), across=True),
        PairKind("different clips", compare_clips(dog, door, grey), across=False),
        PairKind("camera held still, 0.2 s", compare_over_time(still, [FRAME_STEP]), in_video=True),
        *(
            PairKind(f"dog, {gap / FRAMES_PER_SECOND:.2f} s apart", compare_over_time(dog, [gap]))
            for gap in (1, 2, 3, FRAME_STEP, 12)
        ),
        PairKind(
            "dog, over 1 s apart",
            compare_over_time(dog, range(FRAMES_PER_SECOND + 1, 10 * FRAMES_PER_SECOND)),
            in_video=False,
        ),
    ]
