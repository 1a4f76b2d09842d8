"""A split of a dataset folder, as training needs to know it before it reads a picture."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shards.dataset import Dataset, read_dataset
from shards.emotions import KOREAN
from shards.errors import CallError, DataError
from shards.manifest import MANIFEST_FILE as MANIFEST
from shards.manifest import read_manifest
from shards.record import decode_record
from shards.storage.files import hash_file
from shards.tfrecord import DamagedRecord, iterate_records

_COLUMNS = ["status", "split", "label", "species", "video", "shard", "index"]
_EXAMPLES = 3  # examples in a message


class DatasetSplit(NamedTuple):
    """One split. All arrays are in the order in which validation gives the records: by shard and index."""

    name: str  # the path as it was given
    fingerprint: str  # dataset.json's digest
    image_size: int  # side of the stored squares, pixels
    crop_grow: float  # their side in the frame, over the box's longer side
    labels: np.ndarray  # int64 (records,)
    videos: np.ndarray  # int32 (records,), places in video_names
    video_names: tuple[str, ...]
    species: np.ndarray  # object (records,): "DOG", "CAT" or ""
    files: tuple[Path, ...]  # shards, in their order
    bytes: int  # of all shards together

    @property
    def records(self) -> int:
        return len(self.labels)

    @property
    def video_counts(self) -> np.ndarray:
        """Frames of each video, (videos,)."""
        return np.bincount(self.videos, minlength=len(self.video_names))

    def frames_in_epoch(self, frames_per_video: int | None) -> int:
        """How many records an epoch takes: all, or at most so many of each video."""
        if frames_per_video is None:
            return self.records
        return int(np.minimum(self.video_counts, frames_per_video).sum())


def open_split(folder: Path, split: str) -> DatasetSplit:
    """The `train` or `val` split of a dataset folder: its files are looked for here, their bytes as they are read.

    Raises CallError where there is no such thing, DataError where files are missing or cut, or the split is empty.
    """
    dataset = read_dataset(folder)
    shards = dataset.shards.get(split, [])
    if not shards:
        raise DataError(f"{folder}: its {split} split is empty; choose another dataset or make it with other videos")
    _check_file_sizes(folder, dataset, split)
    try:
        columns = _read_columns(folder, split, [shard.file for shard in shards], [shard.records for shard in shards])
    except pa.ArrowException as error:
        raise DataError(f"{folder / MANIFEST}: damaged: {error}; run python -m tools.verify {folder}") from error
    return DatasetSplit(
        name=str(folder),
        fingerprint=dataset.digest,
        image_size=dataset.image_size,
        crop_grow=dataset.settings["crop"]["grow"],
        files=tuple(folder / shard.file for shard in shards),
        bytes=sum(shard.bytes for shard in shards),
        **columns,
    )


def check_two_moods(train: DatasetSplit) -> None:
    """Raises DataError where all frames show one mood: nothing could be learnt from them."""
    moods = np.unique(train.labels)
    if len(moods) < 2:
        raise DataError(f"{train.name}: all {train.records} frames are {KOREAN[moods[0]]}; training needs two moods")


def check_same_crop_settings(train: DatasetSplit, valid: DatasetSplit) -> None:
    """Raises CallError where the crops of two datasets were cut in different ways: one model cannot suit both."""
    for name, one, other in (
        ("crop.size", train.image_size, valid.image_size),
        ("crop.grow", train.crop_grow, valid.crop_grow),
    ):
        if one != other:
            raise CallError(
                f"{train.name} was made with {name} {one}, {valid.name} with {other}; make one as the other"
            )


def check_no_shared_videos(train: DatasetSplit, valid: DatasetSplit) -> None:
    """Raises DataError when a video is in both: what a model knows by heart would count as its skill.

    Splits of one dataset are apart by how it was made; of two, videos are the same when their names end alike.
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
    """The stored JPEG of each of some records of the shards, which are read up to the last of them."""
    found = dict.fromkeys(map(int, places))
    for place, record in enumerate(islice(_read_records(split), max(found) + 1)):
        if place in found:
            found[place] = decode_record(record)["image"]
    return [found[int(place)] for place in places]


def _read_records(split: DatasetSplit) -> Iterator[bytes]:
    for path in split.files:
        with open(path, "rb") as file:
            try:
                yield from (frame.record for frame in iterate_records(file))
            except DamagedRecord as damage:
                raise DataError(f"{path}: {damage}; make the dataset anew") from damage


def find_damaged_shard(split: DatasetSplit) -> DataError | None:
    """Which shard is missing or damaged, and where, which TensorFlow does not say; None where all are whole."""
    for path in split.files:
        try:
            with open(path, "rb") as file:
                for _ in iterate_records(file):
                    pass
        except FileNotFoundError:
            return DataError(f"{path} is missing; run python -m tools.verify {split.name}")
        except DamagedRecord as damage:
            return DataError(f"{path}: {damage}; make the dataset anew")
    return None


def _check_file_sizes(folder: Path, dataset: Dataset, split: str) -> None:
    stated = {shard.file: shard.bytes for shard in dataset.shards[split]}
    stated |= {name: file.bytes for name, file in dataset.files.items() if name == MANIFEST}
    for name, expected in stated.items():
        path = folder / name
        size = path.stat().st_size if path.exists() else None
        if size != expected:
            what = "is missing" if size is None else f"has {size} bytes instead of {expected}"
            raise DataError(f"{path} {what}; run python -m tools.verify {folder}")
    if hash_file(folder / MANIFEST) != dataset.files[MANIFEST].sha256:
        raise DataError(f"{folder / MANIFEST} differs from what was written; run python -m tools.verify {folder}")


def _read_columns(folder: Path, split: str, shards: Sequence[str], records: Sequence[int]) -> dict:
    """What a Split says of each record, from the manifest's narrow columns, in the order of the shards.

    Names become numbers a row group at a time, so that no two million strings are ever held.
    """
    numbers = {name: number for number, name in enumerate(shards)}
    videos: dict[str, int] = {}
    species: dict[str, int] = {}
    parts = []
    for rows in read_manifest(folder, _COLUMNS):
        rows = rows.filter(pc.and_(pc.equal(rows["status"], "kept"), pc.equal(rows["split"], split)))
        parts.append(
            (
                _encode_names(rows["shard"], numbers),
                rows["index"].to_numpy(),
                rows["label"].to_numpy(),
                _encode_names(rows["video"], videos),
                _encode_names(pc.fill_null(rows["species"], ""), species),
            )
        )
    shard, index, labels, codes, kinds = (np.concatenate(column) for column in zip(*parts, strict=True))
    if len(numbers) > len(shards) or not np.array_equal(np.bincount(shard, minlength=len(shards)), records):
        raise DataError(
            f"{folder / MANIFEST}: its {len(shard)} kept rows of {split} are not the {sum(records)} records of the "
            f"shards; run python -m tools.verify {folder}"
        )
    order = np.lexsort((index, shard))
    return {
        "labels": labels[order].astype(np.int64),
        "videos": codes[order],
        "video_names": tuple(videos),
        "species": np.array(list(species), object)[kinds[order]],
    }


def _encode_names(column: pa.ChunkedArray, known: dict[str, int]) -> np.ndarray:
    """A column of names as int32 numbers; `known` names and their numbers are added to."""
    encoded = column.combine_chunks().dictionary_encode()
    numbers = [known.setdefault(name, len(known)) for name in encoded.dictionary.to_pylist()]
    return np.array(numbers, np.int32)[encoded.indices.to_numpy()]
