"""The mood network as ONNX, run by ONNX Runtime: it answers within a second of its start, without TensorFlow.

The file is what trainer.export writes; mood.json is among its properties.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from console.calls.extras import explain_missing_packages, list_missing
from shards.errors import CallError, DataError, describe_error
from shards.storage.files import read_file

ONNX_SUFFIX = ".onnx"


class OnnxNetwork:
    """The network in an ONNX file. Raises as read_onnx_property does."""

    def __init__(self, path: Path):
        self._session = _open_file(path)

    def predict_logits(self, squares: np.ndarray) -> np.ndarray:
        """Logits (batch, 6) float32 of squares, (batch, side, side, 3) uint8."""
        return self._session.run(["logits"], {"pictures": squares})[0]


def read_onnx_property(path: Path, name: str) -> bytes | None:
    """A property of an ONNX file, None where it has none of that name.

    Raises CallError where the file cannot be read or ONNX Runtime is not installed, DataError where it is damaged.
    """
    text = _open_file(path).get_modelmeta().custom_metadata_map.get(name)
    return None if text is None else text.encode()


def _open_file(path: Path) -> Any:
    if list_missing(("onnxruntime",)):
        raise CallError(f"{path}: {explain_missing_packages('onnxruntime')}")
    try:
        status = path.stat()
        return _open_session(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise CallError(f"{path}: {error.strerror or describe_error(error)}") from error


@lru_cache(maxsize=1)  # the metadata are read before the network is run; a file that was changed is opened anew
def _open_session(path: Path, _size: int, _modified: int) -> Any:
    import onnxruntime  # of an extra

    data = read_file(path)
    try:
        return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions have no base of their own
        raise DataError(f"{path}: is no ONNX file, or damaged; export the model again") from error
