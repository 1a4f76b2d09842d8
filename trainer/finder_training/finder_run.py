"""FinderRun: what a training run of the finder has of its own."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from trainer.finder_evaluation.box_examples import choose_box_examples
from trainer.finder_evaluation.finder_metrics import (
    FinderAnswers,
    compute_finder_epoch,
    evaluate_finder,
    fit_least_score,
)
from trainer.finder_training.centre_loss import make_centre_loss
from trainer.finder_training.frame_models import build_frame_training_model, build_frame_validation_model
from trainer.finding.centre_file import read_finder, write_finder
from trainer.finding.centre_finder import leave_letterbox
from trainer.finding.finder_json import FinderMetadata
from trainer.finding.found_pet import SPECIES
from trainer.input.batch_decoding import DCT_METHOD
from trainer.input.frame_batches import (
    TARGET_VALUES,
    make_frame_batches,
    make_frame_validation_batches,
    read_first_frame_batches,
)
from trainer.input.frame_canvas import FrameCanvas
from trainer.input.record_batches import estimate_shuffle_bytes
from trainer.model.batchnorm_statistics import estimate_statistics
from trainer.model.trainable_layers import choose_trainable
from trainer.run_files.file_names import FINDER_FILE
from trainer.settings import Stage
from trainer.training.run_context import TrainingRun


@dataclass
class FinderRun(TrainingRun):
    """What all stages of one run share; the network is as build_centre_network makes it."""

    MODEL_FILE = FINDER_FILE
    HISTORY_COLUMNS = (
        *("stage", "epoch", "first_step", "steps", "loss", "learning_rate", "val_loss", "ap50", "ap", "mean_iou"),
        *("images_per_second", "waiting_share", "seconds"),
    )

    @property
    def mean_box(self) -> np.ndarray:
        """(4,) the mean of the training boxes, as fractions of the picture."""
        return self.training.boxes.astype(np.float64).mean(axis=0)

    @cached_property
    def plain_model(self) -> keras.Model:
        """The network on training batches, with their colours as they are."""
        return build_frame_training_model(self.network, self.input_settings.resolution, augment=False)

    @cached_property
    def validation_model(self) -> keras.Model:
        """The network on validation frames. Cached, so that it is traced and compiled once."""
        with self.device.scope():
            model = build_frame_validation_model(self.network, self.input_settings.resolution)
            model.compile(jit_compile=self.device.jit)
        return model

    def read_opening(self, count, keep_rest):
        return read_first_frame_batches(self.training, self.input_settings, self.settings.seed, count, keep_rest)

    def make_training_batches(self, epoch, skip):
        return make_frame_batches(self.training, self.input_settings, self.settings.seed, epoch, skip)

    def build_training_model(self, stage: Stage) -> keras.Model:
        choose_trainable(self.network, stage.train_base, self.settings.network_settings.from_scratch)
        return build_frame_training_model(self.network, self.input_settings.resolution, self.input_settings.augment)

    def make_loss(self):
        return make_centre_loss(self.input_settings.resolution)

    def make_example_targets(self):
        return np.zeros((1, TARGET_VALUES), np.float32)

    def refresh_statistics(self):
        estimate_statistics(self.plain_model, (([*inputs],) for inputs, _ in self.opening.batches))

    def validate(self):
        batches = make_frame_validation_batches(self.validation, self.input_settings)
        outputs = self.validation_model.predict(batches, verbose=0)
        answers = self._describe_answers(outputs)
        losses = np.asarray(outputs["loss"], np.float64)[: self.validation.records]
        return answers, {"val_loss": float(losses.mean())} | compute_finder_epoch(answers)

    def save(self, answers: FinderAnswers, row):
        write_finder(self.folder / FINDER_FILE, self.network, self.describe_finder(fit_least_score(answers), row))

    def evaluate(self):
        model, metadata = read_finder(self.folder / FINDER_FILE, self.device.jit)
        batches = make_frame_validation_batches(self.validation, self.input_settings)
        outputs = [model.predict_on_batch(self._draw_squares(*inputs)) for (inputs,) in batches.as_numpy_iterator()]
        answers = self._describe_answers(
            {name: np.concatenate([each[name] for each in outputs]) for name in outputs[0]}
        )
        evaluation = evaluate_finder(answers, self.mean_box, self.settings.seed)
        examples = choose_box_examples(answers)
        return metadata.trained, {"evaluation": evaluation, "min_score": metadata.min_score, "examples": examples}

    def describe_finder(self, min_score: float, row: dict[str, Any] | None = None) -> FinderMetadata:
        """The metadata of the network as a file; `row` holds the figures of the epoch that its weights are from."""
        trained = self.describe_training(("resolution", "weights", "seed"), ("epoch", "ap", "ap50", "mean_iou"), row)
        return FinderMetadata(
            image_size=self.input_settings.resolution,
            min_score=min_score,
            dataset=self.training.fingerprint,
            backbone=self.backbone_name,
            trained=trained,
        )

    def describe_pictures(self):
        return {"stored": self.training.image_size, "resolution": self.input_settings.resolution}

    def describe_start(self):
        training, validation = self.training, self.validation
        how = "scaled, moved, mirrored and recoloured" if self.input_settings.augment else "as validation shows them"
        several = int((training.animal_counts > 1).sum())
        return [
            f"data    {training.records:,} whole frames of {len(training.video_names):,} videos, validation "
            f"{validation.records:,} of {len(validation.video_names):,}; {self.steps:,} steps of "
            f"{self.input_settings.batch_size} an epoch, {how}; the shuffle holds at most "
            f"{estimate_shuffle_bytes(training, self.input_settings) / 1e6:,.0f} MB",
            f"sizes   frames of at most {training.image_size} pixels, decoded by {DCT_METHOD}, in squares of "
            f"{self.input_settings.resolution}; on {several:,} frames there are more animals than the one box",
        ]

    def describe_epoch(self, row):
        return f"AP50 {row['ap50']:.3f}  AP {row['ap']:.3f}  mean IoU {row['mean_iou']:.3f}"

    def _draw_squares(self, pictures: np.ndarray, placements: np.ndarray, _: np.ndarray) -> np.ndarray:
        """A batch of validation as a finder's file takes it: squares, uint8."""
        squares = FrameCanvas(self.input_settings.resolution)(pictures, placements)
        return np.rint(keras.ops.convert_to_numpy(squares)).astype(np.uint8)

    def _describe_answers(self, outputs: dict[str, Any]) -> FinderAnswers:
        validation = self.validation
        boxes, scores, species = (
            np.asarray(outputs[name])[: validation.records] for name in ("boxes", "scores", "species")
        )
        heights, widths = validation.sizes.T[:, :, None]
        return FinderAnswers(
            boxes=leave_letterbox(boxes, heights, widths, self.input_settings.resolution),
            scores=scores,
            species=np.array([name.upper() for name in SPECIES], object)[species],
            annotated=validation.boxes,
            true_species=validation.species,
            animal_counts=validation.animal_counts,
            videos=validation.videos,
        )
