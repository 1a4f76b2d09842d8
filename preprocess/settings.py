"""What a run is told: where its data lies, and how frames become records."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Literal

from jsonargparse.typing import ClosedUnitInterval, NonNegativeInt, PositiveInt, restricted_number_type

from shards.dataset import FORMAT_VERSION

ValFraction = restricted_number_type("ValFraction", float, [(">", 0), ("<=", 0.5)], docstring="above 0, at most 0.5")
Growth = restricted_number_type("Growth", float, [(">=", 1), ("<=", 4)], docstring="number from 1 to 4")
CropSize = restricted_number_type("CropSize", int, [(">=", 32), ("<=", 2048)], docstring="pixels from 32 to 2048")
Quality = restricted_number_type("Quality", int, [(">=", 1), ("<=", 100)], docstring="JPEG quality from 1 to 100")
Distance = restricted_number_type("Distance", int, [(">=", 0), ("<=", 32)], docstring="bits from 0 to 32")
Seed = restricted_number_type("Seed", int, [(">=", 0), ("<", 2**32)], docstring="integer from 0 to 2**32 - 1")
ShardBytes = restricted_number_type("ShardBytes", int, [(">=", 10_000)], docstring="bytes, at least 10,000")


@dataclass(frozen=True)
class BoxSettings:
    """Which boxes are good enough.

    Args:
        policy: drop rejects a box that leaves its image; clip cuts it to the image and says so in the note.
        min_visible: for clip, the least part of the box's area that must lie inside the image.
    """

    policy: Literal["drop", "clip"] = "drop"
    min_visible: ClosedUnitInterval = 0.5


@dataclass(frozen=True)
class CropSettings:
    """How a box becomes a picture.

    Args:
        size: side of the stored square, in pixels.
        grow: side of the square in the frame, as a multiple of the box's longer side.
        quality: JPEG quality of the stored square.
    """

    size: CropSize = 256
    grow: Growth = 1.1
    quality: Quality = 90


@dataclass(frozen=True)
class DedupeSettings:
    """Which frames are near-copies of another frame of their video.

    Args:
        enabled: drop near-copies; false keeps every frame, and still records hashes.
        distance: greatest number of differing bits, of 64, between a frame and the one that represents it.
        min_detail: frames with a lower detail score (black, featureless) are only compared by equal pixels.
    """

    enabled: bool = True
    distance: Distance = 8  # why: python -m benchmarks.distance, in the README
    min_detail: NonNegativeInt = 1000


@dataclass(frozen=True)
class SplitSettings:
    """How videos are divided when the source has no Training and Validation of its own.

    Args:
        val_fraction: part of the videos that goes to validation, whole animals at a time.
    """

    val_fraction: ValFraction = 0.1


@dataclass(frozen=True)
class Settings:
    """One run of preprocess.

    Args:
        source: folders with label JSON and frames, anywhere below them; one or several.
        out: the dataset's folder.
        seed: decides the order of records, the order within a video, and the split.
        shard_bytes: about how large a shard becomes.
        box: which boxes are good enough.
        crop: how a box becomes a picture.
        dedupe: which frames are near-copies.
        split: how videos are divided.
        workers: processes that work at a time; all cores, of this machine or of the cluster, when not given.
        address: a Ray cluster's address; a local one is started when not given.
        work: folder for intermediate files, on a fast disk; inside OUT when not given.
        replace: put the new dataset in the place of another one in OUT.
        debug: show tracebacks.
    """

    source: list[str]
    out: str
    seed: Seed = 0
    shard_bytes: ShardBytes = 128_000_000
    box: BoxSettings = field(default_factory=BoxSettings)
    crop: CropSettings = field(default_factory=CropSettings)
    dedupe: DedupeSettings = field(default_factory=DedupeSettings)
    split: SplitSettings = field(default_factory=SplitSettings)
    workers: PositiveInt | None = None
    address: str | None = None
    work: str | None = None
    replace: bool = False
    debug: bool = False

    @property
    def content(self) -> dict:
        """The settings that change what the dataset holds: all that dataset.json may tell of a run."""
        names = ("seed", "shard_bytes", "box", "crop", "dedupe", "split")
        content = {name: value for name, value in asdict(self).items() if name in names}
        return json.loads(json.dumps(content))  # plain numbers: those from the command line are of restricted types

    def fingerprint(self) -> str:
        """Names the work that may be reused: the content settings, the format, and the versions that touch pixels."""
        versions = {name: version(name) for name in ("numpy", "numba", "opencv-python-headless", "pyarrow")}
        versions["tensorflow"] = _tensorflow_version()
        return fingerprint_of(
            {"format": FORMAT_VERSION, "recipe": RECIPE, "settings": self.content, "versions": versions}
        )


# Counts up when the code makes other pixels, codes or rows from the same settings, so that old work is not reused.
RECIPE = 1


def fingerprint_of(value: object) -> str:
    """32 hexadecimal digits for a value that JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _tensorflow_version() -> str:
    for name in ("tensorflow-cpu", "tensorflow"):
        try:
            return version(name)
        except ModuleNotFoundError:
            continue
    return "none"
