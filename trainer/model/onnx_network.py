"""A network as ONNX, run by ONNX Runtime: it answers within a second of its start, without TensorFlow.

The file is what trainer.export writes; mood.json or finder.json is among its properties. ONNX itself has no checksum,
and another bit in a weight is another answer: so the last property is a SHA-256 of the file's bytes, with zeros in its
own place.
"""

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from console.calls.extras import explain_missing_packages, list_missing
from shards.errors import CallError, DataError, describe_error
from shards.storage.files import read_file

ONNX_SUFFIX = ".onnx"
DIGEST_PROPERTY = "sha256"
EMPTY_DIGEST = "0" * 64

_OUR_PROPERTIES = (b"mood.json", b"finder.json")
# The property as protobuf writes it: its name and its value, each behind its number and its length. A damaged value may
# have any bytes.
_DIGEST = re.compile(rb"(?<=\x0a\x06sha256\x12\x40).{64}", re.DOTALL)


class OnnxNetwork:
    """The network in an ONNX file. Raises as read_onnx_property does."""

    def __init__(self, path: Path):
        self._session = open_onnx_file(path)

    def predict(self, squares: np.ndarray) -> dict[str, np.ndarray]:
        """All outputs by name for squares, (batch, side, side, 3) uint8."""
        names = [output.name for output in self._session.get_outputs()]
        return dict(zip(names, self._session.run(names, {"pictures": squares}), strict=True))

    def predict_logits(self, squares: np.ndarray) -> np.ndarray:
        """The mood network's logits (batch, 6) float32."""
        return self.predict(squares)["logits"]


def read_onnx_property(path: Path, name: str) -> bytes | None:
    """A property of an ONNX file, None where it has none of that name.

    Raises CallError where the file cannot be read or ONNX Runtime is not installed, DataError where it is damaged.
    """
    text = open_onnx_file(path).get_modelmeta().custom_metadata_map.get(name)
    return None if text is None else text.encode()


def read_own_property(path: Path, name: str, remedy: str) -> bytes:
    """One of the JSON texts that trainer.export writes into a file of squares.

    `remedy` says what file to give instead. Raises CallError where the file lacks the text or takes whole pictures, and
    as read_onnx_property does.
    """
    if not path.is_file():
        raise CallError(f"{path}: {'is not a file' if path.exists() else 'there is no such file'}; {remedy}")
    text = read_onnx_property(path, name)
    if text is None:
        raise CallError(f"{path}: holds no {name}, so it is another kind of file; {remedy}")
    if [value.name for value in open_onnx_file(path).get_inputs()] != ["pictures"]:
        raise CallError(f"{path}: takes whole pictures, for other programs; {remedy}")
    return text


def fill_in_digest(data: bytes) -> bytes:
    """The bytes of an ONNX file whose DIGEST_PROPERTY is EMPTY_DIGEST, with the digest in its place."""
    return _DIGEST.sub(_digest(data).encode(), data)


def _digest(data: bytes) -> str:
    return hashlib.sha256(_DIGEST.sub(EMPTY_DIGEST.encode(), data)).hexdigest()


def _check_digest(path: Path, data: bytes) -> None:
    """Raise DataError where a file of trainer.export is not as it was written; files of others have no digest."""
    stated = _DIGEST.search(data)
    if stated and stated[0] != _digest(data).encode():
        raise DataError(f"{path}: damaged: differs from what was written; copy it anew, or export the model again")
    if not stated and any(name in data for name in _OUR_PROPERTIES):
        raise DataError(f"{path}: states no digest of itself: exported before there was one, or damaged; export again")


def open_onnx_file(path: Path) -> Any:
    """The file's session of ONNX Runtime, on the CPU. Raises as read_onnx_property does."""
    if list_missing(("onnxruntime",)):
        raise CallError(f"{path}: {explain_missing_packages('onnxruntime')}")
    try:
        status = path.stat()
        return _open_session(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise CallError(f"{path}: {error.strerror or describe_error(error)}") from error


@lru_cache(maxsize=2)  # of moods and finder: metadata are read before a network is run; a changed file is opened anew
def _open_session(path: Path, _size: int, _modified: int) -> Any:
    import onnxruntime  # of an extra

    data = read_file(path)
    _check_digest(path, data)
    try:
        return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions have no base of their own
        raise DataError(f"{path}: is no ONNX file, or damaged; export the model again") from error
