"""The small files with which tensorflow_datasets.builder_from_directory opens a dataset folder, or its whole frames.

tensorflow_datasets knows one dataset for each folder, because the names of these files are fixed. So the whole frames'
lie in a folder of their own, FRAMES_FOLDER, and point at the shards beside it.
"""

import json
from pathlib import Path
from typing import Any

from shards.crop_geometry import BoxEdges
from shards.dataset import DATASET_VERSION, ShardFile
from shards.emotions import EMOTIONS, KOREAN
from shards.record_fields import CROPS, WHOLE_FRAMES, RecordKind
from shards.storage.atomic_write import write_atomically

TFDS_FILES = ("features.json", "dataset_info.json", "label.labels.txt")
FRAMES_FOLDER = "frames"  # in the dataset's folder

_SHARD_PATH = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"
_MODULE = "tensorflow_datasets.core.features"
_DESCRIPTIONS = {
    CROPS.name: "Cropped frames of pet videos with one of six moods each.",
    WHOLE_FRAMES.name: "Whole frames of pet videos with the box of an animal each.",
}


def write_tfds_files(
    folder: Path, crop_size: int, shards: dict[str, list[ShardFile]], frames: dict[str, list[ShardFile]]
) -> list[str]:
    """Write TFDS_FILES to a dataset's folder, and to its FRAMES_FOLDER where there are whole frames.

    Args:
        folder: the dataset's folder.
        crop_size: side of the stored crops, in pixels.
        shards: the shards of crops of each split.
        frames: the same of whole frames.

    Returns the files' names, relative to the folder.
    """
    names = _write(folder, "", _make_features(CROPS, (crop_size, crop_size)), _make_info(CROPS, shards, _SHARD_PATH))
    if any(frames.values()):
        (folder / FRAMES_FOLDER).mkdir(exist_ok=True)
        info = _make_info(WHOLE_FRAMES, frames, f"../{_SHARD_PATH}")
        names += _write(folder, f"{FRAMES_FOLDER}/", _make_features(WHOLE_FRAMES, (-1, -1)), info)
    return names


def _write(folder: Path, place: str, features: dict[str, Any], info: dict[str, Any]) -> list[str]:
    texts = (_to_json(features), _to_json(info), "".join(f"{name}\n" for name in KOREAN))
    names = [f"{place}{name}" for name in TFDS_FILES]
    for name, text in zip(names, texts, strict=True):
        with write_atomically(folder / name) as file:
            file.write(text.encode())
    return names


def _make_info(kind: RecordKind, shards: dict[str, list[ShardFile]], path: str) -> dict[str, Any]:
    return {
        "name": kind.name,
        "version": f"{DATASET_VERSION}.0.0",
        "description": _DESCRIPTIONS[kind.name],
        "fileFormat": "tfrecord",
        "splits": [
            {
                "name": split,
                "filepathTemplate": path,
                "shardLengths": [str(shard.records) for shard in files],
                "numBytes": str(sum(shard.bytes for shard in files)),
            }
            for split, files in shards.items()
            if files  # tensorflow_datasets rejects a split without shards
        ],
    }


def _make_features(kind: RecordKind, image_size: tuple[int, int]) -> dict[str, Any]:
    """The features of a kind of records; `image_size` is (height, width) in pixels, -1 where it varies."""
    text = {"pythonClassName": f"{_MODULE}.text_feature.Text", "text": {}}
    scalar = {
        "pythonClassName": f"{_MODULE}.scalar.Scalar",
        "tensor": {"dtype": "int64", "encoding": "none", "shape": {}},
    }
    box = {
        "pythonClassName": f"{_MODULE}.bounding_boxes.BBoxFeature",
        "boundingBox": {"shape": {"dimensions": ["4"]}, "dtype": "float32", "bboxFormat": "REL_YXYX"},
    }
    dimensions = [*map(str, image_size), "3"]
    image = {"dtype": "uint8", "encodingFormat": "jpeg", "shape": {"dimensions": dimensions}}
    special = {
        "image": {"pythonClassName": f"{_MODULE}.image_feature.Image", "image": image},
        "label": {
            "pythonClassName": f"{_MODULE}.class_label_feature.ClassLabel",
            "classLabel": {"numClasses": str(len(EMOTIONS))},
        },
    }
    by_type = {str: text, int: scalar, BoxEdges: box}
    features = {}
    for name, python_type in kind.fields.items():
        what, unit, _ = kind.descriptions[name]
        features[name] = (special.get(name) or by_type[python_type]) | {"description": what, "valueRange": unit}
    return {"pythonClassName": f"{_MODULE}.features_dict.FeaturesDict", "featuresDict": {"features": features}}


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=4) + "\n"
