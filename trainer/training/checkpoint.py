"""Checkpoints: all variables and the run's place in one file, so that a run goes on exactly where it was.

`checkpoints/NNNNNNNNNN.npz`, by the number of steps done in the whole run. Each appears by atomic rename, carries the
digest of its bytes, and the last two are kept: whatever happens, at least one loads, with the values that were written.
"""

import io
import json
import re
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shards.storage.atomic_write import sync_directory, write_atomically
from shards.storage.files import read_file
from shards.storage.self_checksum import ChecksumMismatch, append_checksum, strip_checksum

CHECKPOINT_FOLDER = "checkpoints"
CHECKPOINT_NAME = re.compile(r"[0-9]{10}\.npz")
_KEPT = 2


@dataclass
class Progress:
    """Where a run is, and what it remembers: everything that a loop would otherwise hold in local variables."""

    stage: int = 0
    epoch: int = 0  # within the stage
    step: int = 0  # within the epoch
    total_steps: int = 0  # in the whole run
    best: float | None = None  # of the figure that chooses model.keras
    best_epoch: int = 0  # counted over the whole run, from 1
    lowest_loss: float | None = None  # of the stage's val_loss
    waited: int = 0  # epochs since then
    history: list[dict[str, Any]] = field(default_factory=list)  # a row an epoch

    def start_epoch(self) -> None:
        self.epoch, self.step = self.epoch + 1, 0

    def start_stage(self) -> None:
        self.stage, self.epoch, self.step = self.stage + 1, 0, 0
        self.lowest_loss, self.waited = None, 0


def list_variables(model: keras.Model) -> list[keras.Variable]:
    """Weights, random states, the optimizer's and the metrics' variables, each once, in a fixed order."""
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return list({id(variable): variable for variable in variables}.values())


def write_checkpoint(run: Path, model: keras.Model, progress: Progress) -> None:
    """Write all variables of a compiled, built model and the progress; older checkpoints than the last two go.

    So do those of later steps: the run would have gone on from them, were they whole.
    """
    folder = run / CHECKPOINT_FOLDER
    folder.mkdir(exist_ok=True)
    written = folder / f"{progress.total_steps:010}.npz"
    with write_atomically(written) as file:
        file.write(_encode(model, progress))
    sync_directory(folder)
    found = list_checkpoints(run)
    later = found.index(written)
    for path in found[:later] + found[later + _KEPT :]:
        path.unlink(missing_ok=True)


def list_checkpoints(run: Path) -> list[Path]:
    """The newest first."""
    return sorted(
        (path for path in _list(run / CHECKPOINT_FOLDER) if CHECKPOINT_NAME.fullmatch(path.name)), reverse=True
    )


def read_progress(run: Path) -> tuple[Progress, dict[str, np.ndarray]] | None:
    """The newest checkpoint that is whole; None where there is none. Those that are not are named on stderr.

    Raises OSError where one cannot be read, which says nothing about what is in it.
    """
    found = list_checkpoints(run)
    for path in found:
        try:
            return decode_checkpoint(read_file(path))
        except ChecksumMismatch as damage:
            what = "the beginning" if path == found[-1] else "the checkpoint before it"
            print(f"note    {path} {damage}; the run goes on from {what}", file=sys.stderr, flush=True)
    return None


def decode_checkpoint(data: bytes) -> tuple[Progress, dict[str, np.ndarray]]:
    """What a checkpoint's bytes hold. Raises ChecksumMismatch before anything of other bytes is looked at."""
    with np.load(io.BytesIO(strip_checksum(data))) as file:
        arrays = {name: file[name] for name in file.files}
    return Progress(**json.loads(arrays.pop("progress").tobytes())), arrays


def restore_variables(model: keras.Model, arrays: dict[str, np.ndarray]) -> None:
    """Put a checkpoint's arrays into a model that is built as it was when they were written."""
    variables = list_variables(model)
    if len(variables) != len(arrays):
        raise ValueError(f"the checkpoint holds {len(arrays)} variables, the model has {len(variables)}")
    for variable, (_, array) in zip(variables, sorted(arrays.items()), strict=True):
        variable.assign(array)


def _encode(model: keras.Model, progress: Progress) -> bytes:
    arrays = {f"{place:05}": _read(variable) for place, variable in enumerate(list_variables(model))}
    text = json.dumps(asdict(progress), ensure_ascii=False).encode()
    buffer = io.BytesIO()
    np.savez(buffer, progress=np.frombuffer(text, np.uint8), **arrays)
    return append_checksum(buffer.getvalue())


def _list(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _read(variable: keras.Variable) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(variable))
