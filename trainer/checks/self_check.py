"""The self-check before the first epoch: mistakes that spoil a training and that nobody notices for days."""

import math

import keras
import numpy as np

from shards.errors import DataError
from shards.storage.atomic_write import make_temporary_folder, write_atomically
from trainer.answering.box_crop import crop_square
from trainer.answering.photo import read_upright_pixels
from trainer.input.dataset_split import read_squares
from trainer.input.pipeline import make_validation_batches
from trainer.model.model_file import read_model, write_model
from trainer.model.mood_json import Metadata
from trainer.model.network import apply_network, resize_pictures
from trainer.run_files.file_names import MODEL_FILE, SELF_CHECK_FOLDER
from trainer.training.run_context import TrainingRun

_CERTAINTY = 0.999  # a batch of one mood fails only where chance makes it rarer than 1 in 1,000
_MAX_PIXEL_DIFFERENCE = 2.0  # mean absolute difference between two JPEG decoders, in 0..255
_MAX_LOGIT_DIFFERENCE = {"float32": 1e-2, "mixed_bfloat16": 0.5, "mixed_float16": 0.1}  # by dtype policy


def check_run(run: TrainingRun, metadata: Metadata) -> list[str]:
    """Check a new run; returns a line for each check that passed. Raises DataError at the first that fails."""
    pictures, labels = _read_first_batch(run)
    picture = _read_first_validation_picture(run)
    return [
        _check_range(pictures),
        _check_shuffling(run, labels),
        _check_first_loss(run, pictures, labels),
        _check_preprocessing(run, picture),
        _check_model_file(run, metadata, picture),
    ]


def _read_first_batch(run: TrainingRun) -> tuple[np.ndarray, np.ndarray]:
    images, labels = run.opening.batches[0]
    return np.asarray(images[0] if isinstance(images, tuple) else images), np.asarray(labels)


def _read_first_validation_picture(run: TrainingRun) -> np.ndarray:
    images, _, _ = next(iter(make_validation_batches(run.validation, run.input_settings)))
    return np.asarray(images)[0]


def _check_range(pictures: np.ndarray) -> str:
    """Pixels are 0..255, as the network scales them itself; a common mistake is to divide them by 255 before."""
    low, high = int(pictures.min()), int(pictures.max())
    if pictures.dtype != np.uint8 or high < 64 or high == low:
        raise DataError(f"a batch holds {pictures.dtype} from {low} to {high}; pictures should be uint8 from 0 to 255")
    return f"input: uint8 from {low} to {high}, mean {pictures.mean():.0f}"


def _check_shuffling(run: TrainingRun, labels: np.ndarray) -> str:
    """A batch mixes moods and videos as chance would; in unshuffled data it shows one or two videos of one mood."""
    moods, videos = len(np.unique(labels)), len(set(run.opening.videos))
    shares = np.bincount(run.training.labels) / run.training.records
    if moods < 2 and shares.max() ** len(labels) < 1 - _CERTAINTY:
        raise DataError(f"all {len(labels)} pictures of a batch show one mood; the shards are not shuffled")
    rates = run.training.video_counts / run.training.records
    expected = (1 - (1 - rates) ** len(labels)).sum()  # videos in a batch that is drawn at random
    if videos < expected / 4:
        raise DataError(
            f"a batch of {len(labels)} pictures comes from {videos} videos where chance gives {expected:.0f}; the data "
            "is not shuffled"
        )
    return f"a batch: {len(labels)} pictures of {videos} videos, {moods} moods"


def _check_first_loss(run: TrainingRun, pictures: np.ndarray, labels: np.ndarray) -> str:
    """The last layer starts at zero, so all moods that are trained are equally likely, whatever the features are."""
    logits = np.asarray(keras.ops.convert_to_numpy(run.window_model(pictures, training=False)), np.float64)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    loss = -logs[np.arange(len(labels)), labels].mean()
    moods = np.count_nonzero(run.prior)
    if not abs(loss - math.log(moods)) < 1e-3:
        raise DataError(f"the first loss is {loss:.4f} instead of ln {moods} = {math.log(moods):.4f}")
    return f"first cross-entropy: {loss:.4f} = ln {moods}"


def _check_preprocessing(run: TrainingRun, picture: np.ndarray) -> str:
    """Inference cuts and scales a picture as training does."""
    with make_temporary_folder(run.folder / SELF_CHECK_FOLDER) as folder:
        path = folder / "검사.jpg"
        with write_atomically(path) as file:
            file.write(read_squares(run.validation, [0])[0])
        inferred = crop_square(read_upright_pixels(path), None, 1.0, run.sizes.whole)
    difference = np.abs(inferred.astype(int) - picture).mean()
    if difference > _MAX_PIXEL_DIFFERENCE:
        raise DataError(f"inference sees other pixels than training: {difference:.1f} apart on average")
    return f"one file through training and inference: {difference:.2f} of 255 apart on average"


def _check_model_file(run: TrainingRun, metadata: Metadata, picture: np.ndarray) -> str:
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
    difference = float(np.abs(stored - (in_memory - run.offset)).max())
    if not difference < _MAX_LOGIT_DIFFERENCE[run.device.policy]:
        raise DataError(f"a saved model answers otherwise than the one in memory: logits differ by {difference:.3g}")
    return f"saved and loaded: logits {difference:.1e} apart"
