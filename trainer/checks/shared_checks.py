"""Mistakes that any training can have: pixels on another scale, data in order, and a saved model that differs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from shards.errors import DataError
from shards.storage.atomic_write import make_temporary_folder, write_atomically
from trainer.answering.photo import read_upright_pixels
from trainer.run_files.file_names import SELF_CHECK_FOLDER

_MAX_PIXEL_DIFFERENCE = 2.0  # mean absolute difference between two JPEG decoders, in 0..255


def check_pixel_range(pictures: np.ndarray) -> str:
    """Pixels are 0..255, as the network scales them itself; a common mistake is to divide them by 255 before."""
    low, high = int(pictures.min()), int(pictures.max())
    if pictures.dtype != np.uint8 or high < 64 or high == low:
        raise DataError(f"a batch holds {pictures.dtype} from {low} to {high}; pictures should be uint8 from 0 to 255")
    return f"input: uint8 from {low} to {high}, mean {pictures.mean():.0f}"


def check_mixed_videos(batch_videos: Sequence[str], video_counts: np.ndarray) -> int:
    """A batch mixes videos as chance would; in unshuffled data it shows one or two. Returns how many it shows.

    Args:
        batch_videos: the names of the pictures' videos.
        video_counts: (videos,), the frames of each video of the split.
    """
    pictures, videos = len(batch_videos), len(set(batch_videos))
    rates = video_counts / video_counts.sum()
    expected = (1 - (1 - rates) ** pictures).sum()  # videos in a batch that is drawn at random
    if videos < expected / 4:
        raise DataError(
            f"a batch of {pictures} pictures comes from {videos} videos where chance gives {expected:.0f}; the data "
            "is not shuffled"
        )
    return videos


def read_as_inference_does(folder: Path, jpeg: bytes) -> np.ndarray:
    """The pixels that inference reads of a stored JPEG, (height, width, 3) uint8: through a file in a run's folder."""
    with make_temporary_folder(folder / SELF_CHECK_FOLDER) as temporary:
        path = temporary / "검사.jpg"
        with write_atomically(path) as file:
            file.write(jpeg)
        return read_upright_pixels(path)


def check_same_pixels(inferred: np.ndarray, trained: np.ndarray) -> str:
    """Inference cuts and scales a picture as training does."""
    difference = np.abs(inferred.astype(float) - trained).mean()
    if not difference <= _MAX_PIXEL_DIFFERENCE:
        raise DataError(f"inference sees other pixels than training: {difference:.1f} apart on average")
    return f"one file through training and inference: {difference:.2f} of 255 apart on average"


def check_same_logits(stored: np.ndarray | float, in_memory: np.ndarray | float, tolerance: float) -> str:
    """A model that was written and read gives the same logits as the one in memory."""
    difference = float(np.abs(stored - in_memory).max())
    if not difference < tolerance:
        raise DataError(f"a saved model answers otherwise than the one in memory: logits differ by {difference:.3g}")
    return f"saved and loaded: logits {difference:.1e} apart"
