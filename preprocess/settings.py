"""The settings of preprocess and their defaults. The docstrings of the classes are the text of --help."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from console.restricted_numbers import ClosedUnitInterval, NonNegativeInt, PositiveInt, restricted_number_type
from preprocess.fingerprint import fingerprint_of, list_library_versions
from preprocess.near_duplicates.join_limits import JOIN_LIMITS
from shards.dataset import DATASET_RECIPE, DATASET_VERSION
from shards.errors import CallError

# The default distances within a video and across videos, by the number of bits of a hash. benchmarks/distance.py
# measures what they mean; docs/performance.md has its results.
DISTANCES = {64: 8, 256: 62}
CROSS_DISTANCES = {64: 6, 256: 30}

ValFraction = restricted_number_type("ValFraction", float, [(">", 0), ("<=", 0.5)], docstring="above 0, at most 0.5")
Growth = restricted_number_type("Growth", float, [(">=", 1), ("<=", 4)], docstring="number from 1 to 4")
CropSize = restricted_number_type("CropSize", int, [(">=", 32), ("<=", 2048)], docstring="pixels from 32 to 2048")
Quality = restricted_number_type("Quality", int, [(">=", 1), ("<=", 100)], docstring="JPEG quality from 1 to 100")
Seed = restricted_number_type("Seed", int, [(">=", 0), ("<", 2**32)], docstring="integer from 0 to 2**32 - 1")
ShardBytes = restricted_number_type("ShardBytes", int, [(">=", 10_000)], docstring="bytes, at least 10,000")


@dataclass(frozen=True)
class BoxSettings:
    """Which boxes are accepted.

    Args:
        policy: drop rejects a box that leaves its image; clip cuts it to the image and says so in the note.
        min_visible: for clip, the least part of the box's area that must lie inside the image.
    """

    policy: Literal["drop", "clip"] = "drop"
    min_visible: ClosedUnitInterval = 0.5


@dataclass(frozen=True)
class CropSettings:
    """How the square around a box is cut and stored.

    Args:
        size: side of the stored square, in pixels.
        grow: side of the square in the frame, as a multiple of the box's longer side.
        quality: JPEG quality of the stored square, and of whole frames.
    """

    size: CropSize = 256
    grow: Growth = 1.1
    quality: Quality = 90


@dataclass(frozen=True)
class HashSettings:
    """The perceptual hash by which frames are compared.

    Args:
        bits: length of the perceptual hash of a crop, 64 or 256.
    """

    bits: Literal[64, 256] = 64


@dataclass(frozen=True)
class DedupeSettings:
    """Which frames are near-duplicates of others.

    Args:
        enabled: drop near-duplicates; false keeps every frame but training frames that are near a validation frame.
        scope: all also compares the videos' representatives with one another; video compares within each video only.
        distance: greatest number of differing bits between a frame and its representative in its video; 8 of 64 bits,
            62 of 256 when not given.
        cross_distance: the same across videos, and between training and validation whatever enabled and scope say; at
            most 11 of 64 bits, 31 of 256; 6 and 30 when not given.
        min_detail: frames with a lower detail score (black, featureless) are duplicates only where the stored pictures
            are equal.
        conflicts: where near-duplicates of different videos have different moods, keep their representative with its
            own mood, drop it too, or give it the mood of the majority of these videos.
    """

    enabled: bool = True
    scope: Literal["video", "all"] = "all"
    distance: NonNegativeInt | None = None
    cross_distance: NonNegativeInt | None = None
    min_detail: NonNegativeInt = 1000
    conflicts: Literal["keep", "drop", "majority"] = "keep"


@dataclass(frozen=True)
class SelectSettings:
    """How many frames of a video are kept, instead of deduplication or after it.

    Args:
        per_video: keep at most so many frames of each video, those that differ most; all when not given.
    """

    per_video: PositiveInt | None = None


@dataclass(frozen=True)
class FrameSettings:
    """Whole frames, scaled to at most 320 pixels, that are stored beside the crops to train a finder.

    Args:
        per_video: at most so many of each video's kept frames, by the keyed order; 0 for none.
    """

    per_video: NonNegativeInt = 4


@dataclass(frozen=True)
class SplitSettings:
    """How videos are split when the source has no Training and Validation folders of its own.

    Args:
        val_fraction: part of the videos that goes to validation; all videos of one animal go to the same split.
    """

    val_fraction: ValFraction = 0.1


@dataclass(frozen=True)
class PreprocessSettings:
    """One run of preprocess.

    Args:
        source: one or several folders with label JSON and frames, or archives of them, anywhere below; single zips and
            tars; URLs of these in a store, see docs/storage.md; folders of VOC XML and images; CSV files of
            image_path,bbox,labels; or COCO JSON files.
        valid_source: sources that are all for validation; then all other sources are for training.
        label_map: a JSON file that says which mood, and with an object such as {"mood": "calm", "species": "cat"} also
            which species, each label of a CSV or category of COCO or VOC means.
        out: the dataset's folder, or its URL in a store, see docs/storage.md.
        seed: decides the order of records, the order within a video, and the split.
        shard_bytes: approximate size of a shard, in bytes.
        box: which boxes are accepted.
        crop: how the square around a box is cut and stored.
        hash: the perceptual hash by which frames are compared.
        dedupe: which frames are near-duplicates.
        select: how many frames of a video are kept.
        frames: whole frames, to train a finder.
        split: how videos are split into training and validation.
        workers: processes that work at a time; all cores, of this machine or of the cluster, when not given.
        address: a Ray cluster's address; a local one is started when not given.
        work: folder for intermediate files, on a fast disk, or its URL in a store; inside OUT when not given, or
            data/work where OUT is a URL.
        replace: replace another dataset in OUT by the new one.
        dry_run: only print what would be kept; the hashes are kept for the real run.
        debug: show tracebacks.
    """

    source: list[str]
    out: str
    valid_source: list[str] = field(default_factory=list)
    label_map: str | None = None
    seed: Seed = 0
    shard_bytes: ShardBytes = 128_000_000
    box: BoxSettings = field(default_factory=BoxSettings)
    crop: CropSettings = field(default_factory=CropSettings)
    hash: HashSettings = field(default_factory=HashSettings)
    dedupe: DedupeSettings = field(default_factory=DedupeSettings)
    select: SelectSettings = field(default_factory=SelectSettings)
    frames: FrameSettings = field(default_factory=FrameSettings)
    split: SplitSettings = field(default_factory=SplitSettings)
    workers: PositiveInt | None = None
    address: str | None = None
    work: str | None = None
    replace: bool = False
    dry_run: bool = False
    debug: bool = False

    def __post_init__(self) -> None:
        """Fill in the default distances. Raises CallError for settings that contradict one another."""
        if "" in (self.out, *self.sources):
            raise CallError("an empty name was given as --source or --out; give a folder")
        bits, dedupe = self.hash.bits, self.dedupe
        distance = DISTANCES[bits] if dedupe.distance is None else dedupe.distance
        across = CROSS_DISTANCES[bits] if dedupe.cross_distance is None else dedupe.cross_distance
        object.__setattr__(self, "dedupe", replace(dedupe, distance=distance, cross_distance=across))
        for name, value, limit in (("distance", distance, bits // 2), ("cross_distance", across, JOIN_LIMITS[bits])):
            if value > limit:
                raise CallError(
                    f"dedupe.{name} is {value}, more than the {limit} that {bits}-bit hashes allow; lower it"
                )
        if self.crop.size**2 < bits * 16:
            raise CallError(f"crop.size is {self.crop.size}, too small for hash.bits {bits}; give at least 64")

    @property
    def sources(self) -> list[str]:
        """source and valid_source, in the order in which the manifest numbers them."""
        return [*self.source, *self.valid_source]

    @property
    def content(self) -> dict:
        """The settings that change what the dataset holds; dataset.json states no others."""
        names = ("seed", "shard_bytes", "box", "crop", "hash", "dedupe", "select", "frames", "split")
        content = {name: value for name, value in asdict(self).items() if name in names}
        return json.loads(json.dumps(content))  # plain numbers instead of the restricted types of the command line

    def fingerprint(self) -> str:
        """32 digits that change with everything that changes a dataset but its inputs: settings, format, libraries.

        Finished work is reused only under the same fingerprint.
        """
        return self._fingerprint_with(self.content)

    def hash_fingerprint(self) -> str:
        """The same for a dry run's hashes, which do not depend on what is done with them afterwards."""
        settings = {name: self.content[name] for name in ("box", "crop", "hash")}
        return self._fingerprint_with(settings | {"min_detail": self.content["dedupe"]["min_detail"]})

    def _fingerprint_with(self, settings: dict) -> str:
        return fingerprint_of(
            {
                "format": DATASET_VERSION,
                "recipe": DATASET_RECIPE,
                "settings": settings,
                "versions": list_library_versions(),
            }
        )
