"""Checkpoints: all variables of the model and the run's progress in one file, so that a run can be continued exactly.

    checkpoints/NNNNNNNNNN.npz    named by the number of steps that the whole run has done

Each file appears by atomic rename and carries a digest of its bytes. The last two are kept, so that one can be read
even if the other is damaged.
"""

import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from console.output.messages import print_message
from shards.errors import describe_error
from shards.storage.atomic_write import sync_directory, write_atomically
from shards.storage.files import read_file
from shards.storage.self_checksum import ChecksumMismatch, append_checksum, strip_checksum
from trainer.run_files.file_names import CHECKPOINT_FOLDER, CHECKPOINT_NAME

_KEPT = 2


@dataclass
class Progress:
    """How far a run is, and all that later epochs need to know of earlier ones."""

    stage: int = 0
    epoch: int = 0  # within the stage
    step: int = 0  # within the epoch
    total_steps: int = 0  # in the whole run
    best: float | None = None  # highest value so far of the figure that chooses model.keras
    best_epoch: int = 0  # its epoch, counted over the whole run from 1
    stage_best: float | None = None  # in the stage, of the figure that stops it; val_loss with its sign turned
    waited: int = 0  # epochs since stage_best
    backbone: str = ""  # see run_fingerprint.identify_file; the variables are of that one alone
    history: list[dict[str, Any]] = field(default_factory=list)  # one row for each finished epoch

    def start_epoch(self) -> None:
        self.epoch, self.step = self.epoch + 1, 0

    def start_stage(self) -> None:
        self.stage, self.epoch, self.step = self.stage + 1, 0, 0
        self.stage_best, self.waited = None, 0


def list_variables(model: keras.Model) -> list[keras.Variable]:
    """Weights, random states, the optimizer's and the metrics' variables, each once, in a fixed order."""
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return list({id(variable): variable for variable in variables}.values())


def write_checkpoint(run: Path, model: keras.Model, progress: Progress) -> None:
    """Write the variables of a compiled, built model and the progress into the run's folder.

    Afterwards only this checkpoint and the one before it are kept. Checkpoints of later steps exist where a run had to
    start from an older one; they are removed, since otherwise the next start would read them first.
    """
    folder = run / CHECKPOINT_FOLDER
    folder.mkdir(exist_ok=True)
    written = folder / f"{progress.total_steps:010}.npz"
    with write_atomically(written) as file:
        file.write(_encode(model, progress))
    sync_directory(folder)
    found = list_checkpoints(run)
    place = found.index(written)
    for path in found[:place] + found[place + _KEPT :]:
        path.unlink(missing_ok=True)


def list_checkpoints(run: Path) -> list[Path]:
    """The checkpoints in a run's folder, the newest first."""
    folder = run / CHECKPOINT_FOLDER
    paths = folder.iterdir() if folder.is_dir() else ()
    return sorted((path for path in paths if CHECKPOINT_NAME.fullmatch(path.name)), reverse=True)


def read_progress(run: Path) -> tuple[Progress, dict[str, np.ndarray]] | None:
    """Progress and variables of the newest undamaged checkpoint; None where there is none.

    Damaged checkpoints are named on stderr. Raises OSError where a file cannot be read: its content may still be good.
    """
    found = list_checkpoints(run)
    for path in found:
        try:
            return decode_checkpoint(read_file(path))
        except ChecksumMismatch as damage:
            what = "the beginning" if path == found[-1] else "the checkpoint before it"
            print_message(f"note    {path} {damage}; the run goes on from {what}")
    return None


def decode_checkpoint(data: bytes) -> tuple[Progress, dict[str, np.ndarray]]:
    """Progress and variables from a checkpoint's bytes.

    Raises ChecksumMismatch, before anything is decoded, where the bytes are not those that were written, and where
    someone else has written them. No pickled object is read.
    """
    whole = io.BytesIO(strip_checksum(data))
    try:
        with np.load(whole, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return Progress(**json.loads(arrays.pop("progress").tobytes())), arrays
    except Exception as error:  # NumPy's reader raises whatever its parsers and zipfile do
        raise ChecksumMismatch(f"is no checkpoint of this program ({describe_error(error)})") from error


def restore_variables(model: keras.Model, arrays: dict[str, np.ndarray]) -> None:
    """Assign a checkpoint's arrays to a model that is built and compiled as the one that was written."""
    variables = list_variables(model)
    if len(variables) != len(arrays):
        raise ValueError(f"the checkpoint holds {len(arrays)} variables, the model has {len(variables)}")
    for variable, (_, array) in zip(variables, sorted(arrays.items()), strict=True):
        variable.assign(array)


def _encode(model: keras.Model, progress: Progress) -> bytes:
    variables = list_variables(model)
    arrays = {f"{place:05}": np.asarray(keras.ops.convert_to_numpy(each)) for place, each in enumerate(variables)}
    text = json.dumps(asdict(progress), ensure_ascii=False).encode()
    buffer = io.BytesIO()
    np.savez(buffer, progress=np.frombuffer(text, np.uint8), **arrays)
    return append_checksum(buffer.getvalue())
