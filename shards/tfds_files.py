"""The three small files with which tensorflow_datasets.builder_from_directory opens a dataset folder."""

import json
from pathlib import Path
from typing import Any

from shards.dataset import DATASET_NAME, DATASET_VERSION, ShardFile
from shards.emotions import EMOTIONS, KOREAN
from shards.record_fields import FIELDS
from shards.storage.atomic_write import write_atomically


def write_tfds_files(folder: Path, image_size: int, shards: dict[str, list[ShardFile]]) -> list[str]:
    """Write features.json, dataset_info.json and label.labels.txt to a folder and return their names.

    Args:
        folder: the dataset's folder.
        image_size: side of the stored squares, in pixels.
        shards: the shards of each split.
    """
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
            if files  # tensorflow_datasets rejects a split without shards
        ],
    }
    texts = {
        "features.json": _to_json(_make_features(image_size)),
        "dataset_info.json": _to_json(info),
        "label.labels.txt": "".join(f"{name}\n" for name in KOREAN),
    }
    for name, text in texts.items():
        with write_atomically(folder / name) as file:
            file.write(text.encode())
    return list(texts)


def _make_features(image_size: int) -> dict[str, Any]:
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
