"""What a distance between two hashes means on real frames: python -m benchmarks.distance [--real DIR]

For pHash of 64 and 256 bits, and for dHash beside them: the share of pairs within a distance, kind by kind; precision
and recall inside a video and across videos; the false pairs to expect among 300,000 frames. The defaults of
dedupe.distance and dedupe.cross_distance rest on these tables.

Weights: a kind of pair counts once, however many pairs it has. Precision supposes as many copies as strangers, so it
tells hashes apart, not what a dataset will see: there strangers are millions to one, and the false pairs tell.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.edits import HASH_BITS, HASHES
from benchmarks.pairs import PairKind, measure_bridge, measure_clips, measure_photos, measure_windows
from console.command import Parser, run_command
from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from shards.errors import CallError, DataError

SHOWN = {
    "pHash 64": (2, 4, 6, 8, 10, 12, 14, 16),
    "pHash 256": (8, 16, 24, 30, 40, 48, 64, 80),
    "dHash 64": (2, 4, 6, 8, 10, 12, 14, 16),
}
BENCHED_LIMITS = {f"pHash {bits}": limit for bits, limit in JOIN_LIMITS.items()}  # bits, across videos
REPRESENTATIVES = 300_000
TEXTURED = 8000  # detail of every photo and of every crop of the dog; below lie skies with something at their edge
FEWEST = 10  # pairs at a distance, for the fit to look at it
ENOUGH, MOST_NEIGHBOURS, MOST_FAR, MOST_FALSE = 0.95, 0.01, 0.001, REPRESENTATIVES // 1000
FITTED, COUNTED = f"false pairs, fitted, detail {TEXTURED:,} up", "false pairs, counted, any detail"
NEIGHBOURS, FAR = "dog, 0.20 s apart", "dog, over 1 s apart"
NOTES = f"""
Kinds count once each. One photo is its own mirror image: half of its coefficients are nearly equal, and any shift of
the box upsets them. The dog's alike frames over a second apart are the same step of its run. False pairs are of
{REPRESENTATIVES:,} frames, extrapolated: "fitted" by a parabola through the logarithms of the counts of the nearest 5%
of random squares of different photos, those with a detail of {TEXTURED:,} or more, as all the photos and the dog have;
"counted" is all squares, skies and snow with something at an edge too, and one pair of them stands for many. Neither
foresees one scene in many videos.
Suggested: the least distance that finds {ENOUGH:.0%} of the copies, or the greatest before it that is safe. Safe inside
a video: at most {MOST_NEIGHBOURS:.0%} of a running dog's neighbours (0.2 s) and {MOST_FAR:.1%} of its frames over 1 s
apart lie within. Safe across videos: the exact join goes so far, and at most one frame in a thousand meets a stranger.
"""

Shares = Callable[[int], float]  # of a distance


def share_within(kinds: list[PairKind], place: int) -> Shares:
    """The share of pairs within a distance by the hash of this column, each kind counting once."""
    ordered = [np.sort(kind.distances[:, place]) for kind in kinds]
    return lambda distance: float(
        np.mean([np.searchsorted(values, distance, side="right") / len(values) for values in ordered])
    )


def precision(found: float, wrong: float) -> float | None:
    """Of what is called a copy, the part that is one, where copies and strangers are equally many."""
    return found / (found + wrong) if found + wrong else None


def fit_tail(distances: np.ndarray) -> Shares:
    """An extrapolation: the share of strangers within a distance that is too small for any to have been seen.

    A parabola through the logarithms of the counts, as a normal distribution's would lie, over those distances of the
    lowest 5% of pairs that hold at least ten; weighted by the counts' square roots. Two distances are one step, since
    a pHash's are nearly all even: an odd one of a pair counts as the even one above, an odd one asked for as the even
    one below. It foresees nothing that no stranger here shows, such as one scene in many videos.
    """
    counts = np.bincount((distances + 1) // 2)
    steps = np.flatnonzero((counts >= FEWEST) & (np.cumsum(counts) <= 0.05 * len(distances)))
    if len(steps) < 3:
        raise DataError("too few pairs of different photos for a fit; give more --windows")
    parabola = np.polyfit(steps, np.log(counts[steps]), 2, w=np.sqrt(counts[steps]))
    shares = np.cumsum(np.exp(np.polyval(parabola, np.arange(len(counts))))) / len(distances)
    return lambda distance: float(shares[distance // 2])


def judge_in_video(kinds: list[PairKind], place: int) -> dict[str, Shares]:
    named = {kind.name: share_within([kind], place) for kind in kinds}
    found = share_within([kind for kind in kinds if kind.in_video], place)
    wrong = share_within([kind for kind in kinds if kind.in_video is False], place)
    return {
        "recall": found,
        "precision": lambda distance: precision(found(distance), wrong(distance)),
        NEIGHBOURS: named[NEIGHBOURS],
        FAR: named[FAR],
    }


def judge_across(kinds: list[PairKind], place: int) -> dict[str, Shares]:
    """Recall and precision, and false pairs among the representatives: as fitted, and as counted and multiplied."""
    found = share_within([kind for kind in kinds if kind.across], place)
    wrong = share_within([kind for kind in kinds if kind.across is False], place)
    windows = next(kind for kind in kinds if kind.details is not None)
    fitted = fit_tail(windows.distances[windows.details >= TEXTURED, place])
    counted = share_within([windows], place)
    pairs = REPRESENTATIVES * (REPRESENTATIVES - 1) / 2
    return {
        "recall": found,
        "precision": lambda distance: precision(found(distance), wrong(distance)),
        "strangers": wrong,
        FITTED: lambda distance: pairs * fitted(distance),
        COUNTED: lambda distance: pairs * counted(distance),
    }


def suggest(name: str, in_video: dict[str, Shares], across: dict[str, Shares]) -> dict[str, int]:
    """The defaults by the rule that NOTES tells; only even distances, since a pHash's hardly are odd."""
    inside = [
        distance
        for distance in range(0, HASH_BITS[name] // 2 + 1, 2)
        if in_video[NEIGHBOURS](distance) <= MOST_NEIGHBOURS and in_video[FAR](distance) <= MOST_FAR
    ]
    outside = [d for d in range(0, BENCHED_LIMITS[name] + 1, 2) if across[FITTED](d) <= MOST_FALSE]
    return {
        "distance": choose_least(in_video["recall"], inside),
        "cross_distance": choose_least(across["recall"], outside),
    }


def choose_least(recall: Shares, safe: list[int]) -> int:
    """The least of the safe distances, in ascending order, that finds enough; the greatest where none does."""
    return next((distance for distance in safe if recall(distance) >= ENOUGH), safe[-1] if safe else 0)


def print_kinds(name: str, kinds: list[PairKind], place: int) -> None:
    shown = SHOWN[name]
    print(f"\n{name + ': bits between':<27}{'pairs':>9}{'median':>8}" + "".join(f"{f'<= {d}':>9}" for d in shown))
    for kind in kinds:
        values, within = kind.distances[:, place], share_within([kind], place)
        shares = "".join(f"{within(d):>9.2%}" for d in shown)
        print(f"{kind.name:<27}{len(values):>9}{np.median(values):>8.0f}{shares}")


def print_judgement(title: str, judged: dict[str, Shares], distances: tuple[int, ...]) -> None:
    print(f"\n{title:<44}" + "".join(f"{f'<= {d}':>10}" for d in distances))
    for row, share in judged.items():
        print(f"{row:<44}" + "".join(f"{_show(row, share(distance)):>10}" for distance in distances))


def _show(row: str, value: float | None) -> str:
    if value is None:
        return "-"
    if row in (FITTED, COUNTED) or 0 < value < 0.0001:
        return f"{value:.2g}"
    return f"{value:.4%}" if row == "precision" else f"{value:.2%}"


def measure_all(folder: Path, windows: int) -> list[PairKind]:
    photos = folder / "boxes"
    kinds = measure_photos(photos) + measure_bridge(folder / "neardup") + measure_clips(folder)
    return [*kinds, measure_windows(photos, windows)]


def report(name: str, kinds: list[PairKind], place: int) -> dict:
    """Print a hash's tables; its figures."""
    in_video, across = judge_in_video(kinds, place), judge_across(kinds, place)
    print_kinds(name, kinds, place)
    print_judgement(f"{name}, inside a video", in_video, SHOWN[name])
    print_judgement(f"{name}, across videos", across, SHOWN[name])
    figures = {
        "distances": SHOWN[name],
        "share_within": {kind.name: _list(share_within([kind], place), name) for kind in kinds},
        "in_video": {row: _list(share, name) for row, share in in_video.items()},
        "across": {row: _list(share, name) for row, share in across.items()},
    }
    return figures | ({"suggested": suggest(name, in_video, across)} if name in BENCHED_LIMITS else {})


def _list(share: Shares, name: str) -> list[float | None]:
    return [value and float(f"{value:.4g}") for value in map(share, SHOWN[name])]


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
    figures = {name: report(name, kinds, place) for place, name in enumerate(HASHES)}
    print(NOTES)
    for name in BENCHED_LIMITS:
        print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures[name]["suggested"].items()))
    print(json.dumps(figures | {"representatives": REPRESENTATIVES}))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("distance", main, sys.argv[1:]))
