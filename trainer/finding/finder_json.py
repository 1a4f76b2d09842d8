"""finder.json: what a user of a finder has to know, readable without TensorFlow.

It is a member of the zip that a finder.keras is, and a property of an exported ONNX file.
"""

from pathlib import Path
from typing import Any

import msgspec

from shards.errors import CallError, DataError
from trainer.finding.found_pet import SPECIES
from trainer.model.keras_archive import OLDEST_KERAS, decode_json_member, read_json_member
from trainer.model.onnx_network import ONNX_SUFFIX, read_own_property
from trainer.run_files.file_names import FINDER_FILE

FINDER_JSON = "finder.json"
_REMEDY = "give the finder.keras of a run of trainer.train_finder, or the model.onnx of its export"


class FinderMetadata(msgspec.Struct):
    """What a user of a finder has to know beside its weights."""

    image_size: int  # side in pixels of the squares that it takes
    min_score: float  # boxes with a lower score are none: there the F1 of what is found is highest on validation
    dataset: str  # fingerprint of the training dataset
    backbone: str
    trained: dict[str, Any] = {}  # some settings of the run, and figures of the epoch
    species: list[str] = msgspec.field(default_factory=lambda: list(SPECIES))  # by the numbers in its output `species`
    letterbox: str = "as large as it fits, in the middle, on black"  # how a picture lies in the square
    boxes: str = "ymin, xmin, ymax, xmax as fractions of the square, the highest score first"
    keras: str = OLDEST_KERAS  # the oldest version that loads the file
    format: str = "pet_mood finder"
    version: int = 1


def encode_finder_metadata(metadata: FinderMetadata) -> bytes:
    """The metadata as indented UTF-8 JSON."""
    return msgspec.json.format(msgspec.json.encode(metadata), indent=1) + b"\n"


def find_finder(path: Path) -> Path:
    """The finder's file that a call names: the path itself, or finder.keras in the run's folder that it is.

    Raises CallError for a folder without one.
    """
    if not path.is_dir():
        return path
    if not (path / FINDER_FILE).is_file():
        raise CallError(
            f"--finder {path}: holds no {FINDER_FILE}; give the folder of a finder's run (runs/finder), or train one "
            "first"
        )
    return path / FINDER_FILE


def read_finder_metadata(path: Path) -> FinderMetadata:
    """The metadata of a finder's file; the checksums of all members of a .keras file are verified too.

    Raises CallError where it is no finder of this project, DataError where it is damaged, of another format version, or
    numbers the species differently.
    """
    read = read_own_property if path.suffix == ONNX_SUFFIX else read_json_member
    metadata = decode_json_member(path, FINDER_JSON, read(path, FINDER_JSON, _REMEDY), FinderMetadata)
    if tuple(metadata.species) != SPECIES:
        raise DataError(f"{path}: numbers the species as {metadata.species}, this program as {list(SPECIES)}")
    return metadata
