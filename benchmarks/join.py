"""How our Hamming join grows, and the memory that it takes: python -m benchmarks.join [--codes 2000000] [--distance 7]

It groups all codes, and a tenth of them: for each it finds whether it stays, else its representative and their
distance. Other libraries stand beside it in `python -m benchmarks.side_by_side near_copies`.

Codes: "walks", as the frames of videos are; "strangers", of which none is near another; "real", the hashes of windows
of real photos and of a clip's frames with some bits changed (only with the folder of real files). Each kind is made and
joined in a process of its own, whose peak memory is reported. Compilation is not counted.

Time: a minute; five for 20 million codes. Last line: seconds and peak memory of our join, and the same by kind.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.memory import read_peak_gb, run_in_process
from console.command import Parser, run_command
from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from shards.errors import CallError

WALK_LENGTH = 100  # codes
WALK_BITS = 8  # at most so many bits change from one code to the next
REAL_WINDOWS = 40  # of each image
REAL_FLIPS = 24  # at most so many bits of a real code change


def make_random_walks(count: int, rng: np.random.Generator) -> np.ndarray:
    """Random walks of 100 codes, each some bits from the one before, like videos; all in random order."""
    videos = -(-count // WALK_LENGTH)
    codes = np.empty((videos, WALK_LENGTH), np.uint64)
    codes[:, 0] = rng.integers(0, 2**64, videos, dtype=np.uint64)
    for place in range(1, WALK_LENGTH):
        codes[:, place] = flip_bits(codes[:, place - 1], WALK_BITS, rng)
    return rng.permutation(codes.ravel()[:count])


def make_independent_codes(count: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 2**64, count, dtype=np.uint64)


def make_real_codes(count: int, rng: np.random.Generator, folder: Path) -> np.ndarray:
    """Hashes of real windows, each many times, with 0 to 24 bits changed."""
    base = hash_windows(folder, rng)
    return flip_bits(base[rng.integers(0, len(base), count)], REAL_FLIPS, rng)


def flip_bits(codes: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """The codes with 0 to `most` of their bits changed."""
    flips, codes = rng.integers(0, most + 1, len(codes)), codes.copy()
    for turn in range(most):
        mask = np.uint64(1) << rng.integers(0, 64, len(codes)).astype(np.uint64)
        codes ^= np.where(turn < flips, mask, np.uint64(0))
    return codes


def hash_windows(folder: Path, rng: np.random.Generator) -> np.ndarray:
    """Codes of square windows at random places of real photos and frames."""
    import cv2

    from preprocess.cutting.phash import hash_crop

    codes = []
    for image in read_images(folder):
        height, width = image.shape[:2]
        for _ in range(REAL_WINDOWS):
            side = int(rng.integers(min(height, width) // 3, min(height, width) + 1))
            x, y = rng.integers(0, width - side + 1), rng.integers(0, height - side + 1)
            window = np.ascontiguousarray(image[y : y + side, x : x + side, ::-1])
            codes.append(hash_crop(cv2.resize(window, (256, 256), interpolation=cv2.INTER_AREA)).code)
    return np.array(codes, np.uint64)


def read_images(folder: Path) -> Iterator[np.ndarray]:
    """The photos, and each fifth frame of the dog clip, BGR."""
    import cv2

    yield from (cv2.imread(str(path)) for path in sorted((folder / "boxes").rglob("*.jpg")))
    clip = cv2.VideoCapture(str(folder / "clips" / "01_dog.mp4"))
    while clip.grab():
        yield clip.retrieve()[1]
        for _ in range(4):
            clip.grab()


def make_codes(kind: str, count: int, folder: Path) -> np.ndarray:
    rng = np.random.default_rng(0)
    if kind == "real":
        return make_real_codes(count, rng, folder)
    return {"walks": make_random_walks, "strangers": make_independent_codes}[kind](count, rng)


def time_our_join(kind: str, count: int, distance: int, rounds: int, folder: Path, results: Any) -> None:
    """Runs in a process of its own: seconds of our join by the clock and of all cores, codes that stay, memory."""
    from preprocess.near_duplicates.hamming_join import cluster_codes

    codes = make_codes(kind, count, folder).reshape(-1, 1)
    cluster_codes(codes[:50_000], distance)  # compiles, or reads what was compiled
    at_start, seconds, core_seconds = read_peak_gb(), [], []
    for _ in range(rounds):
        start, core_start = time.perf_counter(), time.process_time()
        groups = cluster_codes(codes, distance)
        seconds.append(time.perf_counter() - start)
        core_seconds.append(time.process_time() - core_start)
    found = {"seconds": median(seconds), "core_seconds": median(core_seconds), "stay": int((groups.nearest < 0).sum())}
    results.put(found | {"peak_gb": read_peak_gb(), "codes_gb": at_start})


def measure_kind(kind: str, options: argparse.Namespace) -> dict[str, Any]:
    few = max(1, options.codes // 10)
    own = run_in_process(time_our_join, kind, options.codes, options.distance, options.rounds, options.real)
    less = run_in_process(time_our_join, kind, few, options.distance, options.rounds, options.real)
    return {"codes": options.codes, **own, "exponent": math.log10(own["seconds"] / less["seconds"])}


def print_kind(kind: str, found: dict[str, Any], distance: int) -> None:
    stay = found["stay"] / found["codes"]
    print(f"{kind}: {found['codes']:,} codes, within {distance} bits; {stay:.1%} stay")
    print(f"  {found['seconds']:,.2f} s, peak {found['peak_gb']:.2f} GB ({found['codes_gb']:.2f} before)", end="")
    print(f", grows as N^{found['exponent']:.2f}")


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = Parser("benchmarks.join", __doc__)
    parser.add_argument("--codes", type=int, default=2_000_000)
    parser.add_argument("--distance", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--real", type=Path, default=Path("../shared/real"), help="folder with boxes/ and clips/")
    options = parser.parse_args(arguments)
    for name, least in (("codes", 1), ("rounds", 1), ("distance", 0)):
        if getattr(options, name) < least:
            raise CallError(f"--{name} {getattr(options, name)}: give at least {least}")
    if options.distance > JOIN_LIMITS[64]:
        raise CallError(f"--distance {options.distance}: give at most {JOIN_LIMITS[64]}, the limit for 64-bit hashes")
    return options


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    kinds = ["walks", "strangers"] + (["real"] if (options.real / "clips" / "01_dog.mp4").exists() else [])
    if "real" not in kinds:
        print(f"{options.real} has no clips/01_dog.mp4: codes of real frames are left out")
    found = {}
    for kind in kinds:
        found[kind] = measure_kind(kind, options)
        print_kind(kind, found[kind], options.distance)
    figures = {"seconds": found["walks"]["seconds"], "peak_gb": max(kind["peak_gb"] for kind in found.values())}
    print(json.dumps({"codes": options.codes, "distance": options.distance, **figures, "kinds": found}))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("join", main, sys.argv[1:]))
