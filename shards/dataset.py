"""dataset.json and its neighbours: what a dataset folder holds, file by file, so that every byte can be checked.

dataset.json is written last: its presence means that the dataset is whole. Beside it lie the three small files with
which tensorflow_datasets.builder_from_directory opens the same shards.
"""

import json
import re
from pathlib import Path
from typing import Any

import google_crc32c
import msgspec

from shards.emotions import EMOTIONS, KOREAN
from shards.errors import CallError, DataError
from shards.record_fields import FIELDS
from shards.storage.atomic_write import write_atomically
from shards.storage.files import IrregularFile, hash_file, read_blocks, read_file
from shards.storage.self_checksum import ChecksumMismatch, check_json_checksum, dump_json_with_checksum
from shards.tfrecord import OVERHEAD

DATASET_NAME = "pet_mood"
DATASET_FILE = "dataset.json"
SHARD = re.compile(DATASET_NAME + r"-(train|val)\.tfrecord-\d{5}-of-\d{5}")
DATASET_VERSION = 1
# Counts up when preprocess makes other pixels, codes or rows from the same settings, so that old work is not reused.
DATASET_RECIPE = 5
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
    blocks: list[int]  # CRC-32C of each MiB, to say where a damaged file is damaged


class Dataset(msgspec.Struct):
    """What dataset.json says."""

    settings: dict[str, Any]  # those that change content
    counts: dict[str, Any]
    shards: dict[str, list[ShardFile]]  # by split
    files: dict[str, OtherFile]  # by name
    emotions: list[dict[str, Any]] = msgspec.field(
        default_factory=lambda: [{"label": i, **emotion._asdict()} for i, emotion in enumerate(EMOTIONS)]
    )
    format: str = _FORMAT
    version: int = DATASET_VERSION
    digest: str = ""

    @property
    def image_size(self) -> int:
        """Side of the stored squares in pixels."""
        return self.settings["crop"]["size"]


class _Version(msgspec.Struct):
    format: str = ""
    version: int = 0


def shard_name(split: str, index: int, count: int) -> str:
    return f"{DATASET_NAME}-{split}.tfrecord-{index:05}-of-{count:05}"


def list_shards(folder: Path) -> list[Path]:
    """The shards in a folder, by their names, whatever dataset they belong to."""
    return sorted(path for path in folder.glob(f"{DATASET_NAME}-*") if SHARD.fullmatch(path.name))


def find_misfit(folder: Path) -> str | None:
    """A file of a dataset that is missing or not of its size, None where all are there; verify reads every byte."""
    dataset = read_dataset(folder)
    files = {shard.file: shard.bytes for shards in dataset.shards.values() for shard in shards}
    files |= {name: file.bytes for name, file in dataset.files.items()}
    return next((n for n, size in files.items() if not _has_size(folder / n, size)), None)


def is_index(path: Path) -> bool:
    """Whether a file is the dataset.json of a dataset, whole or damaged, and not somebody's of the same name."""
    return path.is_file() and path.stat().st_size > 0 and _FORMAT.encode() in read_file(path)


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def describe_file(path: Path) -> OtherFile:
    blocks = [google_crc32c.value(block) for block in read_blocks(path)]
    return OtherFile(path.stat().st_size, hash_file(path), blocks)


def write_dataset(folder: Path, dataset: Dataset) -> None:
    """Write dataset.json with a digest over its own bytes (that field blank)."""
    first = {"format": dataset.format, "version": dataset.version, "digest": ""}
    with write_atomically(folder / DATASET_FILE) as file:
        file.write(dump_json_with_checksum(first | msgspec.to_builtins(dataset), indent=1))


