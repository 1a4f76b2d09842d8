"""Open a finder by what its file is."""

from pathlib import Path

from shards.errors import CallError, describe_error
from shards.storage.files import read_file
from trainer.finding.found_pet import Finder
from trainer.finding.ssd_finder import LITERT_IDENTIFIER, SsdFinder

_REMEDY = "give MediaPipe's SSD-MobileNetV2 as a .tflite file (docs/trainer.md says where to get it)"


def open_finder(path: Path, threads: int = 1) -> Finder:
    """Open the finder in a file, whatever its name.

    Args:
        path: a LiteRT file (see trainer.finding.ssd_finder).
        threads: of the CPU that one picture may use.

    Raises CallError where it cannot be read or is no finder, DataError where it is damaged.
    """
    try:
        content = read_file(path)
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise CallError(f"--finder {path}: {reason or describe_error(error)}; {_REMEDY}") from error
    if content[4:8] == LITERT_IDENTIFIER:
        return SsdFinder(path, content, threads)
    raise CallError(f"--finder {path}: {_name_kind(content)}, not a finder; {_REMEDY}")


def _name_kind(content: bytes) -> str:
    if not content:
        return "an empty file"
    return "a zip or .keras file" if content.startswith(b"PK\3\4") else "not a LiteRT file"
