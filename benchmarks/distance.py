"""What a distance of the 64-bit hash means on real frames: python -m benchmarks.distance [--real DIR]

The default of --dedupe.distance rests on this table. Edits of photos are what a near-copy may differ by: compression,
noise, light, a box that jitters. Frames of the dog clip, a given time apart, are what happens in a video. Different
photos, and frames of the dog more than a second apart, must stay apart.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

from preprocess.phash import hash_crop
from preprocess.resample import resample_area
from shards.geometry import Box, Crop, place_crop

SIZE = 256
SHOWN = (2, 4, 6, 8, 10, 12)  # distances
INSET = 0.1  # of a photo's short side, left around the square so that it can move


def cut(image: np.ndarray, crop: Crop) -> np.ndarray:
    """A crop of a BGR image as the pipeline cuts it, but without the JPEG."""
    square = image[crop.y : crop.y + crop.size, crop.x : crop.x + crop.size, ::-1]
    square = np.ascontiguousarray(square)
    if crop.size < SIZE:
        return cv2.resize(square, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR_EXACT)
    return resample_area(square, 0, 0, crop.size, SIZE, SIZE)


def recompress(image: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def add_noise(image: np.ndarray, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def shift(crop: Crop, part: float) -> Crop:
    return Crop(crop.x + round(part * crop.size), crop.y + round(part * crop.size), crop.size)


def grow(crop: Crop, part: float) -> Crop:
    margin = round(part * crop.size / 2)
    return Crop(crop.x - margin, crop.y - margin, crop.size + 2 * margin)


EDITS: dict[str, Callable[[np.ndarray, Crop], np.ndarray]] = {
    "JPEG quality 50": lambda image, crop: cut(recompress(image, 50), crop),
    "JPEG quality 20": lambda image, crop: cut(recompress(image, 20), crop),
    "noise, sigma 4": lambda image, crop: cut(add_noise(image, 4), crop),
    "10% brighter": lambda image, crop: cut(cv2.convertScaleAbs(image, alpha=1.1), crop),
    "30% brighter": lambda image, crop: cut(cv2.convertScaleAbs(image, alpha=1.3), crop),
    "box moved by 0.5%": lambda image, crop: cut(image, shift(crop, 0.005)),
    "box moved by 1%": lambda image, crop: cut(image, shift(crop, 0.01)),
    "box moved by 2%": lambda image, crop: cut(image, shift(crop, 0.02)),
    "box 2% larger": lambda image, crop: cut(image, grow(crop, 0.02)),
    "box 5% larger": lambda image, crop: cut(image, grow(crop, 0.05)),
}


def distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def measure_photos(folder: Path) -> dict[str, list[int]]:
    """Distances between a photo's square and its edits, and between different photos."""
    found: dict[str, list[int]] = {name: [] for name in EDITS}
    codes = []
    for path in sorted(folder.rglob("*.jpg")):
        image = cv2.imread(str(path))
        height, width = image.shape[:2]
        size = round((1 - 2 * INSET) * min(width, height))
        crop = Crop((width - size) // 2, (height - size) // 2, size)
        codes.append(hash_crop(cut(image, crop)).code)
        for name, edit in EDITS.items():
            found[name].append(distance(codes[-1], hash_crop(edit(image, crop)).code))
    return found | {"different photos": [distance(*pair) for pair in combinations(codes, 2)]}


def measure_clip(folder: Path) -> dict[str, list[int]]:
    """Distances between crops of the dog some frames (of 30 a second) apart."""
    sys.path.insert(0, str(folder))
    from make_aihub_tree import box_at

    spec = json.loads((folder / "dog_boxes.json").read_text())
    keys = {int(number): box for number, box in spec["boxes"].items()}
    clip, codes = cv2.VideoCapture(str(folder / spec["clip"])), {}
    while (read := clip.read())[0]:
        number = int(clip.get(cv2.CAP_PROP_POS_FRAMES)) - 1
        if box := box_at(keys, number):
            height, width = read[1].shape[:2]
            codes[number] = hash_crop(cut(read[1], place_crop(Box(*box), width, height, 1.1))).code

    def pairs(gaps: Iterable[int]) -> list[int]:
        return [distance(code, codes[n + gap]) for n, code in codes.items() for gap in gaps if n + gap in codes]

    found = {f"dog, {gap / 30:.2f} s apart": pairs([gap]) for gap in (1, 2, 3, 6, 12)}
    return found | {"dog, over 1 s apart": pairs(range(31, 300))}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distance", description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, default=Path("../shared/real"), help="folder with boxes/ and the dog clip")
    folder = parser.parse_args().real
    if not (folder / "dog_boxes.json").exists():
        sys.exit(f"distance: {folder} has no dog_boxes.json; give the folder of real files with --real")
    found = measure_photos(folder / "boxes") | measure_clip(folder)
    print(
        f"{'bits of 64 between':<24}{'pairs':>8}{'least':>7}{'median':>8}" + "".join(f"{f'<= {d}':>8}" for d in SHOWN)
    )
    for name, values in found.items():
        shares = "".join(f"{np.mean(np.array(values) <= d):>8.1%}" for d in SHOWN)
        print(f"{name:<24}{len(values):>8}{min(values):>7}{np.median(values):>8.0f}{shares}")
    within = {name: [round(float(np.mean(np.array(values) <= d)), 5) for d in SHOWN] for name, values in found.items()}
    print(json.dumps({"distances": SHOWN, "share_within": within}))


if __name__ == "__main__":
    main()
