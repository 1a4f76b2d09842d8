"""A small untrained mood model and its exported form: python -m benchmarks.ways.shell.small_model DIR

Writes DIR/model.keras and DIR/exported/model.onnx.
"""

import sys
from pathlib import Path

import numpy as np

from shards.emotions import EMOTIONS
from trainer.export import main as export
from trainer.model.model_file import write_model
from trainer.model.mood_json import Metadata
from trainer.model.network import build_network
from trainer.settings import NetworkSettings

_SIDE = 64


def write_small_model(folder: Path) -> None:
    """Write both files into a folder that is there."""
    moods = len(EMOTIONS)
    metadata = Metadata(1.0, _SIDE, 1.1, [1 / moods] * moods, "0" * 64, "small")
    write_model(
        folder / "model.keras", build_network(NetworkSettings("small", "none"), _SIDE), np.zeros(moods), metadata
    )
    call = ["--weight_path", str(folder / "model.keras"), "--out", str(folder / "exported"), "--format", "onnx"]
    if status := export(call):
        sys.exit(status)


if __name__ == "__main__":
    write_small_model(Path(sys.argv[1]))
