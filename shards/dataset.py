"""dataset.json: the list of a dataset's files, with checksums for every byte, its settings and its counts.

It is written last, so its presence means that the dataset is complete.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import google_crc32c
import msgspec

from shards.emotions import EMOTIONS, KOREAN
from shards.errors import CallError, DataError
from shards.record_fields import CROPS, RECORD_KINDS, WHOLE_FRAMES, RecordKind
from shards.storage.atomic_write import write_atomically
from shards.storage.files import IrregularFile, hash_file, read_blocks, read_file
from shards.storage.places import list_place, measure_place, read_place
from shards.storage.self_checksum import ChecksumMismatch, check_json_checksum, dump_json_with_checksum
from shards.storage.stores.remote_files import list_remote_folder
from shards.storage.stores.remote_path import AnyPlace, RemotePath
from shards.tfrecord import OVERHEAD

DATASET_FILE = "dataset.json"
MANIFEST_FILE = "manifest.parquet"
SPLITS = ("train", "val")
SHARD = re.compile(rf"({'|'.join(kind.name for kind in RECORD_KINDS)})-(train|val)\.tfrecord-\d{{5}}-of-\d{{5}}")
DATASET_VERSION = 1
# Increase it when preprocess makes other pixels, hashes or rows from the same settings: old work is then not reused.
DATASET_RECIPE = 7
MAX_IMAGE_SIZE = 2048  # side of the stored squares, pixels
_FORMAT = "pet_mood shards"
_MAKE_AGAIN = "make the dataset again with python -m preprocess and --replace"


class ShardFile(msgspec.Struct):
    file: str
    records: int
    bytes: int
    sha256: str


class OtherFile(msgspec.Struct):
    bytes: int
    sha256: str
    blocks: list[int]  # CRC-32C of each MiB, by which the position of damage is found


class Dataset(msgspec.Struct):
    """The content of dataset.json."""

    settings: dict[str, Any]  # only those that change the dataset's content
    counts: dict[str, Any]
    shards: dict[str, list[ShardFile]]  # of crops, by split
    files: dict[str, OtherFile]  # by name, with / behind a folder's
    # Shards of whole frames, by split. Without any: made with --frames.per_video 0, or before there were whole frames.
    frames: dict[str, list[ShardFile]] = msgspec.field(default_factory=dict)
    emotions: list[dict[str, Any]] = msgspec.field(
        default_factory=lambda: [{"label": i, **emotion._asdict()} for i, emotion in enumerate(EMOTIONS)]
    )
    format: str = _FORMAT
    version: int = DATASET_VERSION
    digest: str = ""

    @property
    def image_size(self) -> int:
        """Side of the stored squares, in pixels."""
        return self.settings["crop"]["size"]

    @property
    def whole_frames_per_video(self) -> int | None:
        """The setting frames.per_video; None where it is not stated: made before there were whole frames."""
        frames = self.settings.get("frames")
        most = frames.get("per_video") if isinstance(frames, dict) else None
        return most if type(most) is int else None

    @property
    def all_shards(self) -> list[ShardFile]:
        """Those of both kinds of records and both splits."""
        return [shard for view in (self.shards, self.frames) for files in view.values() for shard in files]


class _DedupeSettings(msgspec.Struct):
    """What the reports need of them."""

    enabled: bool
    distance: int
    min_detail: int


class _Settings(msgspec.Struct):
    crop: dict[str, Any]
    dedupe: _DedupeSettings


_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Tally(msgspec.Struct):
    frames: _Count
    videos: _Count


class _SplitCounts(_Tally):
    emotions: dict[str, _Tally]


class _Counts(msgspec.Struct):
    """What every dataset's counts state; those of whole frames came later."""

    rows: _Count
    kept: _Count
    duplicate: _Count
    rejected: _Count
    unselected: _Count
    reasons: dict[str, _Count]
    splits: dict[str, _SplitCounts]


class _Version(msgspec.Struct):
    format: str = ""
    version: int = 0


def shard_name(split: str, index: int, count: int, kind: RecordKind = CROPS) -> str:
    return f"{kind.name}-{split}.tfrecord-{index:05}-of-{count:05}"


def find_record_kind(name: str) -> RecordKind:
    """The kind of the records in the shard of this name."""
    (stated,) = SHARD.fullmatch(name).groups()[:1]
    return next(kind for kind in RECORD_KINDS if kind.name == stated)


def list_shards(folder: AnyPlace) -> list[AnyPlace]:
    """Return the shards in a folder, of both kinds of records, sorted by name.

    They may belong to another dataset than its dataset.json.
    """
    return [folder / name for name in list_place(folder) if SHARD.fullmatch(name)]


def check_has_frames(folder: str | Path, dataset: Dataset) -> None:
    """Raise DataError where a dataset has no whole frames, from which a finder could learn."""
    if not any(dataset.frames.values()):
        is_off = dataset.whole_frames_per_video == 0
        why = "it was made with --frames.per_video 0" if is_off else "it was made before there were any"
        raise DataError(
            f"{folder}: has no whole frames ({why}); make it again with python -m preprocess --replace and "
            "--frames.per_video 4"
        )


