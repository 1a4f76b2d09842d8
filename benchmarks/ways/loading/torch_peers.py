"""PyTorch's DataLoader over files and over what was made for it: WebDataset, MDS, LitData, Hugging Face's datasets.

Each keeps its processes from epoch to epoch. Formats are written once for all tables.
"""

import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from benchmarks.ways.loading.epochs import BATCH_SIZE, WINDOW, Batches, list_files, open_epochs
from benchmarks.ways.loading.windows import decode_window

PACKAGES = {
    "open_image_folder": ("torch", "torchvision", "pillow"),
    "open_files": ("torch", "simplejpeg"),
    "open_webdataset": ("webdataset",),
    "open_mds": ("mosaicml-streaming",),
    "open_litdata": ("litdata",),
    "open_hugging_face": ("datasets",),
}
_SHUFFLED = 2048  # records that wait in a shuffle, as in ours
_SHARD_BYTES = 1 << 24


def open_image_folder(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """As PyTorch's tutorials do: ImageFolder, which opens with Pillow, and torchvision's transforms."""
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import v2

    flip = [v2.RandomHorizontalFlip()] if settings["flip"] else []
    transform = v2.Compose([v2.PILToTensor(), v2.RandomCrop(WINDOW), *flip])
    return _open_loader(settings, ImageFolder(settings["files"], transform), shuffle=True)


class _Files(Dataset):
    def __init__(self, settings: dict[str, Any]):
        self._rows, self._flip = list_files(settings), settings["flip"]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: int) -> tuple[np.ndarray, int]:
        path, label = self._rows[place]
        with open(path, "rb") as file:
            return decode_window(file.read(), self._flip), label


def open_files(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """A Dataset of its own over files."""
    return _open_loader(settings, _Files(settings), shuffle=True)


def open_webdataset(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Tar files drawn again and again, as its guide says for training; batches are made in the workers."""
    import webdataset

    flip = settings["flip"]

    def write(folder: Path) -> None:
        with webdataset.ShardWriter(str(folder / "%05d.tar"), maxsize=_SHARD_BYTES, verbose=0) as shards:
            for place, (data, label) in enumerate(_read_all(settings)):
                shards.write({"__key__": f"{place:08d}", "jpg": data, "cls": label})

    shards = sorted(str(path) for path in _write_once(settings, "webdataset", write).glob("*.tar"))
    data = webdataset.WebDataset(shards, resampled=True, shardshuffle=False).shuffle(_SHUFFLED)
    data = data.to_tuple("jpg", "cls").map(lambda row: (decode_window(row[0], flip), int(row[1])))
    loader = webdataset.WebLoader(data.batched(BATCH_SIZE), batch_size=None, num_workers=settings["threads"])
    return open_epochs(settings, lambda epoch: loader)


def open_mds(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """MDS shards, read where they lie."""
    from streaming import MDSWriter, StreamingDataset
    from streaming.base.util import clean_stale_shared_memory

    class Windows(StreamingDataset):
        def __getitem__(self, place: int) -> tuple[np.ndarray, int]:
            return _decode_row(settings["flip"], super().__getitem__(place))

    def write(folder: Path) -> None:
        columns = {"image": "bytes", "label": "int"}
        with MDSWriter(out=str(folder), columns=columns, size_limit=_SHARD_BYTES, exist_ok=True) as shards:
            for data, label in _read_all(settings):
                shards.write({"image": data, "label": label})

    folder = _write_once(settings, "mds", write)
    clean_stale_shared_memory()
    data = Windows(local=str(folder), shuffle=True, batch_size=BATCH_SIZE, shuffle_block_size=_SHUFFLED)
    return _open_loader(settings, data)


def open_litdata(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Optimised chunks."""
    import litdata

    def write(folder: Path) -> None:
        litdata.optimize(
            _read_row, list_files(settings), str(folder), chunk_bytes=_SHARD_BYTES, num_workers=settings["threads"]
        )

    folder = _write_once(settings, "litdata", write)
    transform = partial(_decode_row, settings["flip"])
    data = litdata.StreamingDataset(str(folder), shuffle=True, drop_last=True, transform=transform)
    loader = litdata.StreamingDataLoader(
        data, batch_size=BATCH_SIZE, num_workers=settings["threads"], drop_last=True, persistent_workers=True
    )
    return open_epochs(settings, lambda epoch: loader)


def open_hugging_face(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Parquet, read as an Arrow table, with a transform of a batch."""
    import datasets

    datasets.disable_progress_bars()

    def write(folder: Path) -> None:
        rows = list(_read_all(settings))
        columns = {"image": [data for data, _ in rows], "label": [label for _, label in rows]}
        datasets.Dataset.from_dict(columns).to_parquet(str(folder / "crops.parquet"))

    folder = _write_once(settings, "hugging_face", write)

    def transform(rows: dict[str, list]) -> dict[str, list]:
        return {"image": [decode_window(data, settings["flip"]) for data in rows["image"]], "label": rows["label"]}

    data = datasets.Dataset.from_parquet(str(folder / "crops.parquet"), cache_dir=str(folder / "cache"))
    loader = _make_loader(settings, data.with_transform(transform), shuffle=True)
    return open_epochs(settings, lambda epoch: ((batch["image"], batch["label"]) for batch in loader))


def _make_loader(settings: dict[str, Any], data: Dataset, **options: Any) -> DataLoader:
    workers = settings["threads"]
    return DataLoader(data, BATCH_SIZE, num_workers=workers, persistent_workers=True, drop_last=True, **options)


def _open_loader(settings: dict[str, Any], data: Dataset, **options: Any) -> Callable[[], dict[str, Any]]:
    torch.set_num_threads(1)
    loader: Batches = _make_loader(settings, data, **options)
    return open_epochs(settings, lambda epoch: loader)


def _decode_row(flip: bool, row: dict[str, Any]) -> tuple[np.ndarray, int]:
    return decode_window(row["image"], flip), row["label"]


def _read_row(row: tuple[str, int]) -> dict[str, Any]:
    return {"image": Path(row[0]).read_bytes(), "label": row[1]}


def _read_all(settings: dict[str, Any]) -> Iterator[tuple[bytes, int]]:
    """JPEGs and labels. Shuffled, as one would write shards whose files lie by class."""
    rows = list_files(settings)
    random.Random(0).shuffle(rows)
    for path, label in rows:
        yield Path(path).read_bytes(), label


def _write_once(settings: dict[str, Any], name: str, write: Callable[[Path], None]) -> Path:
    folder = Path(settings["folder"]) / name
    if not folder.exists():
        partial = folder.with_name(f"{name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        write(partial)
        partial.rename(folder)
    return folder
