"""Hours of an epoch, of making the dataset, and which part limits, for draws of all that is uncertain.

Every uncertain value is drawn from a triangle between its least and greatest value with its likeliest at the top, each
by itself. What stands behind another is as fast as the slowest: images/s are the least of GPU, cores and disk.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from benchmarks.epoch.assumptions import AIHUB_FRAMES, Assumed

DRAWS = 20_000
PARTS = ("GPU", "cores", "disk")
_INPUT_CORES_LEFT = 1  # for the loop that drives the GPU, and the system
_VALIDATION_DECODE = (256 / 224) ** 2  # as long as a training window takes, for whole crops


class EpochRow(NamedTuple):
    """A line of the table. Hours are the 5%, 50% and 95% points of the draws."""

    what: str
    rates: dict[str, float]  # images/s by part, medians
    limit: str  # the part that limits most often
    limit_share: float  # in this share of the draws
    hours: tuple[float, float, float]


def draw_values(entries: Mapping[str, Assumed], seed: int, draws: int = DRAWS) -> dict[str, np.ndarray]:
    """(draws,) values of each entry. The values of an entry depend on the seed and its place among the names."""
    rng = np.random.default_rng(seed)
    drawn = {}
    for name in sorted(entries):
        low, middle, high = entries[name][:3]
        if not low <= middle <= high:
            raise ValueError(f"{name}: {low}, {middle}, {high} are not in order")
        drawn[name] = np.full(draws, middle) if low == high else rng.triangular(low, middle, high, draws)
    return drawn


def summarize_row(what: str, rates: Mapping[str, np.ndarray], hours: np.ndarray) -> EpochRow:
    names = [part for part in PARTS if part in rates]
    slowest = np.argmin([rates[name] for name in names], axis=0)
    shares = np.bincount(slowest, minlength=len(names)) / len(slowest)
    low, middle, high = (float(value) for value in np.percentile(hours, (5, 50, 95)))
    limit = int(np.argmax(shares))
    medians = {name: float(np.median(rates[name])) for name in names}
    return EpochRow(what, medians, names[limit], float(shares[limit]), (low, middle, high))


def model_plain_epoch(what: str, drawn: Mapping[str, np.ndarray], disk: str, is_one_thread: bool) -> EpochRow:
    """An epoch that decodes the full frame of each row: training and validation frames at the same rate."""
    threads = 1.0 if is_one_thread else drawn["cores"] * drawn["threads' efficiency"]
    rates = {
        "GPU": drawn["step rate"] * drawn["float32 share"],
        "cores": drawn["plain a core"] * drawn["core speed"] * threads,
        "disk": drawn[disk] * 1e6 / drawn["frame bytes"],
    }
    frames = AIHUB_FRAMES + drawn["validation frames"]
    return summarize_row(what, rates, frames / np.minimum.reduce(list(rates.values())) / 3600)


def model_epoch(
    what: str, drawn: Mapping[str, np.ndarray], disk: str, is_deduplicated: bool = False, per_video: int | None = None
) -> EpochRow:
    """An epoch from shards: `per_video` frames of each training video, all of validation, at most those that are kept.

    The rates are those of training; validation decodes whole crops, and only passes them forward. All videos count as
    equally long: of videos that are not, `per_video` takes fewer frames.
    """
    kept = drawn["kept share"] if is_deduplicated else np.ones_like(drawn["kept share"])
    records, validation = AIHUB_FRAMES * kept, drawn["validation frames"] * kept
    if per_video:
        records = drawn["videos"] * np.minimum(per_video, records / drawn["videos"])
    threads = (drawn["cores"] - _INPUT_CORES_LEFT) * drawn["threads' efficiency"]
    rates = {
        "GPU": drawn["step rate"],
        "cores": drawn["input a core"] * drawn["core speed"] * threads,
        "disk": drawn[disk] * 1e6 / drawn["record bytes"],
    }
    forward = {
        "GPU": rates["GPU"] * drawn["validation speed-up"],
        "cores": rates["cores"] / _VALIDATION_DECODE,
        "disk": rates["disk"],
    }
    training = records / np.minimum.reduce(list(rates.values())) * (1 + drawn["input loss"])
    seconds = training + validation / np.minimum.reduce(list(forward.values()))
    return summarize_row(what, rates, seconds / 3600)


def model_making(what: str, drawn: Mapping[str, np.ndarray], disk: str) -> EpochRow:
    """Making the dataset of training and validation frames, once; no frame is dropped, and all lies on one disk."""
    a_core = drawn["frames a core"] * drawn["core speed"] / (1 + drawn["whole frames"])
    rates = {
        "cores": a_core * drawn["cores"] * drawn["threads' efficiency"],
        # A crop is written twice: beside the others of its task, and in its shard.
        "disk": drawn[disk] * 1e6 / (drawn["frame bytes"] + 2 * drawn["record bytes"]),
    }
    frames = AIHUB_FRAMES + drawn["validation frames"]
    return summarize_row(what, rates, frames / np.minimum.reduce(list(rates.values())) / 3600)


def model_all(drawn: Mapping[str, np.ndarray]) -> dict[str, list[EpochRow]]:
    """All rows of the table, by what they are about."""
    ssd, slow = "SATA SSD", "hard disk"
    return {
        "a plain pipeline over full frames, float32": [
            model_plain_epoch("one thread decodes, SATA SSD", drawn, ssd, is_one_thread=True),
            model_plain_epoch("one thread decodes, hard disk", drawn, slow, is_one_thread=True),
            model_plain_epoch("all threads decode, SATA SSD", drawn, ssd, is_one_thread=False),
            model_plain_epoch("all threads decode, hard disk", drawn, slow, is_one_thread=False),
        ],
        "from shards, mixed precision and XLA": [
            model_epoch("all frames, SATA SSD", drawn, ssd),
            model_epoch("all frames, hard disk", drawn, slow),
            model_epoch("without near-copies", drawn, ssd, is_deduplicated=True),
            model_epoch("8 frames a video", drawn, ssd, per_video=8),
            model_epoch("8 frames a video, without near-copies", drawn, ssd, is_deduplicated=True, per_video=8),
        ],
        "making the dataset, once": [model_making(disk, drawn, disk) for disk in (slow, ssd, "NVMe SSD")],
    }


def count_feeding_cores(drawn: Mapping[str, np.ndarray]) -> tuple[float, float]:
    """Cores of that machine which feed its GPU, and images/s that all of them but one feed in 95% of the draws."""
    core = drawn["input a core"] * drawn["core speed"]
    most = core * (drawn["cores"] - _INPUT_CORES_LEFT) * drawn["threads' efficiency"]
    return float(np.median(drawn["step rate"] / core)), float(np.percentile(most, 5))
