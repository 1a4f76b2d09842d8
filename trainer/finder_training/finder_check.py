"""The finder trainer's self-check before the first epoch: mistakes that spoil a training and that nobody notices."""

import math

import keras
import numpy as np

from shards.errors import DataError
from shards.storage.atomic_write import make_temporary_folder
from trainer.checks.shared_checks import (
    check_mixed_videos,
    check_pixel_range,
    check_same_logits,
    check_same_pixels,
    read_as_inference_does,
)
from trainer.finder_training.finder_run import FinderRun
from trainer.finding.centre_file import read_finder, write_finder
from trainer.finding.centre_finder import letterbox_picture
from trainer.finding.found_pet import SPECIES
from trainer.input.frame_batches import make_frame_validation_batches
from trainer.input.frame_canvas import FrameCanvas
from trainer.input.frame_split import read_frames
from trainer.run_files.file_names import FINDER_FILE, SELF_CHECK_FOLDER

_MAX_LOGIT_DIFFERENCE = {"float32": 1e-2, "mixed_bfloat16": 0.5, "mixed_float16": 0.1}  # by dtype policy


def check_finder_run(run: FinderRun) -> list[str]:
    """Check a new run; returns a line for each check that passed. Raises DataError at the first that fails."""
    (pictures, _, _), targets = run.opening.batches[0]
    square = _draw_first_validation_square(run)
    return [
        check_pixel_range(np.asarray(pictures)),
        _check_shuffling(run, len(pictures)),
        _check_boxes(run, np.asarray(targets)),
        _check_letterbox(run, square),
        _check_finder_file(run, square),
    ]


def _draw_first_validation_square(run: FinderRun) -> np.ndarray:
    """As validation shows it, (side, side, 3) in 0..255."""
    ((pictures, placements, _),) = next(iter(make_frame_validation_batches(run.validation, run.input_settings)))
    squares = FrameCanvas(run.input_settings.resolution)(np.asarray(pictures)[:1], np.asarray(placements)[:1])
    return np.asarray(keras.ops.convert_to_numpy(squares))[0]


def _check_shuffling(run: FinderRun, pictures: int) -> str:
    videos = check_mixed_videos(run.opening.videos, run.training.video_counts)
    return f"a batch: {pictures} pictures of {videos} videos"


def _check_boxes(run: FinderRun, targets: np.ndarray) -> str:
    """Boxes lie in the square and have an area; swapped edges or sides would not."""
    side, sides = run.input_settings.resolution, targets[:, 2:4] - targets[:, :2]
    if not ((targets[:, :4] >= 0).all() and (targets[:, :4] <= side).all() and (sides > 0).all()):
        raise DataError(f"boxes of a batch do not lie in the square of {side} pixels; run python -m tools.verify")
    return f"boxes: {np.median(sides[:, 0]):.0f} x {np.median(sides[:, 1]):.0f} of {side} pixels, in the median"


def _check_letterbox(run: FinderRun, square: np.ndarray) -> str:
    """Inference puts a picture into the square as validation does."""
    pixels = read_as_inference_does(run.folder, read_frames(run.validation, [0])[0]["image"])
    inferred = letterbox_picture(pixels, run.input_settings.resolution)
    return check_same_pixels(inferred, square)


def _check_finder_file(run: FinderRun, square: np.ndarray) -> str:
    """A finder that is written and read is as sure of its best box as the network in memory."""
    rounded = np.rint(square).astype(np.uint8)[None]
    with make_temporary_folder(run.folder / SELF_CHECK_FOLDER) as folder:
        path = folder / FINDER_FILE
        write_finder(path, run.network, run.describe_finder(min_score=0.5))
        model, _ = read_finder(path, run.device.jit)
        score = float(np.asarray(model.predict(rounded, verbose=0)["scores"])[0, 0])
    heads = np.asarray(keras.ops.convert_to_numpy(run.network(rounded.astype(np.float32), training=False)))
    stored, in_memory = math.log(score / (1 - score)), heads[..., : len(SPECIES)].max()
    return check_same_logits(stored, in_memory, _MAX_LOGIT_DIFFERENCE[run.device.policy])
