"""The mood trainer's self-check before the first epoch: mistakes that spoil a training and that nobody notices."""

import math

import keras
import numpy as np

from shards.errors import DataError
from shards.storage.atomic_write import make_temporary_folder
from trainer.answering.box_crop import crop_square
from trainer.checks.shared_checks import (
    check_mixed_videos,
    check_pixel_range,
    check_same_logits,
    check_same_pixels,
    read_as_inference_does,
)
from trainer.input.dataset_split import read_squares
from trainer.input.pipeline import make_validation_batches
from trainer.model.model_file import read_model, write_model
from trainer.model.mood_json import Metadata
from trainer.model.network import apply_network, resize_pictures
from trainer.mood_training.mood_run import MoodRun
from trainer.run_files.file_names import MODEL_FILE, SELF_CHECK_FOLDER

_CERTAINTY = 0.999  # a batch of one mood fails only where chance makes it rarer than 1 in 1,000
_MAX_LOGIT_DIFFERENCE = {"float32": 1e-2, "mixed_bfloat16": 0.5, "mixed_float16": 0.1}  # by dtype policy


def check_run(run: MoodRun, metadata: Metadata) -> list[str]:
    """Check a new run; returns a line for each check that passed. Raises DataError at the first that fails."""
    pictures, labels = _read_first_batch(run)
    picture = _read_first_validation_picture(run)
    return [
        check_pixel_range(pictures),
        _check_shuffling(run, labels),
        _check_first_loss(run, pictures, labels),
        _check_preprocessing(run, picture),
        _check_model_file(run, metadata, picture),
    ]


def _read_first_batch(run: MoodRun) -> tuple[np.ndarray, np.ndarray]:
    images, labels = run.opening.batches[0]
    return np.asarray(images[0] if isinstance(images, tuple) else images), np.asarray(labels)


def _read_first_validation_picture(run: MoodRun) -> np.ndarray:
    images, _, _ = next(iter(make_validation_batches(run.validation, run.input_settings)))
    return np.asarray(images)[0]


def _check_shuffling(run: MoodRun, labels: np.ndarray) -> str:
    """A batch mixes moods and videos as chance would; in unshuffled data it shows one or two videos of one mood."""
    moods = len(np.unique(labels))
    shares = np.bincount(run.training.labels) / run.training.records
    if moods < 2 and shares.max() ** len(labels) < 1 - _CERTAINTY:
        raise DataError(f"all {len(labels)} pictures of a batch show one mood; the shards are not shuffled")
    videos = check_mixed_videos(run.opening.videos, run.training.video_counts)
    return f"a batch: {len(labels)} pictures of {videos} videos, {moods} moods"


def _check_first_loss(run: MoodRun, pictures: np.ndarray, labels: np.ndarray) -> str:
    """The last layer starts at zero, so all moods that are trained are equally likely, whatever the features are."""
    logits = np.asarray(keras.ops.convert_to_numpy(run.window_model(pictures, training=False)), np.float64)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    loss = -logs[np.arange(len(labels)), labels].mean()
    moods = np.count_nonzero(run.prior)
    if not abs(loss - math.log(moods)) < 1e-3:
        raise DataError(f"the first loss is {loss:.4f} instead of ln {moods} = {math.log(moods):.4f}")
    return f"first cross-entropy: {loss:.4f} = ln {moods}"


def _check_preprocessing(run: MoodRun, picture: np.ndarray) -> str:
    """Inference cuts and scales a picture as training does."""
    pixels = read_as_inference_does(run.folder, read_squares(run.validation, [0])[0])
    inferred = crop_square(pixels, None, 1.0, run.sizes.whole)
    return check_same_pixels(inferred, picture)


def _check_model_file(run: MoodRun, metadata: Metadata, picture: np.ndarray) -> str:
    """A model that is written and read gives the same logits as the one in memory.

    The last layer gets random weights for it: while they are all zero, every file would give the same logits.
    """
    head = run.network.layers[-1]
    before = head.get_weights()
    rng = np.random.default_rng(0)
    head.set_weights([rng.normal(0, 0.2, weights.shape) for weights in before])
    try:
        with make_temporary_folder(run.folder / SELF_CHECK_FOLDER) as folder:
            path = folder / MODEL_FILE
            write_model(path, run.network, run.offset, metadata)
            model, _ = read_model(path, run.device.jit)
            stored = np.asarray(model.predict(picture[None], verbose=0)["logits"])
        resized = resize_pictures(picture[None], run.sizes.network)
        in_memory = np.asarray(keras.ops.convert_to_numpy(apply_network(run.network, resized)))
    finally:
        head.set_weights(before)
    return check_same_logits(stored, in_memory - run.offset, _MAX_LOGIT_DIFFERENCE[run.device.policy])
