"""A split of a dataset folder, as training needs to know it before it reads a record."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc

from shards.dataset import read_dataset
from shards.errors import DataError
from shards.manifest import read_manifest
from shards.tfrecord import DamagedRecord, read_frames


class Split(NamedTuple):
    """The shards of one split, in their order, and what they hold."""

    files: tuple[Path, ...]
    records: int
    image_size: int  # side of the stored squares, pixels
    video_counts: np.ndarray  # kept frames of each video

    def frames_in_epoch(self, frames_per_video: int | None) -> int:
        """How many records an epoch takes: all, or at most so many of each video."""
        if frames_per_video is None:
            return self.records
        return int(np.minimum(self.video_counts, frames_per_video).sum())


def open_split(folder: Path, split: str) -> Split:
    """The `train` or `val` split of a dataset; sizes are checked here, bytes as they are read.

    Raises CallError where the folder is no dataset, DataError where a shard is missing or cut, or the split is empty.
    """
    dataset = read_dataset(folder)
    shards = dataset.shards.get(split, [])
    for shard in shards:
        path = folder / shard.file
        size = path.stat().st_size if path.exists() else None
        if size != shard.bytes:
            what = "is missing" if size is None else f"has {size} bytes instead of {shard.bytes}"
            raise DataError(f"{path} {what}; run python -m tools.verify {folder}")
    if not shards:
        raise DataError(f"{folder}: its {split} split is empty; choose another dataset or make it with other videos")
    counts = [
        rows.filter(pc.and_(pc.equal(rows["split"], split), pc.equal(rows["video_index"], 0)))["video_count"].to_numpy()
        for rows in read_manifest(folder, ["split", "video_index", "video_count"])
    ]
    files = tuple(folder / shard.file for shard in shards)
    return Split(files, sum(shard.records for shard in shards), dataset.image_size, np.concatenate(counts))


def find_damage(split: Split) -> DataError | None:
    """Which file is damaged, and where: what TensorFlow's own error leaves out. None where every record is whole."""
    for path in split.files:
        try:
            with open(path, "rb") as file:
                for _ in read_frames(file):
                    pass
        except DamagedRecord as damage:
            return DataError(f"{path}: {damage}; make the dataset anew")
    return None