def read_dataset(folder: Path) -> Dataset:
    """dataset.json of a folder, its own digest checked.

    Raises CallError where the folder is no dataset, DataError where it is unfinished, damaged or of another version.
    """
    path = folder / DATASET_FILE
    try:
        data = read_file(path)
    except (FileNotFoundError, IrregularFile):
        if folder.is_dir() and list_shards(folder):
            raise DataError(
                f"{folder}: has shards but no {DATASET_FILE}, so it is unfinished; run preprocess again"
            ) from None
        what = f"has no {DATASET_FILE}, so it is no dataset" if folder.is_dir() else "is not a folder"
        what = "is a file" if folder.is_file() else what
        raise CallError(f"{folder} {what}; give the folder that preprocess wrote with --out") from None
    try:
        stated = msgspec.json.decode(data, type=_Version)
        if (stated.format, stated.version) == (_FORMAT, DATASET_VERSION):
            dataset = msgspec.json.decode(check_json_checksum(data), type=Dataset)
            _check_settings(dataset)
            return dataset
    except ChecksumMismatch as error:
        raise DataError(f"{path}: offset 0 to {len(data)}: {error}; {_MAKE_AGAIN}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{path}: damaged: {error}; {_MAKE_AGAIN}") from error
    raise DataError(
        f"{path}: is {stated.format!r} version {stated.version}, this program reads {_FORMAT!r} version "
        f"{DATASET_VERSION}; make the dataset again, or use the program that wrote it"
    )


def _check_settings(dataset: Dataset) -> None:
    """Raises ValueError where memory would be asked for by numbers that no run of preprocess writes."""
    crop = dataset.settings.get("crop")
    size, grow = (crop.get("size"), crop.get("grow", 1.0)) if isinstance(crop, dict) else (None, None)
    if type(size) is not int or not 1 <= size <= MAX_IMAGE_SIZE:
        raise ValueError(f"crop.size is {size!r}, not a number of pixels from 1 to {MAX_IMAGE_SIZE}")
    if type(grow) not in (int, float) or not 1 <= grow <= 4:
        raise ValueError(f"crop.grow is {grow!r}, not a number from 1 to 4")
    if strange := [shard.file for shards in dataset.shards.values() for shard in shards if not _is_possible(shard)]:
        raise ValueError(f"{strange[0]} cannot hold the records that are stated")


def _is_possible(shard: ShardFile) -> bool:
    return bool(SHARD.fullmatch(shard.file)) and 0 <= shard.records * OVERHEAD <= shard.bytes


def write_tfds_files(folder: Path, image_size: int, shards: dict[str, list[ShardFile]]) -> list[str]:
    """Write features.json, dataset_info.json and label.labels.txt as tensorflow_datasets would; returns their names."""
    info = {
        "name": DATASET_NAME,
        "version": f"{DATASET_VERSION}.0.0",
        "description": "Cropped frames of pet videos with one of six moods each.",
        "fileFormat": "tfrecord",
        "splits": [
            {
                "name": split,
                "filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
                "shardLengths": [str(shard.records) for shard in files],
                "numBytes": str(sum(shard.bytes for shard in files)),
            }
            for split, files in shards.items()
            if files  # a split without shards has to be left out
        ],
    }
    texts = {
        "features.json": _to_json(_tfds_features(image_size)),
        "dataset_info.json": _to_json(info),
        "label.labels.txt": "".join(f"{name}\n" for name in KOREAN),
    }
    for name, text in texts.items():
        with write_atomically(folder / name) as file:
            file.write(text.encode())
    return list(texts)


def _tfds_features(image_size: int) -> dict[str, Any]:
    module = "tensorflow_datasets.core.features"
    text = {"pythonClassName": f"{module}.text_feature.Text", "text": {}}
    scalar = {
        "pythonClassName": f"{module}.scalar.Scalar",
        "tensor": {"dtype": "int64", "encoding": "none", "shape": {}},
    }
    dimensions = [str(image_size), str(image_size), "3"]
    image = {"dtype": "uint8", "encodingFormat": "jpeg", "shape": {"dimensions": dimensions}}
    special = {
        "image": {"pythonClassName": f"{module}.image_feature.Image", "image": image},
        "label": {
            "pythonClassName": f"{module}.class_label_feature.ClassLabel",
            "classLabel": {"numClasses": str(len(EMOTIONS))},
        },
    }
    plain = {name: text if kind is str else scalar for name, kind in FIELDS.items()}
    return {
        "pythonClassName": f"{module}.features_dict.FeaturesDict",
        "featuresDict": {"features": plain | special},
    }


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=4) + "\n"
