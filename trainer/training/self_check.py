"""What has to hold before the first epoch; each line of it was once broken in somebody's training, and cost days."""

import math

import keras
import numpy as np

from shards.errors import DataError
from shards.storage.files import make_temporary_folder, write_atomically
from trainer.answering.box_crop import crop_square
from trainer.answering.photo import read_upright_pixels
from trainer.input.dataset_split import read_squares
from trainer.input.pipeline import make_validation_batches
from trainer.model.model_file import Metadata, read_model, write_model
from trainer.model.network import bring, connect
from trainer.training.epochs import TrainingRun
from trainer.training.run_folder import SELF_CHECK

_LIKELY = 0.999  # two moods in a batch are asked for only where chance would give one less often than in 1 of 1,000
_SAME_PIXELS = 2.0  # mean absolute difference of two JPEG decoders, in 0..255
_SAME_LOGITS = {"float32": 1e-2, "mixed_bfloat16": 0.5, "mixed_float16": 0.1}


def check_run(run: TrainingRun, metadata: Metadata) -> list[str]:
    """A line for each thing that holds, for people. Raises DataError at the first that does not."""
    pictures, labels = _first_batch(run)
    picture = _first_validation_picture(run)
    return [
        _check_range(pictures),
        _check_mixture(run, labels),
        _check_start(run, pictures, labels),
        _check_preprocessing(run, picture),
        _check_file(run, metadata, picture),
    ]


def _first_batch(run: TrainingRun) -> tuple[np.ndarray, np.ndarray]:
    images, labels = run.opening.batches[0]
    return np.asarray(images[0] if isinstance(images, tuple) else images), np.asarray(labels)


def _first_validation_picture(run: TrainingRun) -> np.ndarray:
    images, _, _ = next(iter(make_validation_batches(run.valid, run.input)))
    return np.asarray(images)[0]


def _check_range(pictures: np.ndarray) -> str:
    """The student divided by 255 before a network that does so itself."""
    low, high = int(pictures.min()), int(pictures.max())
    if pictures.dtype != np.uint8 or high < 64 or high == low:
        raise DataError(f"a batch holds {pictures.dtype} from {low} to {high}; pictures should be uint8 from 0 to 255")
    return f"input: uint8 from {low} to {high}, mean {pictures.mean():.0f}"


def _check_mixture(run: TrainingRun, labels: np.ndarray) -> str:
    """His batches were one or two videos of one mood."""
    moods, videos = len(np.unique(labels)), len(set(run.opening.videos))
    shares = np.bincount(run.train.labels) / run.train.records
    if moods < 2 and shares.max() ** len(labels) < 1 - _LIKELY:
        raise DataError(f"all {len(labels)} pictures of a batch show one mood; the shards are not shuffled")
    rates = run.train.video_counts / run.train.records
    expected = (1 - (1 - rates) ** len(labels)).sum()  # by chance
    if videos < expected / 4:
        raise DataError(
            f"a batch of {len(labels)} pictures comes from {videos} videos where chance gives {expected:.0f}; the data "
            "is not shuffled"
        )
    return f"a batch: {len(labels)} pictures of {videos} videos, {moods} moods"


def _check_start(run: TrainingRun, pictures: np.ndarray, labels: np.ndarray) -> str:
    """With the last layer at zero every mood that is trained is as likely, whatever the features are."""
    logits = np.asarray(keras.ops.convert_to_numpy(run.plain(pictures, training=False)), np.float64)
    chances = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    loss = -chances[np.arange(len(labels)), labels].mean()
    moods = np.count_nonzero(run.prior)
    if not abs(loss - math.log(moods)) < 1e-3:
        raise DataError(f"the first loss is {loss:.4f} instead of ln {moods} = {math.log(moods):.4f}")
    return f"first cross-entropy: {loss:.4f} = ln {moods}"


def _check_preprocessing(run: TrainingRun, picture: np.ndarray) -> str:
    """His inference neither cut nor scaled as his training did."""
    with make_temporary_folder(run.folder / SELF_CHECK) as folder:
        path = folder / "검사.jpg"
        with write_atomically(path) as file:
            file.write(read_squares(run.valid, [0])[0])
        again = crop_square(read_upright_pixels(path), None, 1.0, run.sizes.whole)
    difference = np.abs(again.astype(int) - picture).mean()
    if difference > _SAME_PIXELS:
        raise DataError(f"inference sees other pixels than training: {difference:.1f} apart on average")
    return f"one file through training and inference: {difference:.2f} of 255 apart on average"


def _check_file(run: TrainingRun, metadata: Metadata, picture: np.ndarray) -> str:
    """With other weights in the last layer than zeros, or any file would do."""
    head = run.network.layers[-1]
    before = head.get_weights()
    chance = np.random.default_rng(0)
    head.set_weights([chance.normal(0, 0.2, weights.shape) for weights in before])
    try:
        with make_temporary_folder(run.folder / SELF_CHECK) as folder:
            path = folder / "model.keras"
            write_model(path, run.network, run.offset, metadata)
            model, _ = read_model(path, run.device.jit)
            stored = np.asarray(model.predict(picture[None], verbose=0)["logits"])
        now = keras.ops.convert_to_numpy(connect(run.network, bring(picture[None], run.sizes.network)))
    finally:
        head.set_weights(before)
    difference = float(np.abs(stored - (np.asarray(now) - run.offset)).max())
    if not difference < _SAME_LOGITS[run.device.policy]:
        raise DataError(f"a saved model answers otherwise than the one in memory: logits differ by {difference:.3g}")
    return f"saved and loaded: logits {difference:.1e} apart"
