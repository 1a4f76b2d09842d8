"""Checkpoints: all variables and the run's place in one file, so that a run goes on exactly where it was.

`checkpoints/NNNNNNNNNN.npz`, by the number of steps done in the whole run. Each appears by atomic rename and the last
two are kept: whatever happens, at least one loads whole (the zip's CRCs are checked).
"""

import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shards.files import sync_directory, write_atomically

FOLDER = "checkpoints"
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
    """Write all variables of a compiled, built model and the progress; older checkpoints than the last two go."""
    folder = run / FOLDER
    folder.mkdir(exist_ok=True)
    arrays = {f"{place:05}": _read(variable) for place, variable in enumerate(list_variables(model))}
    text = json.dumps(asdict(progress), ensure_ascii=False).encode()
    with write_atomically(folder / f"{progress.total_steps:010}.npz") as file:
        np.savez(file, progress=np.frombuffer(text, np.uint8), **arrays)
    sync_directory(folder)
    for path in list_checkpoints(run)[_KEPT:]:
        path.unlink(missing_ok=True)


def list_checkpoints(run: Path) -> list[Path]:
    """The newest first."""
    return sorted((run / FOLDER).glob("[0-9]*.npz"), reverse=True)


def read_progress(run: Path) -> tuple[Progress, dict[str, np.ndarray]] | None:
    """The newest checkpoint that is whole; None where there is none."""
    for path in list_checkpoints(run):
        try:
            with np.load(path) as file:
                arrays = {name: file[name] for name in file.files}
            return Progress(**json.loads(arrays.pop("progress").tobytes())), arrays
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            continue  # damaged after it was written: the one before it is as good, only older
    return None


def restore_variables(model: keras.Model, arrays: dict[str, np.ndarray]) -> None:
    """Put a checkpoint's arrays into a model that is built as it was when they were written."""
    variables = list_variables(model)
    if len(variables) != len(arrays):
        raise ValueError(f"the checkpoint holds {len(arrays)} variables, the model has {len(variables)}")
    for variable, (_, array) in zip(variables, sorted(arrays.items()), strict=True):
        variable.assign(array)


def _read(variable: keras.Variable) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(variable))
