"""What a distance between two hashes means on real frames: python -m benchmarks.distance [--real DIR]

Compares pHash of 64 and 256 bits and dHash. For pairs of frames of which it is known whether they are copies it prints
the share within each distance, precision and recall within a video and across videos, and the false pairs to expect
among 300,000 frames. The defaults of dedupe.distance and dedupe.cross_distance were chosen from these tables.

Each kind of pair has the same weight, however many pairs it has. Precision assumes as many copies as other pairs. It
compares hashes with each other, but does not predict the precision in a dataset, where there are millions of other
pairs for each copy; the number of false pairs does.

Time: some minutes. Last line: by hash the shares within each distance, by kind of pair and by measure, and the
suggested distances.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.known_copies.edits import HASH_BITS, HASH_WORDS
from benchmarks.known_copies.pairs import (
    PairKind,
    measure_bridge_copies,
    measure_clips,
    measure_photos,
    measure_windows,
)
from console.command import Parser, run_command
from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from shards.errors import CallError, DataError

SHOWN_DISTANCES = {
    "pHash 64": (2, 4, 6, 8, 10, 12, 14, 16),
    "pHash 256": (8, 16, 24, 30, 40, 48, 64, 80),
    "dHash 64": (2, 4, 6, 8, 10, 12, 14, 16),
}
LIMITS_BY_HASH = {f"pHash {bits}": limit for bits, limit in JOIN_LIMITS.items()}  # bits, across videos
REPRESENTATIVES = 300_000
MIN_TEXTURE = 8000  # detail; all photos and crops of the dog have more, skies with an object at the edge have less
FEWEST_PAIRS = 10  # of a distance that the fit uses
ENOUGH_RECALL, MOST_NEIGHBOURS, MOST_FAR, MOST_FALSE = 0.95, 0.01, 0.001, REPRESENTATIVES // 1000
FITTED_FALSE_PAIRS = f"false pairs, fitted, detail {MIN_TEXTURE:,} up"
COUNTED_FALSE_PAIRS = "false pairs, counted, any detail"
NEIGHBOURS, FAR = "dog, 0.20 s apart", "dog, over 1 s apart"
NOTES = f"""
Each kind of pair has the same weight. One photo is its own mirror image: half of its coefficients are nearly equal, so
that any shift of the box changes their order. The near frames of the dog over a second apart show the same step of its
run. False pairs are extrapolated to {REPRESENTATIVES:,} frames. "Fitted": by a parabola through the logarithms of the
counts of the nearest 5% of random squares of different photos with a detail of {MIN_TEXTURE:,} or more, which all
photos and the dog have. "Counted": from all squares, including skies and snow with an object at the edge; one such pair
counts for many. Neither predicts the same scene in many videos.
Suggested: the least distance that finds {ENOUGH_RECALL:.0%} of the copies, or else the greatest safe one. Safe within
a video: at most {MOST_NEIGHBOURS:.0%} of a running dog's pairs of frames 0.2 s apart and {MOST_FAR:.1%} of those over
1 s apart lie within. Safe across videos: the exact join supports it, and at most one frame in a thousand has a false
pair.
"""

Shares = Callable[[int], float]  # from a distance to the share of pairs within it


def share_within(kinds: list[PairKind], place: int) -> Shares:
    """The share of pairs within a distance, as the mean over kinds of pairs; `place` is the column of the hash."""
    ordered = [np.sort(kind.distances[:, place]) for kind in kinds]
    return lambda distance: float(
        np.mean([np.searchsorted(values, distance, side="right") / len(values) for values in ordered])
    )


def compute_precision(found: float, wrong: float) -> float | None:
    """Precision where there are as many copies as other pairs; None where nothing is found.

    `found` is the share of the copies within a distance, `wrong` that of the other pairs.
    """
    return found / (found + wrong) if found + wrong else None


def fit_tail(distances: np.ndarray) -> Shares:
    """Extrapolate the share of pairs of different photos to distances that are too small for any pair to be observed.

    Fits a parabola to the logarithms of the counts, which is the shape of a normal distribution, over those distances
    of the lowest 5% of pairs that have at least ten pairs, weighted by the square roots of the counts. Two distances
    form one step, because nearly all distances of a pHash are even: a pair with an odd distance counts for the even one
    above, and the share within an odd distance is that within the even one below. Raises DataError for too few pairs.
    """
    counts = np.bincount((distances + 1) // 2)
    steps = np.flatnonzero((counts >= FEWEST_PAIRS) & (np.cumsum(counts) <= 0.05 * len(distances)))
    if len(steps) < 3:
        raise DataError("too few pairs of different photos for a fit; give more --windows")
    parabola = np.polyfit(steps, np.log(counts[steps]), 2, w=np.sqrt(counts[steps]))
    shares = np.cumsum(np.exp(np.polyval(parabola, np.arange(len(counts))))) / len(distances)
    return lambda distance: float(shares[distance // 2])


def measure_rates_within_video(kinds: list[PairKind], place: int) -> dict[str, Shares]:
    """Recall, precision, and the shares of a running dog's frames, by name."""
    named = {kind.name: share_within([kind], place) for kind in kinds}
    found = share_within([kind for kind in kinds if kind.in_video], place)
    wrong = share_within([kind for kind in kinds if kind.in_video is False], place)
    return {
        "recall": found,
        "precision": lambda distance: compute_precision(found(distance), wrong(distance)),
        NEIGHBOURS: named[NEIGHBOURS],
        FAR: named[FAR],
    }


