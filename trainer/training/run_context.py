"""TrainingRun: what all stages of one run share."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import keras
import numpy as np

from trainer.checks.throughput import measure_input
from trainer.input.dataset_split import DatasetSplit
from trainer.input.picture_sizes import PictureSizes
from trainer.input.pipeline import FirstBatches, count_epoch_steps, get_picture_sizes, read_first_batches
from trainer.model.batchnorm_statistics import STATISTICS_BATCHES
from trainer.model.picture_models import build_whole_crop_model, build_window_model
from trainer.run_files.checkpoint import Progress
from trainer.settings import InputSettings, TrainSettings
from trainer.training.device import Device
from trainer.training.loss import balance_offset


@dataclass
class TrainingRun:
    """What all stages of one run share.

    Args:
        folder: the run's folder.
        settings: as the user gave them.
        input_settings: the input's part of them, with nothing left open.
        device: see trainer.training.device.
        training: the dataset's training split.
        validation: the validation split.
        network: as build_network makes it; training changes it.
        prior: (6,) share of the training videos with each mood.
        progress: how far the run is; training changes it.
    """

    folder: Path
    settings: TrainSettings
    input_settings: InputSettings
    device: Device
    training: DatasetSplit
    validation: DatasetSplit
    network: keras.Model
    prior: np.ndarray
    progress: Progress = field(default_factory=Progress)

    @property
    def offset(self) -> np.ndarray:
        """(6,) what to subtract from the network's logits to balance them."""
        return balance_offset(self.settings.imbalance, self.prior)

    @property
    def sizes(self) -> PictureSizes:
        return get_picture_sizes(self.training, self.input_settings)

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return count_epoch_steps(self.training, self.input_settings)

    @cached_property
    def opening(self) -> FirstBatches:
        """The first batches of epoch 0, read once for the self-check, the speed and each epoch's statistics."""
        count = STATISTICS_BATCHES if self.settings.network_settings.from_scratch else 1
        keep_reading = self.settings.measure_speed
        return read_first_batches(self.training, self.input_settings, self.settings.seed, count, keep_reading)

    @cached_property
    def input_rate(self) -> float:
        """Images/s of the input alone, which is the same in all stages. Reads on from the opening."""
        rate = measure_input(self.opening.rest, self.input_settings.batch_size)
        self.opening.drop_rest()
        return rate

    @cached_property
    def window_model(self) -> keras.Model:
        """The network on training windows as they are decoded, without augmentation."""
        return build_window_model(self.network, self.sizes, frozen_backbone=False, augment=False)

    @cached_property
    def validation_model(self) -> keras.Model:
        """The network on validation's whole crops. Cached, so that it is traced and compiled once."""
        with self.device.scope():
            model = build_whole_crop_model(self.network, self.sizes)
            model.compile(jit_compile=self.device.jit)
        return model
