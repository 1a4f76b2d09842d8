"""Pairs of frames that people judged on the near-duplicate page: their CSV, and the precision at each distance."""

import csv
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from shards.errors import CallError, DataError
from tools.duplicates.hashed_frames import HashedFrames, measure_distance

JUDGED_HEADER = "key,other_key,distance,judgement"
_JUDGEMENTS = {"same": True, "different": False}
_Z = 1.959964  # of a 95% interval


class JudgedPairs(NamedTuple):
    """Pairs of places among the frames, (pairs, 2), and whether each was judged to show the same, (pairs,) bool."""

    places: np.ndarray
    same: np.ndarray


def read_judged_pairs(paths: Iterable[Path], frames: HashedFrames) -> JudgedPairs:
    """Read CSV files that the page saved; of a pair that was judged several times the last judgement counts.

    Raises CallError where a file cannot be read, DataError with the line where it is no such CSV or names a frame that
    the dataset does not have.
    """
    videos = {name: number for number, name in enumerate(frames.video_names)}
    judged: dict[tuple[int, int], bool] = {}
    for path in paths:
        for line, row in enumerate(_read_rows(path), 2):
            if len(row) != 4 or row[3] not in _JUDGEMENTS:
                raise DataError(f"{path}: line {line} is not {JUDGED_HEADER} with the judgement same or different")
            pair = tuple(_find_frame(frames, videos, key, f"{path}: line {line}") for key in row[:2])
            judged[min(pair), max(pair)] = _JUDGEMENTS[row[3]]
    if not judged:
        raise DataError(f"{', '.join(map(str, paths))}: no pair is judged; judge some on the page and save them again")
    return JudgedPairs(np.array(list(judged)), np.array(list(judged.values())))


def _read_rows(path: Path) -> list[list[str]]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except OSError as error:
        raise CallError(f"--judged {path}: {error.strerror}; give the CSV that the page saved") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is no CSV in UTF-8: {error}; give the file that the page saved") from error
    if not rows or rows[0] != JUDGED_HEADER.split(","):
        raise DataError(f"{path}: its first line is not {JUDGED_HEADER}; give the file that the page saved")
    return rows[1:]


def _find_frame(frames: HashedFrames, videos: dict[str, int], key: str, where: str) -> int:
    video, _, number = key.rpartition("/")
    if video in videos and number.removeprefix("-").isdecimal():
        found = np.flatnonzero((frames.video == videos[video]) & (frames.frame_number == int(number)))
        if len(found):
            return int(found[0])
    raise DataError(f"{where}: the dataset has no hash of a frame {key}; give judgements of this dataset's page")


def measure_precision(judged: JudgedPairs, frames: HashedFrames, min_detail: int) -> dict[str, Any]:
    """The share of pairs that show the same, as a whole and at each distance, with Wilson's 95% intervals.

    The distances are those of the manifest's hashes. Pairs with a frame below `min_detail` are only counted, for their
    hashes mean nothing.

    Returns:
        {"pairs", "same", "featureless", "by_distance": [{"distance", "pairs", "same", "precision", "interval"}]} of
        types that JSON has.
    """
    clear = frames.detail[judged.places].min(axis=1) >= min_detail
    distances = measure_distance(frames, *judged.places[clear].T).tolist()
    pairs, same = Counter(distances), Counter(np.array(distances)[judged.same[clear]].tolist())
    return {
        "pairs": pairs.total(),
        "same": same.total(),
        "featureless": int((~clear).sum()),
        "by_distance": [
            {
                "distance": distance,
                "pairs": pairs[distance],
                "same": same[distance],
                "precision": same[distance] / pairs[distance],
                "interval": estimate_share(same[distance], pairs[distance]),
            }
            for distance in sorted(pairs)
        ],
    }


def estimate_share(hits: int, cases: int) -> list[float]:
    """Wilson's 95% interval of a share, of which `hits` of `cases` were seen (at least one case)."""
    share = hits / cases
    middle = share + _Z**2 / (2 * cases)
    half = _Z * math.sqrt(share * (1 - share) / cases + _Z**2 / (4 * cases**2))
    return [min(1.0, max(0.0, end / (1 + _Z**2 / cases))) for end in (middle - half, middle + half)]
