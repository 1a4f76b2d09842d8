"""A split of a dataset's whole frames: its files and what its manifest says of each record. No picture is read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from shards.crop_geometry import fit_size
from shards.dataset import check_has_frames, read_dataset
from shards.errors import DataError
from shards.record_fields import FRAME_SIDE, WHOLE_FRAMES
from shards.record_reader import RecordReader
from shards.tfrecord import DamagedRecord
from trainer.input.dataset_split import check_split_files, name_file, open_view, read_record_columns
from trainer.input.shard_cache import CachedDataset, ShardCache

_OFFSET = WHOLE_FRAMES.place[2]
_NUMBERS = ("width", "height", "box_x", "box_y", "box_width", "box_height", "animal_count", _OFFSET)


class FrameSplit(NamedTuple):
    """One split. Its arrays have one row for each record, in the order of validation: by shard and index in it."""

    name: str  # the folder's path as the user has given it
    fingerprint: str  # the digest of dataset.json
    boxes: np.ndarray  # float32 (records, 4): ymin, xmin, ymax, xmax, as fractions of the picture
    sizes: np.ndarray  # int64 (records, 2): height and width of the stored picture, pixels
    animal_counts: np.ndarray  # int64 (records,): animals that the label states; 0 where it states none
    videos: np.ndarray  # int32 (records,), indices into video_names
    video_names: tuple[str, ...]
    species: np.ndarray  # object (records,): "DOG", "CAT" or ""
    shards: np.ndarray  # int32 (records,), indices into files
    offsets: np.ndarray  # int64 (records,), where the record begins in its file
    files: tuple[Path, ...]  # the shards in their order, in a folder that is held
    bytes: int  # of all shards
    cache: ShardCache | None = None  # that brings the shards to their paths, where they lie in a store

    @property
    def records(self) -> int:
        return len(self.boxes)

    @property
    def image_size(self) -> int:
        """The most pixels that a stored picture has at its longer side."""
        return FRAME_SIDE

    @property
    def video_counts(self) -> np.ndarray:
        """The number of frames of each video, (videos,)."""
        return np.bincount(self.videos, minlength=len(self.video_names))


def open_frame_split(data: Path | CachedDataset, split: str) -> FrameSplit:
    """Open the whole frames of the `train` or `val` split of a dataset, and hold the dataset's folder.

    Sizes of the files are checked here; the shards' checksums are checked as they are read.

    Raises CallError if the folder holds no dataset, DataError if it has no whole frames, if files are missing or cut,
    or if the split is empty.
    """
    return open_view(data, _open_frame_split, split)


def _open_frame_split(folder: Path, name: str | Path, cache: ShardCache | None, split: str) -> FrameSplit:
    dataset = read_dataset(folder)
    check_has_frames(name, dataset)
    shards = dataset.frames.get(split, [])
    if not shards:
        raise DataError(f"{name}: its {split} split is empty; choose another dataset or make it with other videos")
    check_split_files(folder, dataset, [] if cache else shards)
    columns, names = read_record_columns(folder, split, shards, WHOLE_FRAMES, _NUMBERS)
    width, height = columns["width"], columns["height"]
    left, top = columns["box_x"], columns["box_y"]
    edges = (top / height, left / width, (top + columns["box_height"]) / height, (left + columns["box_width"]) / width)
    fitted = [fit_size(int(a), int(b), FRAME_SIDE)[::-1] for a, b in zip(width, height, strict=True)]
    return FrameSplit(
        name=str(name),
        fingerprint=dataset.digest,
        boxes=np.clip(np.stack(edges, axis=1), 0, 1).astype(np.float32),
        sizes=np.array(fitted, np.int64).reshape(-1, 2),
        animal_counts=columns["animal_count"].astype(np.int64),
        videos=columns["video"],
        video_names=names["video"],
        species=np.array(names["species"], object)[columns["species"]],
        shards=columns["shard"],
        offsets=columns[_OFFSET],
        files=tuple(folder / shard.file for shard in shards),
        bytes=sum(shard.bytes for shard in shards),
        cache=cache,
    )


def read_frames(split: FrameSplit, places: Sequence[int]) -> list[dict[str, Any]]:
    """Read all fields of the records at some places. Raises DataError where one of them is damaged."""
    with RecordReader(split.files[0].parent) as reader:
        return [_read_frame(split, reader, int(place)) for place in places]


def _read_frame(split: FrameSplit, reader: RecordReader, place: int) -> dict[str, Any]:
    path = split.files[split.shards[place]]
    if split.cache:
        split.cache.fetch(path)
    try:
        return reader.read_values(path.name, int(split.offsets[place]), WHOLE_FRAMES)
    except DamagedRecord as damage:
        raise DataError(f"{name_file(split, path)}: {damage}; make the dataset anew") from damage
    except FileNotFoundError as error:
        raise DataError(f"{name_file(split, path)} is missing; run python -m tools.verify {split.name}") from error
