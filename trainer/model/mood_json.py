"""mood.json: the model's metadata, readable without TensorFlow or Keras.

It is a member of the zip that a .keras file is, and a property of an exported ONNX file.
"""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from shards.emotions import EMOTIONS
from shards.errors import CallError, DataError
from trainer.model.keras_archive import OLDEST_KERAS, decode_json_member, read_json_member
from trainer.model.onnx_network import ONNX_SUFFIX, read_own_property
from trainer.network_settings import LEGACY_SUFFIXES
from trainer.run_files.file_names import MODEL_FILE

MOOD_JSON = "mood.json"
MODEL_VERSION = 1
_FORMAT = "pet_mood model"
_REMEDY = "give the model.keras of a run (runs/NAME/model.keras), or the model.onnx of an export"


class NamedMood(msgspec.Struct):
    """One of the model's outputs."""

    label: int  # its place among the outputs
    korean: str
    english: str


def _list_moods() -> list[NamedMood]:
    return [NamedMood(label, *emotion) for label, emotion in enumerate(EMOTIONS)]


class Metadata(msgspec.Struct):
    """What a user of a model has to know beside its weights."""

    temperature: float  # probabilities = softmax(logits / temperature)
    image_size: int  # side in pixels of the squares to give it; others are resized twice
    crop_grow: float  # side of the squares it was trained on, in longer sides of the box; see shards.crop_geometry
    prior: list[float]  # share of the training videos with each mood; a mood of share 0 is never answered
    dataset: str  # fingerprint of the training dataset
    backbone: str
    trained: dict[str, Any] = {}  # some settings of the run, and figures of the epoch
    network_size: int | None = None  # side to which the file resizes squares of any size; image_size where None
    emotions: list[NamedMood] = msgspec.field(default_factory=_list_moods)
    resize: str = "bilinear, half-pixel centres, not antialiased"  # how the file resizes squares
    keras: str = OLDEST_KERAS  # the oldest version that loads the file
    format: str = _FORMAT
    version: int = MODEL_VERSION


def encode_metadata(metadata: Metadata) -> bytes:
    """The metadata as indented UTF-8 JSON. Raises ValueError where the prior or the temperature is unusable."""
    prior = np.asarray(metadata.prior)
    if prior.shape != (len(EMOTIONS),) or not (prior >= 0).all() or not np.isclose(prior.sum(), 1):
        raise ValueError(f"the prior {metadata.prior} is not {len(EMOTIONS)} shares from 0 that add up to 1")
    if not 0 < metadata.temperature < np.inf:
        raise ValueError(f"the temperature {metadata.temperature} is not a number above 0")
    return msgspec.json.format(msgspec.json.encode(metadata), indent=1) + b"\n"


def find_model(path: Path) -> Path:
    """The model file that a call names: the path itself, or model.keras in the run's folder that it is.

    Raises CallError for a folder without one.
    """
    if not path.is_dir():
        return path
    if not (path / MODEL_FILE).is_file():
        raise CallError(f"{path}: holds no {MODEL_FILE}; give the folder of a run (runs/NAME), or train first")
    return path / MODEL_FILE


def read_metadata(path: Path) -> Metadata:
    """The metadata of a model file; the checksums of all members of a .keras file are verified too.

    Raises CallError where it is no model file of this project, DataError where it is damaged, of another format
    version, or numbers the moods differently.
    """
    metadata = decode_json_member(path, MOOD_JSON, _read_text(path), Metadata)
    for own, other in zip(_list_moods(), metadata.emotions, strict=False):
        if own != other:
            raise DataError(f"{path}: numbers the moods as {other}, this program as {own}; use the one that wrote it")
    if len(metadata.emotions) != len(EMOTIONS):
        raise DataError(f"{path}: knows {len(metadata.emotions)} moods, this program {len(EMOTIONS)}")
    return metadata


def _read_text(path: Path) -> bytes:
    if path.suffix.lower() in LEGACY_SUFFIXES and path.is_file():
        raise CallError(
            f"{path}: a file of Keras 2 does not say how its pictures were cut and scaled, nor which number is which "
            "mood, so its answers could not be relied on; train from it, with --weights of trainer.train, and give the "
            "model.keras of that run"
        )
    if path.suffix == ".keras":
        return read_json_member(path, MOOD_JSON, _REMEDY)
    if path.suffix == ONNX_SUFFIX:
        return read_own_property(path, MOOD_JSON, _REMEDY)
    raise CallError(f"{path}: is no .keras file and no .onnx file; {_REMEDY}")
