"""MoodRun: what a training run of the mood network has of its own."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from shards.emotions import EMOTIONS, ENGLISH
from trainer.evaluation.answer_examples import choose_examples
from trainer.evaluation.example_pictures import read_thumbnails
from trainer.evaluation.metrics import Predictions, compute_epoch_metrics, fit_temperature
from trainer.evaluation.metrics_json import evaluate
from trainer.evaluation.video_answers import count_video_answers, write_video_answers
from trainer.hosts.shared_step import share_statistics
from trainer.input.batch_decoding import DCT_METHOD
from trainer.input.picture_sizes import PictureSizes
from trainer.input.pipeline import (
    get_picture_sizes,
    make_training_batches,
    make_validation_batches,
    read_first_batches,
)
from trainer.input.record_batches import estimate_shuffle_bytes
from trainer.model.batchnorm_statistics import estimate_statistics
from trainer.model.model_file import read_model, write_model
from trainer.model.mood_json import Metadata
from trainer.model.picture_models import build_whole_crop_model, build_window_halves, build_window_model
from trainer.model.trainable_layers import choose_trainable
from trainer.mood_training.loss import balance_offset, make_loss
from trainer.mood_training.run_warnings import list_data_warnings, list_temperature_warnings
from trainer.run_files.file_names import MODEL_FILE
from trainer.settings import Stage
from trainer.training.run_context import TrainingRun


@dataclass
class MoodRun(TrainingRun):
    """What all stages of one run share; the network is as build_network makes it.

    Args:
        prior: (6,) share of the training videos with each mood.
    """

    prior: np.ndarray

    MODEL_FILE = MODEL_FILE
    HISTORY_COLUMNS = (
        *("stage", "epoch", "first_step", "steps", "loss", "train_accuracy", "learning_rate"),
        *("val_loss", "val_accuracy", "macro_f1", "balanced_accuracy"),
        *("images_per_second", "waiting_share", "seconds"),
    )

    @property
    def offset(self) -> np.ndarray:
        """(6,) what to subtract from the network's logits to balance them."""
        return balance_offset(self.settings.imbalance, self.prior)

    @property
    def sizes(self) -> PictureSizes:
        return get_picture_sizes(self.training, self.input_settings)

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

    def read_opening(self, count, keep_rest):
        return read_first_batches(self.training, self.input_settings, self.settings.seed, count, keep_rest)

    def make_training_batches(self, epoch, skip):
        seed = self.settings.seed
        return make_training_batches(self.training, self.input_settings, seed, epoch, skip, part=self.part)

    def build_training_model(self, stage: Stage) -> keras.Model:
        choose_trainable(self.network, stage.train_base, self.settings.network_settings.from_scratch)
        frozen = stage.train_base == "frozen"
        return build_window_model(self.network, self.sizes, frozen, self.input_settings.augment)

    def build_training_halves(self, stage: Stage) -> tuple[keras.Model, keras.Model]:
        frozen = stage.train_base == "frozen"
        return build_window_halves(self.network, self.sizes, frozen, self.input_settings.augment)

    def make_loss(self):
        return make_loss(self.settings.imbalance, self.prior, self.settings.label_smoothing)

    def make_metrics(self):
        return [keras.metrics.SparseCategoricalAccuracy("accuracy")]

    def make_example_targets(self):
        return np.zeros(1, np.int64)

    def refresh_statistics(self):
        own = self.part.choose_range(self.input_settings.batch_size)
        estimate_statistics(self.window_model, self.opening.batches, slice(own.start, own.stop))
        if self.hosts:
            share_statistics(self.network, self.hosts)

    def validate(self):
        logits = self._predict(self.validation_model)
        predictions = self._describe_answers(logits - self.offset)
        return predictions, compute_epoch_metrics(predictions, self.prior)

    def save(self, answers: Predictions, row):
        metadata = self.describe_model(fit_temperature(answers, self.prior), row)
        write_model(self.folder / MODEL_FILE, self.network, self.offset, metadata)

    def evaluate(self):
        model, metadata = read_model(self.folder / MODEL_FILE, self.device.jit)
        predictions = self._describe_answers(np.asarray(self._predict(model)["logits"]))
        evaluation = evaluate(predictions, self.prior, metadata.temperature, self.settings.seed)
        answers = count_video_answers(predictions, self.validation.video_names, self.prior, metadata.temperature)
        write_video_answers(self.folder, answers)
        examples = choose_examples(predictions, self.prior, metadata.temperature)
        warnings = [*self._list_data_warnings(), *list_temperature_warnings(metadata.temperature)]
        return metadata.trained, {"evaluation": evaluation, "warnings": warnings, "examples": examples}

    def list_sample_pictures(self, metrics):
        chosen = [
            (f"{group}/{mood} as {ENGLISH[example['answer']]}, {example['probability']:.0%}", example["place"])
            for mood, cells in metrics["examples"]["moods"].items()
            for group, found in (("right", [cells["right"]]), ("wrong", cells["wrong"].values()))
            for cell in found
            for example in cell["chosen"]
        ]
        pictures = read_thumbnails(self.validation, sorted({place for _, place in chosen}))
        for name, place in chosen:
            yield f"{name}: {pictures[place].key}", pictures[place].jpeg

    def describe_model(self, temperature: float, row: dict[str, Any] | None = None) -> Metadata:
        """The metadata of the network as a model file; `row` holds the figures of the epoch that its weights are of."""
        trained = self.describe_training(
            ("resolution", "imbalance", "weights", "train_base", "seed"), ("epoch", "macro_f1", "val_accuracy"), row
        )
        return Metadata(
            temperature=temperature,
            image_size=self.sizes.whole,
            network_size=self.sizes.network,
            crop_grow=self.training.crop_grow,
            prior=self.prior.tolist(),
            dataset=self.training.fingerprint,
            backbone=self.backbone_name,
            trained=trained,
        )

    def describe_pictures(self):
        return self.sizes._asdict()

    def describe_start(self):
        training, validation, sizes = self.training, self.validation, self.sizes
        augmented = "augmented on the device" if self.input_settings.augment else "random crop and mirroring only"
        return [
            f"data    {training.records:,} frames of {len(training.video_names):,} videos, validation "
            f"{validation.records:,} of {len(validation.video_names):,}; {self.steps:,} steps of "
            f"{self.input_settings.batch_size} an epoch, {augmented}; the shuffle holds at most "
            f"{estimate_shuffle_bytes(training, self.input_settings) / 1e6:,.0f} MB",
            f"sizes   of the {sizes.stored} stored pixels, decoded to {sizes.whole} by {DCT_METHOD}, training sees "
            f"{sizes.window} at {sizes.resolution}, validation all at {sizes.network}",
            *self._describe_moods(),
        ]

    def describe_epoch(self, row):
        return f"macro-F1 {row['macro_f1']:.3f}  accuracy {row['val_accuracy']:.3f}"

    def _predict(self, model: keras.Model) -> Any:
        """The outputs of a model for the validation records, and for those that fill up the last batch.

        Of several hosts, each computes its part of the batches, and all get all of them.
        """
        batches = make_validation_batches(self.validation, self.input_settings, self.part)
        if not self.hosts:
            return model.predict(batches, verbose=0)
        none = np.zeros((0, len(EMOTIONS)), np.float32)  # of a host that has no batch
        return self.hosts.gather_rows(model.predict(batches, verbose=0) if int(batches.cardinality()) else none)

    def _describe_answers(self, logits: np.ndarray) -> Predictions:
        validation = self.validation
        return Predictions(logits[: validation.records], validation.labels, validation.videos, validation.species)

    def _describe_moods(self) -> list[str]:
        videos = ", ".join(f"{e.korean} {share:.1%}" for e, share in zip(EMOTIONS, self.prior, strict=True))
        return [
            f"moods   by training video: {videos}; imbalance: {self.settings.imbalance}",
            *(f"warning {line}" for line in self._list_data_warnings()),
        ]

    def _list_data_warnings(self) -> list[str]:
        return list_data_warnings(self.training, self.validation, self.prior)