def measure_rates_across_videos(kinds: list[PairKind], place: int) -> dict[str, Shares]:
    """Recall, precision, and false pairs among REPRESENTATIVES frames, both fitted and counted, by name."""
    found = share_within([kind for kind in kinds if kind.across], place)
    wrong = share_within([kind for kind in kinds if kind.across is False], place)
    windows = next(kind for kind in kinds if kind.details is not None)
    fitted = fit_tail(windows.distances[windows.details >= MIN_TEXTURE, place])
    counted = share_within([windows], place)
    pairs = REPRESENTATIVES * (REPRESENTATIVES - 1) / 2
    return {
        "recall": found,
        "precision": lambda distance: compute_precision(found(distance), wrong(distance)),
        "strangers": wrong,
        FITTED_FALSE_PAIRS: lambda distance: pairs * fitted(distance),
        COUNTED_FALSE_PAIRS: lambda distance: pairs * counted(distance),
    }


def suggest_distances(name: str, in_video: dict[str, Shares], across: dict[str, Shares]) -> dict[str, int]:
    """The defaults by the rule in NOTES. Only even distances are tried, because a pHash has hardly any odd ones."""
    inside = [
        distance
        for distance in range(0, HASH_BITS[name] // 2 + 1, 2)
        if in_video[NEIGHBOURS](distance) <= MOST_NEIGHBOURS and in_video[FAR](distance) <= MOST_FAR
    ]
    outside = [d for d in range(0, LIMITS_BY_HASH[name] + 1, 2) if across[FITTED_FALSE_PAIRS](d) <= MOST_FALSE]
    return {
        "distance": choose_smallest_distance(in_video["recall"], inside),
        "cross_distance": choose_smallest_distance(across["recall"], outside),
    }


def choose_smallest_distance(recall: Shares, safe: list[int]) -> int:
    """The least of the safe distances, given in ascending order, with enough recall; the greatest where none has it."""
    return next((distance for distance in safe if recall(distance) >= ENOUGH_RECALL), safe[-1] if safe else 0)


def print_kinds(name: str, kinds: list[PairKind], place: int) -> None:
    shown = SHOWN_DISTANCES[name]
    print(f"\n{name + ': bits between':<27}{'pairs':>9}{'median':>8}" + "".join(f"{f'<= {d}':>9}" for d in shown))
    for kind in kinds:
        values, within = kind.distances[:, place], share_within([kind], place)
        shares = "".join(f"{within(d):>9.2%}" for d in shown)
        print(f"{kind.name:<27}{len(values):>9}{np.median(values):>8.0f}{shares}")


def print_rates(title: str, judged: dict[str, Shares], distances: tuple[int, ...]) -> None:
    print(f"\n{title:<44}" + "".join(f"{f'<= {d}':>10}" for d in distances))
    for row, share in judged.items():
        print(f"{row:<44}" + "".join(f"{_show(row, share(distance)):>10}" for distance in distances))


def _show(row: str, value: float | None) -> str:
    if value is None:
        return "-"
    if row in (FITTED_FALSE_PAIRS, COUNTED_FALSE_PAIRS) or 0 < value < 0.0001:
        return f"{value:.2g}"
    return f"{value:.4%}" if row == "precision" else f"{value:.2%}"


def measure_all(folder: Path, windows: int) -> list[PairKind]:
    photos = folder / "boxes"
    kinds = measure_photos(photos) + measure_bridge_copies(folder / "neardup") + measure_clips(folder)
    return [*kinds, measure_windows(photos, windows)]


def report_hash(name: str, kinds: list[PairKind], place: int) -> dict:
    """Print the tables of a hash; returns its figures for the JSON."""
    in_video, across = measure_rates_within_video(kinds, place), measure_rates_across_videos(kinds, place)
    print_kinds(name, kinds, place)
    print_rates(f"{name}, inside a video", in_video, SHOWN_DISTANCES[name])
    print_rates(f"{name}, across videos", across, SHOWN_DISTANCES[name])
    figures = {
        "distances": SHOWN_DISTANCES[name],
        "share_within": {kind.name: _round_shares(share_within([kind], place), name) for kind in kinds},
        "in_video": {row: _round_shares(share, name) for row, share in in_video.items()},
        "across": {row: _round_shares(share, name) for row, share in across.items()},
    }
    return figures | ({"suggested": suggest_distances(name, in_video, across)} if name in LIMITS_BY_HASH else {})


def _round_shares(share: Shares, name: str) -> list[float | None]:
    return [value and float(f"{value:.4g}") for value in map(share, SHOWN_DISTANCES[name])]


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = Parser("benchmarks.distance", __doc__)
    parser.add_argument(
        "--real", type=Path, default=Path("../shared/real"), help="folder with boxes/, neardup/, clips/ and the dog"
    )
    parser.add_argument("--windows", type=int, default=100, help="random squares of each photo (default: 100)")
    chosen = parser.parse_args(arguments)
    missing = [part for part in ("boxes", "neardup", "clips", "dog_boxes.json") if not (chosen.real / part).exists()]
    if missing:
        raise CallError(f"{chosen.real} has no {missing[0]}; give the folder of real files with --real")
    if not 20 <= chosen.windows <= 200:
        raise CallError(f"--windows {chosen.windows}: give a number from 20 to 200")
    return chosen


def main(arguments: list[str]) -> int:
    chosen = _parse(arguments)
    kinds = measure_all(chosen.real, chosen.windows)
    figures = {name: report_hash(name, kinds, place) for place, name in enumerate(HASH_WORDS)}
    print(NOTES)
    for name in LIMITS_BY_HASH:
        print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures[name]["suggested"].items()))
    print(json.dumps(figures | {"representatives": REPRESENTATIVES}))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("distance", main, sys.argv[1:]))
