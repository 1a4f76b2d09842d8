"""TrainingRun: what all stages of one run share, and what a trainer has to say of itself.

The course of a run (trainer.training.run_course and what it calls) is the same for every network; a subclass says
which batches, model, loss and figures are its own.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np

from shards.errors import CallError
from trainer.checks.throughput import measure_input
from trainer.hosts.host_ring import HostRing
from trainer.input.record_batches import WHOLE, BatchSettings, FirstBatches, HostPart, RecordSplit, count_epoch_steps
from trainer.model.batchnorm_statistics import STATISTICS_BATCHES
from trainer.run_files.checkpoint import Progress
from trainer.settings import RunSettings, Stage
from trainer.training.device import Device


@dataclass
class TrainingRun(ABC):
    """What all stages of one run share.

    Args:
        folder: the run's folder.
        settings: as the user gave them.
        input_settings: the input's part of them, with nothing left open.
        device: see trainer.training.device.
        training: the dataset's training split.
        validation: the validation split.
        network: what is trained.
        progress: how far the run is; training changes it.
        hosts: that train together; None on one host.
    """

    folder: Path
    settings: RunSettings
    input_settings: BatchSettings
    device: Device
    training: RecordSplit
    validation: RecordSplit
    network: keras.Model
    progress: Progress = field(default_factory=Progress, kw_only=True)
    hosts: HostRing | None = field(default=None, kw_only=True)

    MODEL_FILE: ClassVar[str]  # the name of the best epoch's model in the run's folder
    HISTORY_COLUMNS: ClassVar[tuple[str, ...]]  # of history.csv

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return count_epoch_steps(self.training, self.input_settings)

    @property
    def writes(self) -> bool:
        """Whether this host writes the run's files: of several, only the first."""
        return self.hosts is None or self.hosts.is_first

    @property
    def part(self) -> HostPart:
        """This host's part of each batch."""
        return HostPart(self.hosts.place, self.hosts.count) if self.hosts else WHOLE

    @abstractmethod
    def read_opening(self, count: int, keep_rest: bool) -> FirstBatches:
        """The first `count` batches of epoch 0, see trainer.input.record_batches.draw_first_batches."""

    @abstractmethod
    def make_training_batches(self, epoch: int, skip: int) -> Any:
        """The batches of an epoch, from 0, but for the first `skip`."""

    @abstractmethod
    def build_training_model(self, stage: Stage) -> keras.Model:
        """The network behind its input, with the layers that learn in this stage chosen."""

    def build_training_halves(self, stage: Stage) -> tuple[keras.Model, keras.Model]:
        """The same in two models that share its layers, see trainer.hosts.shared_step; they are chosen already."""
        raise CallError(f"{self.MODEL_FILE} is trained on one host; leave --hosts out")

    @abstractmethod
    def make_loss(self) -> Callable[[Any, Any], Any]: ...

    def make_metrics(self) -> list[keras.metrics.Metric]:
        """What is measured in training beside the loss; history.csv has it with train_ before its name."""
        return []

    @abstractmethod
    def make_example_targets(self) -> np.ndarray:
        """Targets of a batch of one, as make_training_batches gives them."""

    @abstractmethod
    def refresh_statistics(self) -> None:
        """Estimate BatchNormalization's statistics anew; called after each epoch of a network from scratch."""

    @abstractmethod
    def validate(self) -> tuple[Any, dict[str, float]]:
        """The answers of the network, as it is now, to the validation split, and its figures, val_loss among them."""

    @abstractmethod
    def save(self, answers: Any, row: dict[str, Any]) -> None:
        """Write the network as it is to the model file. `row` holds the epoch's figures."""

    @abstractmethod
    def evaluate(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Evaluate the model file itself.

        Returns what it says of the epoch that its weights are from (`epoch`, settings.best), and what metrics.json says
        of it: nested dicts, of which `evaluation` has a `verdict` in one line.
        """

    @abstractmethod
    def describe_pictures(self) -> dict[str, Any]:
        """What run.json says of how the pictures are shown to the network."""

    @abstractmethod
    def describe_start(self) -> list[str]:
        """Lines to print before the first epoch: data, sizes."""

    @abstractmethod
    def describe_epoch(self, row: dict[str, Any]) -> str:
        """An epoch's figures beside its losses and its speed, for the line that is printed."""

    def list_sample_pictures(self, metrics: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
        """Pictures that show how validation was answered, as names and JPEGs; `metrics` are the finished run's."""
        return iter(())

    def describe_training(self, settings: Sequence[str], figures: Sequence[str], row: dict[str, Any] | None) -> dict:
        """The named settings, and the named figures of the epoch `row` if there is one, for the model's metadata."""
        content = self.settings.content
        chosen = {name: content[name] for name in settings}
        network = self.settings.network_settings
        chosen["weights"] = network.origin.encode(errors="backslashreplace").decode()  # a path may be no valid text
        if network.backbone_file:
            chosen["backbone_sha256"] = self.progress.backbone
        return chosen | ({name: row[name] for name in figures} if row else {})

    @property
    def backbone_name(self) -> str:
        """The backbone as a model file names it: a file by its name alone."""
        file = self.settings.network_settings.backbone_file
        return file.name.encode(errors="backslashreplace").decode() if file else self.settings.backbone

    @cached_property
    def opening(self) -> FirstBatches:
        """The first batches of epoch 0, read once for the self-check, the speed and each epoch's statistics."""
        count = STATISTICS_BATCHES if self.settings.network_settings.from_scratch else 1
        return self.read_opening(count, self.settings.measure_speed)

    @cached_property
    def input_rate(self) -> float:
        """Images/s of the input alone, which is the same in all stages. Reads on from the opening."""
        rate = measure_input(self.opening.rest, self.input_settings.batch_size)
        self.opening.drop_rest()
        return rate