def find_mismatched_file(folder: AnyPlace) -> str | None:
    """Return the name of a file of a dataset that is missing or has another size than stated, None if there is none.

    This is a quick check; shards.verification reads every byte.
    """
    dataset = read_dataset(folder)
    files = {shard.file: shard.bytes for shard in dataset.all_shards}
    files |= {name: file.bytes for name, file in dataset.files.items()}
    if isinstance(folder, RemotePath):  # one listing in place of a request for each file
        sizes = {entry.name: entry.size for entry in list_remote_folder(folder, recursive=True)}
        return next((name for name, size in files.items() if sizes.get(name) != size), None)
    return next((name for name, size in files.items() if measure_place(folder / name) != size), None)


def is_dataset_json(path: Path) -> bool:
    """Whether this program wrote a file of this name. True also where the file is damaged."""
    return path.is_file() and path.stat().st_size > 0 and _FORMAT.encode() in read_file(path)


def describe_file(path: Path) -> OtherFile:
    """Return the size and the checksums of a file."""
    blocks = [google_crc32c.value(block) for block in read_blocks(path)]
    return OtherFile(path.stat().st_size, hash_file(path), blocks)


def write_dataset(folder: Path, dataset: Dataset) -> None:
    """Write dataset.json, with a checksum of its own bytes in the field `digest`."""
    first_fields = {"format": dataset.format, "version": dataset.version, "digest": ""}
    with write_atomically(folder / DATASET_FILE) as file:
        file.write(dump_json_with_checksum(first_fields | msgspec.to_builtins(dataset), indent=1))


def read_dataset(folder: AnyPlace) -> Dataset:
    """Read the dataset.json of a folder, on a disk or in a store, and check its checksum.

    Raises CallError where the folder is no dataset, DataError where it is unfinished, damaged or of another version.
    """
    path = folder / DATASET_FILE
    try:
        data = read_place(path)
    except (FileNotFoundError, IrregularFile):
        if list_shards(folder):
            raise DataError(
                f"{folder}: has shards but no {DATASET_FILE}: a run that has not ended, or the file is gone; run "
                "preprocess again, and remove the folder first if it is refused"
            ) from None
        if isinstance(folder, RemotePath):
            what = f"has no {DATASET_FILE}, so it is no dataset" if list_place(folder) else "holds nothing"
        else:
            what = f"has no {DATASET_FILE}, so it is no dataset" if folder.is_dir() else "is not a folder"
            what = "is a file" if folder.is_file() else what
        raise CallError(f"{folder} {what}; give the folder that preprocess wrote with --out") from None
    try:
        stated = msgspec.json.decode(data, type=_Version)
        if (stated.format, stated.version) == (_FORMAT, DATASET_VERSION):
            dataset = msgspec.json.decode(check_json_checksum(data), type=Dataset)
            _check_settings(dataset)
            _check_counts(dataset)
            return dataset
    except ChecksumMismatch as error:
        raise DataError(f"{path}: offset 0 to {len(data)}: {error}; {_MAKE_AGAIN}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: damaged: {error}; {_MAKE_AGAIN}") from error
    raise DataError(
        f"{path}: is {stated.format!r} version {stated.version}, this program reads {_FORMAT!r} version "
        f"{DATASET_VERSION}; make the dataset again, or use the program that wrote it"
    )


def _check_settings(dataset: Dataset) -> None:
    """Raise ValueError for settings that are not there and that readers rely on, and for numbers that preprocess never
    writes and that would make a reader allocate huge arrays.
    """
    try:
        crop = msgspec.convert(dataset.settings, _Settings).crop
    except msgspec.ValidationError as error:
        raise ValueError(f"settings: {error}") from error
    size, grow = crop.get("size"), crop.get("grow")
    if type(size) is not int or not 1 <= size <= MAX_IMAGE_SIZE:
        raise ValueError(f"crop.size is {size!r}, not a number of pixels from 1 to {MAX_IMAGE_SIZE}")
    if type(grow) not in (int, float) or not 1 <= grow <= 4:
        raise ValueError(f"crop.grow is {grow!r}, not a number from 1 to 4")
    for kind, shards in ((CROPS, dataset.shards), (WHOLE_FRAMES, dataset.frames)):
        for shard in (shard for files in shards.values() for shard in files):
            if not _is_possible(shard, kind):
                raise ValueError(f"{shard.file} cannot hold the records that are stated")
    if twice := [name for name, count in Counter(shard.file for shard in dataset.all_shards).items() if count > 1]:
        raise ValueError(f"{twice[0]} is stated twice")


def _check_counts(dataset: Dataset) -> None:
    """Raise ValueError where a count or a file is not stated that preprocess always writes and every reader relies on.

    A digest that fits only says that nobody has changed the file since it was computed.
    """
    try:
        counts = msgspec.convert(dataset.counts, _Counts)
    except msgspec.ValidationError as error:
        raise ValueError(f"counts: {error}") from error
    if missing := [split for split in SPLITS if split not in counts.splits]:
        raise ValueError(f"counts: states no split {missing[0]}")
    for split, stated in counts.splits.items():
        if missing := [mood for mood in KOREAN if mood not in stated.emotions]:
            raise ValueError(f"counts: states no {missing[0]} of {split}")
    if MANIFEST_FILE not in dataset.files:
        raise ValueError(f"files: states no {MANIFEST_FILE}")


def _is_possible(shard: ShardFile, kind: RecordKind) -> bool:
    is_name = SHARD.fullmatch(shard.file) and find_record_kind(shard.file) is kind
    return bool(is_name) and 0 <= shard.records * OVERHEAD <= shard.bytes
