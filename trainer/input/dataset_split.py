"""A split of a dataset folder: its files and what its manifest says of each record. No picture is read."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shards.dataset import Dataset, ShardFile, read_dataset
from shards.emotions import KOREAN
from shards.errors import CallError, DataError
from shards.manifest import MANIFEST_FILE as MANIFEST
from shards.manifest import read_manifest
from shards.record import decode_record
from shards.record_fields import CROPS, RecordKind
from shards.storage.files import hash_file
from shards.storage.held_folder import hold_folder, telling_name
from shards.tfrecord import DamagedRecord, iterate_records
from trainer.input.shard_cache import CachedDataset, ShardCache

_Split = TypeVar("_Split")

SHUFFLE_OVERHEAD = 2.5  # bytes that a shuffle holds for each encoded byte in it, as measured during fit
_EXAMPLES = 3  # videos named in a message


class _NamedFiles(Protocol):
    name: str  # the folder's path as the user has given it
    cache: ShardCache | None


class DatasetSplit(NamedTuple):
    """One split. Its arrays have one row for each record, in the order of validation: by shard and index in it."""

    name: str  # the folder's path as the user has given it
    fingerprint: str  # the digest of dataset.json
    image_size: int  # side of the stored squares, pixels
    crop_grow: float  # their side in the frame over the box's longer side
    labels: np.ndarray  # int64 (records,)
    videos: np.ndarray  # int32 (records,), indices into video_names
    video_names: tuple[str, ...]
    species: np.ndarray  # object (records,): "DOG", "CAT" or ""
    files: tuple[Path, ...]  # the shards in their order, in a folder that is held
    bytes: int  # of all shards
    cache: ShardCache | None = None  # that brings the shards to their paths, where they lie in a store

    @property
    def records(self) -> int:
        return len(self.labels)

    @property
    def video_counts(self) -> np.ndarray:
        """The number of frames of each video, (videos,)."""
        return np.bincount(self.videos, minlength=len(self.video_names))


def open_split(data: Path | CachedDataset, split: str) -> DatasetSplit:
    """Open the `train` or `val` split of a dataset, and hold the dataset's folder: a new version does not disturb.

    Sizes of the files are checked here; the shards' checksums are checked as they are read.

    Raises CallError if the folder holds no dataset, DataError if files are missing or cut, or if the split is empty.
    """
    return open_view(data, _open_split, split)


def open_view(
    data: Path | CachedDataset, open_folder: Callable[[Path, str | Path, ShardCache | None, str], _Split], split: str
) -> _Split:
    """What `open_folder` makes of a folder, its name for people, and the cache of a dataset in a store; it is held."""
    if isinstance(data, CachedDataset):
        return open_folder(data.folder, data.url, data.cache, split)
    held = hold_folder(data)
    with telling_name(held, data):
        return open_folder(held, data, None, split)


def _open_split(folder: Path, name: str | Path, cache: ShardCache | None, split: str) -> DatasetSplit:
    dataset = read_dataset(folder)
    shards = dataset.shards.get(split, [])
    if not shards:
        raise DataError(f"{name}: its {split} split is empty; choose another dataset or make it with other videos")
    check_split_files(folder, dataset, [] if cache else shards)
    columns, names = read_record_columns(folder, split, shards, CROPS, ["label"])
    return DatasetSplit(
        name=str(name),
        fingerprint=dataset.digest,
        image_size=dataset.image_size,
        crop_grow=dataset.settings["crop"]["grow"],
        files=tuple(folder / shard.file for shard in shards),
        bytes=sum(shard.bytes for shard in shards),
        labels=columns["label"].astype(np.int64),
        videos=columns["video"],
        video_names=names["video"],
        species=np.array(names["species"], object)[columns["species"]],
        cache=cache,
    )


def check_two_moods(train: DatasetSplit) -> None:
    """Raise DataError if all frames show one mood: nothing could be learnt from them."""
    moods = np.unique(train.labels)
    if len(moods) < 2:
        raise DataError(f"{train.name}: all {train.records} frames are {KOREAN[moods[0]]}; training needs two moods")


def check_same_crop_settings(train: DatasetSplit, valid: DatasetSplit) -> None:
    """Raise CallError if the two datasets were made with different crop settings: one model cannot suit both."""
    for name, one, other in (
        ("crop.size", train.image_size, valid.image_size),
        ("crop.grow", train.crop_grow, valid.crop_grow),
    ):
        if one != other:
            raise CallError(
                f"{train.name} was made with {name} {one}, {valid.name} with {other}; make one as the other"
            )


def check_no_shared_videos(train: DatasetSplit, valid: DatasetSplit) -> None:
    """Raise DataError if a video is in both: frames that the model has memorised would count as its skill.

    preprocess keeps the splits of one dataset apart. Videos of two datasets count as the same if the last parts of
    their names are equal.
    """
    if train.fingerprint == valid.fingerprint:
        return
    one, other = ({name.rpartition("/")[2] for name in split.video_names} for split in (train, valid))
    both = sorted(one & other)
    if both:
        named = ", ".join(both[:_EXAMPLES]) + (" .." if len(both) > _EXAMPLES else "")
        raise DataError(
            f"{len(both)} videos are in {train.name} and in {valid.name} ({named}); give --valid other videos"
        )


def read_squares(split: DatasetSplit, places: Sequence[int]) -> list[bytes]:
    """Read the stored JPEGs of the records at some places; the shards are read up to the last of them."""
    return [record["image"] for record in read_whole_records(split, places)]


def read_whole_records(split: DatasetSplit, places: Sequence[int]) -> list[dict[str, Any]]:
    """Read all fields of the records at some places; the shards are read up to the last of them.

    Raises DataError where a record on the way there is damaged.
    """
    found: dict[int, dict[str, Any]] = {int(place): {} for place in places}
    for place, record in enumerate(islice(_read_records(split), max(found, default=-1) + 1)):
        if place in found:
            found[place] = decode_record(record)
    return [found[int(place)] for place in places]


def _read_records(split: DatasetSplit) -> Iterator[bytes]:
    for path in split.files:
        if split.cache:
            split.cache.fetch(path)
        with open(path, "rb") as file:
            try:
                yield from (frame.record for frame in iterate_records(file))
            except DamagedRecord as damage:
                raise DataError(f"{name_file(split, path)}: {damage}; make the dataset anew") from damage


def name_file(split: _NamedFiles, path: Path) -> Path:
    """The path of one of a split's shards as the user knows it."""
    return path if split.cache else Path(split.name) / path.name


