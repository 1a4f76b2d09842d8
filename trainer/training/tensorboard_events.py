"""What TensorBoard shows of a run: figures of each epoch, hyperparameters, and at the end plots and sample pictures.

Pictures are written as the files that they are, so neither TensorFlow nor a decoder is needed.
"""

import time
from pathlib import Path
from typing import Any

from console.calls.extras import explain_missing_packages, list_missing
from shards.errors import CallError
from shards.storage.files import read_file
from trainer.run_files.file_names import PLOT_FILES, TENSORBOARD_FOLDER

_LEFT_OUT = ("train", "valid")  # paths


def check_tensorboard() -> None:
    """Raise CallError where TensorBoard is not installed."""
    if list_missing(("tensorboard",)):
        raise CallError(f"{explain_missing_packages('tensorboard')}; or leave --tensorboard out")


class TensorBoardEvents:
    """Writes one file of events into a run's folder.

    Args:
        folder: the run's folder, under a name that is valid text.
        name: of the run among others, for the table of hyperparameters.
        content: the run's settings as plain JSON values.
    """

    def __init__(self, folder: Path, name: str, content: dict[str, Any]):
        # Imported here: it is an extra.
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._writer = EventFileWriter(str(folder / TENSORBOARD_FOLDER))
        self._add(hparams_pb(_flatten(content), trial_id=name, start_time_secs=time.time()), 0)

    def add_epoch(self, row: dict[str, Any]) -> None:
        """The figures of an epoch as scalars."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [
            Summary.Value(tag=name, simple_value=value) for name, value in row.items() if isinstance(value, float)
        ]
        self._add(Summary(value=values), row["epoch"])

    def add_plots(self, folder: Path, epoch: int) -> None:
        """The plots that a run's folder holds, the confusion matrix among them."""
        for name in PLOT_FILES:
            if (folder / name).exists():
                self.add_picture(f"plots/{Path(name).stem}", read_file(folder / name), epoch)

    def add_picture(self, tag: str, data: bytes, epoch: int) -> None:
        """A PNG or JPEG by its bytes; TensorBoard groups pictures by what stands before the slash in `tag`."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        image = Summary.Image(encoded_image_string=data, colorspace=3)
        self._add(Summary(value=[Summary.Value(tag=tag, image=image)]), epoch)

    def flush(self) -> None:
        self._writer.flush()

    def _add(self, summary: Any, step: int) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))


def _flatten(content: dict[str, Any], prefix: str = "") -> dict[str, bool | float | str]:
    """Settings as hyperparameters: groups by dots, without paths and without those that are not set."""
    found: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            found |= _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, bool | int | float | str) and name not in _LEFT_OUT:
            found[prefix + name] = value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value
    return found
