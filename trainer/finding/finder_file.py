"""Open a finder by what its file is."""

from pathlib import Path

from shards.errors import CallError, describe_error
from shards.storage.files import read_file
from trainer.finding.centre_finder import open_centre_finder
from trainer.finding.finder_json import FINDER_JSON
from trainer.finding.found_pet import Finder
from trainer.finding.ssd_finder import LITERT_IDENTIFIER, SsdFinder
from trainer.model.keras_archive import has_json_member
from trainer.model.onnx_network import ONNX_SUFFIX

_REMEDY = (
    "give MediaPipe's SSD-MobileNetV2 as a .tflite file (docs/trainer.md says where to get it), or the finder.keras of "
    "a run of trainer.train_finder, or the model.onnx of its export"
)
_ZIP_IDENTIFIER = b"PK\3\4"  # a .keras file is a zip


def open_finder(path: Path, threads: int = 1) -> Finder:
    """Open the finder in a file: LiteRT whatever its name, ours by its suffix, .keras or .onnx.

    Args:
        path: a LiteRT file (see trainer.finding.ssd_finder), a finder.keras (see trainer.finding.centre_file), or the
            model.onnx of its export.
        threads: of the CPU that one picture may use, by LiteRT.

    Raises CallError where it cannot be read or is no finder, DataError where it is damaged.
    """
    try:
        content = read_file(path)
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise CallError(f"--finder {path}: {reason or describe_error(error)}; {_REMEDY}") from error
    if content[4:8] == LITERT_IDENTIFIER:
        return SsdFinder(path, content, threads)
    if content.startswith(_ZIP_IDENTIFIER) and has_json_member(path, FINDER_JSON):
        return open_centre_finder(path)
    if path.suffix.lower() == ONNX_SUFFIX:
        return open_centre_finder(path)
    raise CallError(f"--finder {path}: {_name_kind(content)}, not a finder; {_REMEDY}")


def _name_kind(content: bytes) -> str:
    if not content:
        return "an empty file"
    return "a zip or .keras file" if content.startswith(_ZIP_IDENTIFIER) else "not a LiteRT file"