def find_damaged_shard(split: DatasetSplit) -> DataError | None:
    """Find the first missing or damaged shard, and where the damage is, which TensorFlow does not say.

    Returns None if all shards are whole. Of a dataset in a store, the shards that are here are looked at: the cache
    tells of the others.
    """
    for path in split.files:
        if split.cache and not path.exists():
            continue
        try:
            with open(path, "rb") as file:
                for _ in iterate_records(file):
                    pass
        except FileNotFoundError:
            return DataError(f"{name_file(split, path)} is missing; run python -m tools.verify {split.name}")
        except DamagedRecord as damage:
            return DataError(f"{name_file(split, path)}: {damage}; make the dataset anew")
    return None


def check_split_files(folder: Path, dataset: Dataset, shards: Sequence[ShardFile]) -> None:
    """Raise DataError where one of these shards or the manifest is missing, cut, or not as it was written."""
    stated = {shard.file: shard.bytes for shard in shards}
    stated |= {name: file.bytes for name, file in dataset.files.items() if name == MANIFEST}
    for name, expected in stated.items():
        path = folder / name
        size = path.stat().st_size if path.exists() else None
        if size != expected:
            what = "is missing" if size is None else f"has {size} bytes instead of {expected}"
            raise DataError(f"{path} {what}; run python -m tools.verify {folder}")
    if hash_file(folder / MANIFEST) != dataset.files[MANIFEST].sha256:
        raise DataError(f"{folder / MANIFEST} differs from what was written; run python -m tools.verify {folder}")


def read_record_columns(
    folder: Path, split: str, shards: Sequence[ShardFile], kind: RecordKind, numbers: Sequence[str]
) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, ...]]]:
    """Read from the manifest what it says of the records of some shards, in the order of the shards.

    Names are encoded as numbers one row group at a time, so that millions of strings are never held at once.

    Args:
        folder: the dataset's.
        split: train or val.
        shards: all shards of this split and kind.
        kind: of the records.
        numbers: columns of numbers; a null becomes 0.

    Returns:
        (records,) arrays of those columns, and of `shard`, `video` and `species` as int32 numbers; and the names that
        the numbers of `video` and `species` stand for.

    Raises DataError where the manifest is damaged, or is not that of the shards.
    """
    shard_column, index_column, *_ = kind.place
    places = {shard.file: number for number, shard in enumerate(shards)}
    names: dict[str, dict[str, int]] = {"shard": places, "video": {}, "species": {}}
    columns = list(dict.fromkeys(["status", "split", *kind.place[:2], "video", "species", *numbers]))
    parts: list[dict[str, np.ndarray]] = []
    try:
        for rows in read_manifest(folder, columns):
            rows = rows.filter(pc.and_(pc.equal(rows["status"], "kept"), pc.equal(rows["split"], split)))
            rows = rows.filter(pc.is_valid(rows[shard_column]))
            part = {name: pc.fill_null(rows[name], 0).to_numpy() for name in (index_column, *numbers)}
            part["shard"] = _encode_names(rows[shard_column], places)
            part |= {name: _encode_names(pc.fill_null(rows[name], ""), names[name]) for name in ("video", "species")}
            parts.append(part)
    except pa.ArrowException as error:
        raise DataError(f"{folder / MANIFEST}: damaged: {error}; run python -m tools.verify {folder}") from error
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    records = [shard.records for shard in shards]
    if len(places) > len(shards) or not np.array_equal(np.bincount(found["shard"], minlength=len(shards)), records):
        raise DataError(
            f"{folder / MANIFEST}: its {len(found['shard'])} kept rows of {split} are not the {sum(records)} records "
            f"of the shards; run python -m tools.verify {folder}"
        )
    order = np.lexsort((found[index_column], found["shard"]))
    return (
        {name: column[order] for name, column in found.items()},
        {name: tuple(names[name]) for name in ("video", "species")},
    )


def _encode_names(column: pa.ChunkedArray, known: dict[str, int]) -> np.ndarray:
    """Encode a column of names as int32 numbers; new names are added to `known`."""
    encoded = column.combine_chunks().dictionary_encode()
    numbers = [known.setdefault(name, len(known)) for name in encoded.dictionary.to_pylist()]
    return np.array(numbers, np.int32)[encoded.indices.to_numpy()]
