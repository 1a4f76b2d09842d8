"""What a model file says of itself, readable without starting TensorFlow: the zip member mood.json of a .keras file."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from shards.emotions import EMOTIONS
from shards.errors import CallError, DataError, describe_error

MEMBER = "mood.json"
# Found by loading files of four backbones with the released versions, one after the other: 3.15.0 gives the same
# logits, 3.14.0 and all before stop at what 3.15 writes of an initializer (GlorotUniform's `input_axes`).
LEAST_KERAS = "3.15.0"
MODEL_VERSION = 1
_FORMAT = "pet_mood model"
_REMEDY = "give the model.keras of a run (runs/NAME/model.keras)"


class NamedMood(msgspec.Struct):
    label: int  # its place in the outputs
    korean: str
    english: str


def _list_moods() -> list[NamedMood]:
    return [NamedMood(label, *emotion) for label, emotion in enumerate(EMOTIONS)]


class Metadata(msgspec.Struct):
    """What a model's user has to know beside its weights."""

    temperature: float  # probabilities = softmax(logits / temperature)
    image_size: int  # side in pixels of the squares to give it, exported or not; others are resized twice
    crop_grow: float  # the squares it learned from: so many times the box's longer side, see shards.crop_geometry
    prior: list[float]  # share of the training videos with each mood; one of 0 is never answered
    dataset: str  # fingerprint
    backbone: str
    trained: dict[str, Any] = {}  # settings worth knowing
    network_size: int | None = None  # to which the file brings squares of any size; image_size where not stated
    emotions: list[NamedMood] = msgspec.field(default_factory=_list_moods)
    resize: str = "bilinear, half-pixel centres, not antialiased"  # how it does that
    keras: str = LEAST_KERAS  # the least version that loads the file
    format: str = _FORMAT
    version: int = MODEL_VERSION


class _Version(msgspec.Struct):
    format: str = ""
    version: int = 0


def encode_metadata(metadata: Metadata) -> bytes:
    """UTF-8 JSON, one field a line. Raises ValueError where a number is none that probabilities can be made of."""
    prior = np.asarray(metadata.prior)
    if prior.shape != (len(EMOTIONS),) or not (prior >= 0).all() or not np.isclose(prior.sum(), 1):
        raise ValueError(f"the prior {metadata.prior} is not {len(EMOTIONS)} shares from 0 that add up to 1")
    if not 0 < metadata.temperature < np.inf:
        raise ValueError(f"the temperature {metadata.temperature} is not a number above 0")
    return msgspec.json.format(msgspec.json.encode(metadata), indent=1) + b"\n"


def read_metadata(path: Path) -> Metadata:
    """The metadata of a model file, every byte of the file checked on the way.

    Raises CallError where it is no model file of this project, DataError where it is damaged, of another format
    version, or numbers the moods otherwise.
    """
    if path.suffix != ".keras":
        raise CallError(f"{path}: is no .keras file; {_REMEDY}")
    if not path.is_file():
        raise CallError(f"{path}: {'is not a file' if path.exists() else 'there is no such file'}; {_REMEDY}")
    return _decode_metadata(path, _read_member(path))


def _read_member(path: Path) -> bytes:
    remedy = "copy it anew from where it was trained, or train again"
    try:
        with zipfile.ZipFile(path) as archive:
            if MEMBER not in archive.namelist():
                raise CallError(f"{path}: holds no {MEMBER}, so this project did not write it; {_REMEDY}")
            if damaged := archive.testzip():
                raise DataError(f"{path}: damaged: {damaged} does not fit its checksum; {remedy}")
            return archive.read(MEMBER)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: damaged: {describe_error(error)}; {remedy}") from error


def _decode_metadata(path: Path, data: bytes) -> Metadata:
    try:
        stated = msgspec.json.decode(data, type=_Version)
        if (stated.format, stated.version) != (_FORMAT, MODEL_VERSION):
            raise DataError(
                f"{path}: is {stated.format!r} version {stated.version}, this program reads {_FORMAT!r} version "
                f"{MODEL_VERSION}; train again, or use the program that wrote it"
            )
        metadata = msgspec.json.decode(data, type=Metadata)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {MEMBER} is damaged: {error}; train again") from error
    for own, other in zip(_list_moods(), metadata.emotions, strict=False):
        if own != other:
            raise DataError(f"{path}: numbers the moods as {other}, this program as {own}; use the one that wrote it")
    if len(metadata.emotions) != len(EMOTIONS):
        raise DataError(f"{path}: knows {len(metadata.emotions)} moods, this program {len(EMOTIONS)}")
    return metadata
